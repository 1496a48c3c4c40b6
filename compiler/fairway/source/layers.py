"""Layers: defaults, a spec and an environment's overrides, merged with every origin kept.

Only values are merged. Where a value came from is found again by walking the layers, which
happens for the few values that a finding or ``explain`` asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from fairway.location import Location, Part, Route
from fairway.source.document import Document

LayerName: TypeAlias = Literal["override", "spec", "defaults"]


class Layer(NamedTuple):
    """A part of a document that takes part in a merge: what stands at ``prefix``."""

    name: LayerName
    document: Document
    prefix: Route = ()

    @property
    def value(self) -> Any:
        """The layer's own values, or None when nothing stands at its prefix."""
        node = self.document.value
        for step in self.prefix:
            node = node.get(step) if isinstance(node, dict) else None
        return node


class Origin(NamedTuple):
    """Where a merged value came from: its layer, and the route in that layer's document."""

    layer: Layer
    route: Route
    exact: bool

    def location(self, part: Part = "value") -> Location:
        """Return the place in the file; the nearest key when the value itself is not there."""
        return Location(self.layer.document.path, self.route, part if self.exact else "key")


class Merged(NamedTuple):
    """Merged values and the layers they came from, the strongest layer first."""

    value: Any
    layers: tuple[Layer, ...]
    whole: frozenset[Route]

    def origin(self, route: Route) -> Origin:
        """Return where the value at ``route`` came from, or its nearest parent that is there."""
        nodes = [(layer, layer.value) for layer in self.layers]
        nodes = [(layer, value) for layer, value in nodes if isinstance(value, dict)]
        if not nodes:
            return Origin(self.layers[0], self.layers[0].prefix, exact=False)
        in_list = False
        for depth, step in enumerate(route):
            in_list = in_list or isinstance(step, int)
            below = _descend(nodes, step, route[: depth + 1] in self.whole, in_list)
            if not below:
                return self._parent({layer.name: layer for layer, _ in nodes}, route[:depth])
            nodes = below
        layer = nodes[0][0]
        return Origin(layer, layer.prefix + route, exact=True)

    def _parent(self, holders: dict[LayerName, Layer], route: Route) -> Origin:
        """Return where something missing below ``route``, which ``holders`` have, belongs.

        That is the spec itself rather than an override; and what only the project's defaults
        begin is for the spec to complete.
        """
        layer = holders.get("spec") or holders.get("override")
        if layer is None:
            layer = next((each for each in self.layers if each.name == "spec"), self.layers[0])
            while route and not layer.document.holds(layer.prefix + route):
                route = route[:-1]
        return Origin(layer, layer.prefix + route, exact=False)

    def locate(self, route: Route, part: Part = "value") -> Location:
        """Return the place that a finding about ``route`` points at."""
        return self.origin(route).location(part)

    def document(self, path: str) -> Document | None:
        """Return the layers' document of that path."""
        for layer in self.layers:
            if layer.document.path == path:
                return layer.document
        return None


def merge(layers: Sequence[Layer], whole: frozenset[Route]) -> Merged:
    """Merge ``layers``, the strongest first: maps merge, everything else is replaced, null removes.

    ``whole`` holds the routes of maps that are replaced too, because their keys exclude each other.
    """
    merged: Any = {}
    for layer in reversed(layers):
        value = layer.value
        if isinstance(value, dict):
            merged = _merge(merged, value, (), whole)
    return Merged(merged, tuple(layers), whole)


def merge_over(base: Merged, layer: Layer) -> Merged:
    """Merge a layer over what is merged already; what it does not touch stays the same object."""
    value = layer.value
    merged = _merge(base.value, value, (), base.whole) if isinstance(value, dict) else base.value
    return Merged(merged, (layer, *base.layers), base.whole)


def _merge(base: dict[str, Any], over: dict[str, Any], at: Route, whole: frozenset[Route]) -> Any:
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            route = (*at, key)
            below = result.get(key)
            if not isinstance(below, dict) or route in whole:
                below = {}
            result[key] = _merge(below, value, route, whole)
        else:
            result[key] = value
    return result


def _descend(
    nodes: list[tuple[Layer, Any]], step: str | int, whole: bool, in_list: bool
) -> list[tuple[Layer, Any]]:
    """Return what stands at ``step`` in each layer that has it, as far as it counts.

    Null removes what weaker layers say; in a list, which is replaced whole, it is a value.
    """
    below: list[tuple[Layer, Any]] = []
    for layer, value in nodes:
        if isinstance(value, dict):
            if step not in value:
                continue
            child = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            child = value[step]
        else:
            continue
        if child is None and not in_list:
            break
        below.append((layer, child))
        if whole or not isinstance(child, dict):
            break
    return below
