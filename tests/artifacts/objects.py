"""Compiled artifacts as objects: what YAML readers and Kubernetes make of the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from fairway.artifact import Artifact
from fairway.compile import Compiled, Compiler, Selection
from fairway.fleet import Fleet

Object: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    """The objects of one deployment in one environment, in the order of the file."""

    path: str
    objects: tuple[Object, ...]

    def of(self, kind: str) -> list[Object]:
        """Return the objects of a kind."""
        return [item for item in self.objects if item["kind"] == kind]

    def named(self, kind: str, name: str) -> Object:
        """Return the one object of that kind and name."""
        (found,) = [item for item in self.of(kind) if item["metadata"]["name"] == name]
        return found


def compile_specs(*paths: str | Path, selection: Selection | None = None) -> list[Compiled]:
    """Compile specs in this process; a finding is an error here."""
    fleet = Fleet([str(path) for path in paths])
    compiled = [
        Compiler(loaded).compile(checked.deployments, selection or Selection())
        for checked, loaded in fleet.check()
    ]
    assert [d.message for d in fleet.diagnostics()] == []
    return compiled


def manifests(artifacts: Iterable[Artifact]) -> list[Manifest]:
    """Return the manifests among the artifacts, parsed."""
    return [
        Manifest(artifact.path, tuple(yaml.load_all(artifact.text, yaml.CSafeLoader)))
        for artifact in artifacts
        if artifact.path.endswith("/manifest.yaml")
    ]


def pod_template(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the template of the pods that an object makes, or None when it makes none."""
    spec = item.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    return template if isinstance(template, dict) and "spec" in template else None


def scalars(value: Any) -> Iterator[Any]:
    """Yield every leaf of an object."""
    if isinstance(value, dict):
        for child in value.values():
            yield from scalars(child)
    elif isinstance(value, list):
        for child in value:
            yield from scalars(child)
    else:
        yield value
