"""Kubernetes' own schemas, strict: a field that the version does not know is refused.

The schemas are those of the package ``kubernetes-validate``, compiled once for each kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema_rs import Draft202012Validator

VERSIONS = ("1.30", "1.34", "1.37")
_DEFINITIONS = "/api/_definitions.json#/$defs/"
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def faults(document: Mapping[str, Any], version: str) -> list[str]:
    """Return what Kubernetes ``version`` refuses in an object, each with its path."""
    return errors(_validator(document["apiVersion"], document["kind"], version), document)


def metadata_faults(metadata: Mapping[str, Any], version: str) -> list[str]:
    """Return what is wrong with an object's ``metadata``, which custom schemas leave open."""
    return errors(_metadata_validator(version), metadata)


def knows(document: Mapping[str, Any], version: str = VERSIONS[-1]) -> bool:
    """Whether an object is of a kind that Kubernetes itself has."""
    return _folder(version).joinpath(_file(document["apiVersion"], document["kind"])).is_file()


def errors(validator: Any, value: Any) -> list[str]:
    """Return a compiled schema's errors as ``path: message``."""
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}"
        for error in validator.iter_errors(value)
    ]


def _folder(version: str) -> Any:
    return files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"


def _file(api_version: str, kind: str) -> str:
    """Return a schema's file name: the group's first label, the version, the kind."""
    group, _, version = api_version.rpartition("/")
    return "-".join(filter(None, (kind.lower(), group.partition(".")[0], version))) + ".json"


@cache
def _definitions(version: str) -> dict[str, Any]:
    text = _folder(version).joinpath("_definitions.json").read_text("utf-8")
    definitions: dict[str, Any] = json.loads(text.replace(_DEFINITIONS, "#/$defs/"))["$defs"]
    return definitions


@cache
def _validator(api_version: str, kind: str, version: str) -> Any:
    text = _folder(version).joinpath(_file(api_version, kind)).read_text("utf-8")
    schema = json.loads(text.replace(_DEFINITIONS, "#/$defs/"))
    del schema["$id"]
    return Draft202012Validator({**schema, "$defs": _definitions(version)})


@cache
def _metadata_validator(version: str) -> Any:
    definitions = _definitions(version)
    return Draft202012Validator({"$ref": f"#/$defs/{_OBJECT_META}", "$defs": definitions})
