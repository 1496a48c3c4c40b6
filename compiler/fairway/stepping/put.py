"""Putting values where they take effect: in one environment, and in no other.

A value is edited where it comes from. Where several environments share that place, the one that
moves gets an override instead. Which of the two it is, nobody has to work out: the smaller edit is
tried first, the spec is merged again for every environment, and the edit is taken only if exactly
what was meant has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fairway.edit.errors import EditRefusedError
from fairway.edit.intent import same, with_value, without
from fairway.edit.value import read_edited, remove_in, set_in
from fairway.errors import UsageError
from fairway.location import Location, Route, format_route
from fairway.source.document import Document
from fairway.source.layers import Merged
from fairway.stepping.merged import environments_of, merge_all, merged_values


class Wanted(NamedTuple):
    """What the merged spec shall say at ``route``; nothing, with ``remove``."""

    route: Route
    value: object = None
    remove: bool = False


class Put(NamedTuple):
    """The edited spec, and for each thing wanted the route in the file that was edited for it."""

    document: Document
    routes: tuple[Route, ...]


def put(
    spec: Document, project: Document | None, environment: str, wanted: Sequence[Wanted]
) -> Put:
    """Return ``spec`` with everything wanted in ``environment``, and unchanged in all others.

    Raises ``UsageError`` for a spec that is written in a way that cannot be edited like that.
    """
    routes: list[Route] = []
    for each in wanted:
        spec, route = _put(spec, project, environment, each)
        routes.append(route)
    return Put(spec, tuple(routes))


def _put(
    spec: Document, project: Document | None, environment: str, wanted: Wanted
) -> tuple[Document, Route]:
    before = merged_values(spec, project)
    values = before[environment]
    if wanted.remove:
        meant = without(values, wanted.route)
    else:
        meant = with_value(values, wanted.route, wanted.value)
    goal = {**before, environment: meant}
    why = ""
    for edit in _proposals(spec, project, environment, wanted, meant):
        try:
            edited = edit.apply(spec)
        except EditRefusedError as error:
            why = why or str(error)
            continue
        if same(dict(merged_values(edited, project)), goal):
            return edited, edit.route
    at = f"{spec.path}: `{format_route(wanted.route)}` of {environment}"
    message = f"{at} cannot be edited: {why or 'another environment would change with it'}"
    raise UsageError(message, f"give {environment} its own `release` under `environments`")


class _Edit(NamedTuple):
    """An edit of the file: ``value`` at ``route``, or nothing; ``opened`` is emptied before."""

    route: Route
    value: object = None
    remove: bool = False
    opened: Route = ()

    def apply(self, spec: Document) -> Document:
        if self.remove:
            return remove_in(spec, self.route)
        return set_in(_opened(spec, self.opened), self.route, self.value)


def _proposals(
    spec: Document, project: Document | None, environment: str, wanted: Wanted, meant: Any
) -> Iterator[_Edit]:
    """Yield edits that may do it, from the smallest on."""
    merged = merge_all(spec, project)[environment]
    origin = merged.origin(wanted.route)
    if origin.layer.document is spec:
        # What is not written has its nearest parent there, so the rest of the route is added.
        rest = wanted.route[len(origin.route) - len(origin.layer.prefix) :]
        route = (*origin.route, *rest)
        if wanted.remove:
            yield _Edit(route, remove=True)
        yield _Edit(route, wanted.value)
    yield from _whole(merged, wanted, meant, ())
    prefix: Route = ("environments", environment)
    own = spec.value.get("environments")
    if own is None:
        names = environments_of(spec, project)
        every: dict[str, object] = {name: {} for name in names}
        for edit in _whole(merged, wanted, meant, ()):
            every[environment] = with_value({}, edit.route, edit.value)
            yield _Edit(("environments",), every)
        return
    for edit in _whole(merged, wanted, meant, prefix):
        yield edit._replace(opened=prefix if isinstance(edit.value, dict) else ())


def _whole(merged: Merged, wanted: Wanted, meant: Any, prefix: Route) -> Iterator[_Edit]:
    """Yield the edit that says in a layer of its own what is wanted.

    Of a map that layers replace whole, such as the strategy, the layer has to say all.
    """
    for depth in range(1, len(wanted.route) + 1):
        route = wanted.route[:depth]
        if route in merged.whole and depth < len(wanted.route):
            yield _Edit((*prefix, *route), _at(meant, route))
            return
    yield _Edit((*prefix, *wanted.route), None if wanted.remove else wanted.value)


def _at(values: Any, route: Route) -> object:
    for step in route:
        values = values[step]
    found: object = values
    return found


def _opened(spec: Document, route: Route) -> Document:
    """Return the spec with empty braces at ``route`` taken out, so that lines can follow."""
    if not route or not spec.holds(route) or _at(spec.value, route) != {}:
        return spec
    start, end = spec.offsets(route)
    edited = read_edited(spec.path, spec.text[:start].rstrip(" ") + spec.text[end:])
    if edited is None or _at(edited.value, route) is not None:
        raise EditRefusedError("the empty braces cannot be replaced by lines")
    return edited


def line_of(spec: Document, route: Route) -> int:
    """Return the number of the line on which ``route``, or its nearest parent, stands."""
    return spec.span(Location(spec.path, route, "key")).line


def shared_with(
    spec: Document, project: Document | None, environment: str, route: Route
) -> tuple[str, ...]:
    """Return the other environments that have the value at ``route`` from the same place."""
    places = {
        name: (origin.layer.document.path, origin.route)
        for name, merged in merge_all(spec, project).items()
        for origin in [merged.origin(route)]
    }
    own = places[environment]
    return tuple(name for name, place in places.items() if name != environment and place == own)
