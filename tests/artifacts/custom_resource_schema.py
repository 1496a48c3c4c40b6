"""Custom resources against their definitions (CRDs), made strict like ``kubectl --validate``.

A CRD's structural schema prunes fields that it does not know; here they are errors. The
definitions are data beside the checkout, so a test that needs them skips where they are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from artifacts.kubernetes_schema import VERSIONS, errors, metadata_faults
from jsonschema_rs import Draft4Validator

CRDS = Path(__file__).resolve().parents[3] / "shared" / "crds"
ABSENT = f"the custom resource definitions are not beside the checkout ({CRDS.name}/ in shared/)"


class UnknownKindError(Exception):
    """No definition has the kind in the version that the object names."""


def faults(document: Mapping[str, Any]) -> list[str]:
    """Return what the definition of a custom resource refuses in it, each with its path."""
    schema = definition(document["apiVersion"], document["kind"])
    found = errors(_validator(document["apiVersion"], document["kind"]), document)
    found += [f"metadata.{fault}" for fault in metadata_faults(document["metadata"], VERSIONS[-1])]
    return found + list(_repeated(document, schema, ()))


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI 3 schema as JSON Schema (draft 4) that admits no unknown field."""
    made = {key: _strict_keyword(key, value) for key, value in schema.items() if key in _KEYWORDS}
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in schema and "additionalProperties" not in schema and not open_ended:
        made["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    return {"anyOf": [{"type": "null"}, made]} if schema.get("nullable") else made


_KEYWORDS = frozenset(
    [
        "type",
        "properties",
        "additionalProperties",
        "items",
        "required",
        "enum",
        "pattern",
        "not",
        "anyOf",
        "allOf",
        "oneOf",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    ]
)
"""What a structural schema says in keywords that JSON Schema shares."""


def _strict_keyword(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: strict(child) for name, child in value.items()}
    if key == "pattern" and "(?i)" in value:  # Go's flag; JSON Schema's expressions have none
        return re.sub("[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]",
                      value.replace("(?i)", ""))  # fmt: skip
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return strict(value)
    return value


@cache
def _validator(api_version: str, kind: str) -> Any:
    schema = strict(definition(api_version, kind))
    # Kubernetes knows these of every object, whether its definition has them or not.
    schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}}
    return Draft4Validator(schema)


@cache
def definition(api_version: str, kind: str) -> dict[str, Any]:
    """Return the schema that the definition of a kind has for a version."""
    group, _, version = api_version.partition("/")
    for path in sorted(CRDS.glob("*/*.yaml")):
        text = path.read_text("utf-8")
        if f"kind: {kind}\n" not in text or f"group: {group}\n" not in text:
            continue
        for definition in yaml.load_all(text, yaml.CSafeLoader):
            spec = definition.get("spec", {}) if definition else {}
            if spec.get("group") != group or spec["names"]["kind"] != kind:
                continue
            for served in spec["versions"]:
                if served["name"] == version and served["served"]:
                    schema: dict[str, Any] = served["schema"]["openAPIV3Schema"]
                    return schema
    raise UnknownKindError(f"{api_version} {kind}")


def _repeated(value: Any, schema: Any, route: tuple[Any, ...]) -> Iterator[str]:
    """Yield items that a list of type ``set`` or ``map`` holds twice."""
    if isinstance(value, dict):
        for key, child in value.items():
            below = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if isinstance(below, dict):
                yield from _repeated(child, below, (*route, key))
    elif isinstance(value, list):
        kind = schema.get("x-kubernetes-list-type")
        keys = schema.get("x-kubernetes-list-map-keys", [])
        seen: list[Any] = []
        for index, item in enumerate(value):
            identity = [item.get(key) for key in keys] if kind == "map" else item
            if kind in ("map", "set") and identity in seen:
                yield f"{'.'.join(map(str, (*route, index)))}: {identity} is there twice"
            seen.append(identity)
            yield from _repeated(item, schema.get("items", {}), (*route, index))
