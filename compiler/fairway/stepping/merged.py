"""A spec's values as each environment has them, merged without binding anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.source.document import Document
from fairway.source.layers import Layer, Merged, merge, merge_over
from fairway.spec.bind import WHOLE


def environments_of(spec: Document, project: Document | None) -> tuple[str, ...]:
    """Return the environments that a spec is deployed to; all of the project's if it names none."""
    named = spec.value.get("environments") if isinstance(spec.value, dict) else None
    if named is None and project is not None and isinstance(project.value, dict):
        named = project.value.get("environments")
    if not isinstance(named, dict):
        return ()
    return tuple(name for name in named if isinstance(name, str))


def merge_all(spec: Document, project: Document | None) -> Mapping[str, Merged]:
    """Return the merged values of each environment, with the layers that they came from."""
    layers = [Layer("spec", spec)]
    if project is not None:
        layers.append(Layer("defaults", project, ("defaults",)))
    base = merge(layers, WHOLE)
    return {
        name: merge_over(base, Layer("override", spec, ("environments", name)))
        for name in environments_of(spec, project)
    }


def merged_values(spec: Document, project: Document | None) -> Mapping[str, Any]:
    """Return the merged values of each environment, less the overrides themselves."""
    return {
        name: {key: value for key, value in merged.value.items() if key != "environments"}
        for name, merged in merge_all(spec, project).items()
    }
