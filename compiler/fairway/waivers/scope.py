"""The scope of a waiver: a digest of what the waived place says.

It is over the values and not over the text. So it stays when the place is moved, indented or
quoted in another way, when comments in it change (they change nothing that runs, and explain what
does), and when anything else in the file is edited; it changes with every value, every key and the
order of keys inside of the place. What an alias stands for counts as if it were written out.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from fairway.location import Location, Route, format_route
from fairway.source.document import Document

_FORMAT = "fairway.dev/waiver-scope/v1"


def scope_of(document: Document, at: Location) -> str | None:
    """Return ``sha256:<hex>`` of what stands at a finding's place, None for one without a route.

    A place that is not there is described by what is missing and the nearest parent that is, so
    that adding it changes the scope. A finding at the key of a map is about which keys the map
    has, whatever their values.
    """
    if at.offsets is not None:
        return None
    said = _said(document, at)
    data = json.dumps([_FORMAT, *said], ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{sha256(data.encode()).hexdigest()}"


def _said(document: Document, at: Location) -> tuple[Any, ...]:
    route = at.route
    held = route
    while held and not document.holds(held):
        held = held[:-1]
    if held != route:
        return ("missing", _shape(held), format_route(route[len(held) :]))
    value = _value(document, route)
    if at.part == "key" and isinstance(value, dict):
        return ("keys", _key(route), sorted(value))
    return ("value", _key(route), value)


def _value(document: Document, route: Route) -> Any:
    node = document.value
    for step in route:
        node = node[step]
    return node


def _key(route: Route) -> str | None:
    """Return the key at the end of a route; an item of a list has a place, and no key."""
    return route[-1] if route and isinstance(route[-1], str) else None


def shape(route: Route) -> Route:
    """Return a route with 0 for every index: other items of a list may come and go before one."""
    return tuple(0 if isinstance(step, int) else step for step in route)


def _shape(route: Route) -> str:
    return format_route(shape(route))
