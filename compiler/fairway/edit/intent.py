"""What a file shall say after a change: the same arithmetic on plain data, without any text."""

from __future__ import annotations

import json
import math

from fairway.edit.errors import EditRefusedError
from fairway.location import Route, Step, format_route
from fairway.source.scalar import kind_of


def with_value(data: object, route: Route, value: object) -> object:
    """Return ``data`` with ``value`` at ``route``; maps and lists on the way are made.

    ``EditRefusedError`` when something else stands on the way, or a list is too short.
    """
    if not route:
        return value
    step, rest = route[0], route[1:]
    if data is None:
        data = {} if isinstance(step, str) else []
    if isinstance(step, str) and isinstance(data, dict):
        return {**data, step: with_value(data.get(step), rest, value)}
    if isinstance(step, int) and isinstance(data, list) and 0 <= step <= len(data):
        below = data[step] if step < len(data) else None
        return [*data[:step], with_value(below, rest, value), *data[step + 1 :]]
    raise EditRefusedError(_no_place(data, step))


def without(data: object, route: Route) -> object:
    """Return ``data`` without what stands at ``route``; ``EditRefusedError`` if nothing does."""
    if not route:
        raise EditRefusedError("the whole document cannot be removed")
    return _removed(data, route, route)


def same(one: object, other: object) -> bool:
    """Whether two values are the same data: 1, 1.0 and true are three; the order of keys is free.

    Nothing is recursed into deeper than the reader's 32 levels.
    """
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        equal = one == other and math.copysign(1, one) == math.copysign(1, other)
        return equal or (math.isnan(one) and math.isnan(other))
    return one == other


def plain(value: object) -> object:
    """Return a copy of plain data; ``EditRefusedError`` for what YAML cannot hold as it is."""
    try:
        copy: object = json.loads(json.dumps(value))
        "".join(_strings(copy)).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise EditRefusedError(f"the new value is not plain data: {error}") from error
    return copy


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for k, v in value.items() for text in (k, *_strings(v))]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []


def _removed(node: object, route: Route, whole: Route) -> object:
    step, rest = route[0], route[1:]
    held = isinstance(node, dict) and step in node
    held = held or (isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node))
    if not held:
        raise EditRefusedError(f"nothing stands at `{format_route(whole)}`")
    if isinstance(node, dict):
        below = {step: _removed(node[step], rest, whole)} if rest else {}
        return {k: below.get(k, v) for k, v in node.items() if rest or k != step}
    assert isinstance(node, list)  # noqa: S101 - held
    assert isinstance(step, int)  # noqa: S101 - held
    return [*node[:step], *([_removed(node[step], rest, whole)] if rest else []), *node[step + 1 :]]


def _no_place(node: object, step: Step) -> str:
    if isinstance(node, list) and isinstance(step, int):
        return f"the list has {len(node)} items, so none can be put at {step}"
    return f"`{format_route((step,))}` cannot be put into {kind_of(node)}"
