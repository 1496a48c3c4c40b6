"""A project folder that specs are written into, checked and compiled, in this process."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from fairway.check import Checked, check_spec
from fairway.compile import Compiled, Compiler
from fairway.project import LoadedProject, load_project

Document: TypeAlias = dict[str, Any]

GATEWAY = "public"
GATEWAY_OF = {"name": GATEWAY, "implementation": "envoy-gateway"}
PROJECT: Document = {
    "apiVersion": "fairway.dev/v1",
    "kind": "Project",
    "environments": {
        "staging": {
            "cluster": "staging-eu",
            "namespace": "ml-{team}",
            "workload": "kubernetes",
            "router": "gateway-api",
            "targets": ["docker"],
            "gateway": {**GATEWAY_OF, "namespace": "gateways"},
        },
        "production": {
            "cluster": "production-eu",
            "namespace": "{name}",
            "workload": "kubernetes",
            "router": "gateway-api",
            "targets": ["docker"],
            "gateway": {**GATEWAY_OF, "namespace": "edge"},
        },
    },
    "registry": "registry.example.com:5000/ml",
    "images": {"python": f"docker.io/library/python:3.12-slim@sha256:{'ab' * 32}"},
    "policies": [],
    "trust": {"skopsTypes": ["sklearn.*", 'a "quoted" $TYPE']},
}
CONTRACT = {
    "inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, 2]}],
    "outputs": [{"name": "y", "datatype": "FP64", "shape": [-1]}],
}


@dataclass(frozen=True)
class GeneratedSpec:
    """A deployment: the spec and the files beside it, except for its lock, which follows."""

    document: Document
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The deployment's name."""
        return str(self.document["metadata"]["name"])


class Workspace:
    """A project folder whose specs come and go; the targets are compiled once."""

    def __init__(self, root: Path, project: Document = PROJECT) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        (root / "fairway.yaml").write_text(yaml_text(project), encoding="utf-8")
        self.loaded: LoadedProject = load_project(str(root / "fairway.yaml"))
        assert [finding.message for finding in self.loaded.findings] == []
        self.compiler = Compiler(self.loaded)

    def check(self, spec: GeneratedSpec) -> Checked:
        """Write a spec and check it."""
        return check_spec(str(write_spec(self.root, spec)), self.loaded)

    def compile(self, spec: GeneratedSpec) -> Compiled:
        """Write a spec and compile it; a finding is an error here."""
        checked = self.check(spec)
        if checked.findings:
            raise AssertionError("\n".join(finding.message for finding in checked.findings))
        compiled = self.compiler.compile(checked.deployments)
        assert compiled.plans
        return compiled


def write_spec(root: Path, spec: GeneratedSpec) -> Path:
    """Write a deployment's folder below ``root`` and return its spec file."""
    folder = root / spec.name
    files = {"contract.json": json.dumps(CONTRACT).encode(), **spec.files}
    files["deployment.yaml"] = yaml_text(spec.document).encode()
    files["deployment.lock.json"] = json.dumps(lock_of(spec.document, files)).encode()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder / "deployment.yaml"


def lock_of(document: Document, files: dict[str, bytes]) -> Document:
    """Return a lock for every version of a spec, with digests made up from their names."""
    return {
        "lockVersion": 1,
        "versions": {
            name: {
                "uri": version if isinstance(version, str) else version["uri"],
                "digest": digest(name.encode()),
                "files": [{"path": "model.bin", "size": len(name), "digest": digest(b"file")}],
                "format": _form(document, version),
                "contract": _contract(document, version, files),
            }
            for name, version in document["versions"].items()
        },
    }


def _contract(document: Document, version: Any, files: dict[str, bytes]) -> Document:
    own = version.get("contract") if isinstance(version, dict) else None
    path = own or document["model"].get("contract", "contract.json")
    return {"path": path, "digest": digest(files[path])}


def digest(data: bytes) -> str:
    """Return ``sha256:<hex>``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _form(document: Document, version: Any) -> str:
    own = version.get("format") if isinstance(version, dict) else None
    return str(own or document["model"]["format"])


# -- YAML that means the same to readers of 1.1 and 1.2 ----------------------------------------


class _Quoting(yaml.SafeDumper):
    """Quotes every string."""


_Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def yaml_text(document: Any) -> str:
    """Return a document as YAML with every string in double quotes."""
    return str(yaml.dump(document, Dumper=_Quoting, allow_unicode=True, sort_keys=False))
