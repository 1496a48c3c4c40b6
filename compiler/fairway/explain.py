"""Explaining a spec: for every field its value, its type and unit, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fairway.bound import BoundSpec
from fairway.location import Location, Route, format_route
from fairway.spec import units
from fairway.spec.deployment import DeploymentSpec
from fairway.spec.view import View
from fairway.spec.walk import field_at, type_name

_UNITS: dict[type, str] = {
    units.Duration: "time",
    units.Percentage: "percent",
    units.PercentagePoints: "percentage points",
    units.Rate: "requests per second",
    units.Cpu: "cores",
    units.Memory: "bytes",
    units.CountOrPercentage: "pods, or percent of them",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """One field in some environments: printed value, type, unit and origin.

    ``origin`` is ``file:line:column``, empty for a default of the language; ``layer`` says
    whether that is the spec, an override of it, the project's defaults or the language.
    """

    route: str
    environments: tuple[str, ...]
    value: str
    type: str
    unit: str
    layer: str
    origin: str
    description: str


def explain(bound: BoundSpec, route: Route, environments: tuple[str, ...]) -> list[Explained]:
    """Return every field at or below ``route``, environments that agree joined."""
    joined: dict[tuple[object, ...], Explained] = {}
    for view in bound.views:
        if environments and view.environment not in environments:
            continue
        for at, value in _leaves(view.spec, ()):
            if at[: len(route)] != route:
                continue
            found = _explain(bound, view, at, value)
            key = (found.route, found.value, found.origin)
            before = joined.get(key)
            names = (*(before.environments if before else ()), view.environment)
            joined[key] = Explained(
                found.route, names, found.value, found.type, found.unit, found.layer,
                found.origin, found.description,
            )  # fmt: skip
    order = {name: position for position, name in enumerate(dict.fromkeys(r for r, *_ in joined))}
    return sorted(joined.values(), key=lambda item: order[item.route])


def _leaves(value: Any, route: Route) -> Iterator[tuple[Route, Any]]:
    field = field_at(DeploymentSpec, route)
    if field is not None and field.model is not None:
        for name, info in field.model.model_fields.items():
            child = getattr(value, name)
            if child is not None:
                yield from _leaves(child, (*route, info.alias or name))
    elif isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _leaves(child, (*route, key))
    elif isinstance(value, list) and _holds_models(route):
        for index, child in enumerate(value):
            yield from _leaves(child, (*route, index))
    else:
        yield route, value


def _holds_models(route: Route) -> bool:
    item = field_at(DeploymentSpec, (*route, 0))
    return item is not None and item.model is not None


def _explain(bound: BoundSpec, view: View, route: Route, value: Any) -> Explained:
    field = field_at(DeploymentSpec, route)
    origin = view.merged.origin(route)
    layer, place = "language", ""
    written = origin.exact or _short_form(route, view)
    if written:
        layer = origin.layer.name
        document = bound.documents[origin.layer.document.path]
        span = document.span(Location(document.path, origin.route))
        place = f"{document.path}:{span.line}:{span.column}"
    return Explained(
        route=format_route(route),
        environments=(),
        value=_shown(value),
        type=type_name(field.annotation) if field is not None else "",
        unit=_UNITS.get(type(value), ""),
        layer=layer,
        origin=place,
        description=(field.info.description or "") if field and field.info else "",
    )


def _short_form(route: Route, view: View) -> bool:
    """Whether a route is the URI of a version that is written as its URI alone."""
    return route[0] == "versions" and route[-1] == "uri" and view.merged.origin(route[:-1]).exact


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "{}" if value == {} else str(value)
