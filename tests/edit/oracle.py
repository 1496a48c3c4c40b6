"""What the tests hold edits against: other readers, and their own arithmetic on data."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

from edit.documents import COMMENT
from ruamel.yaml import YAML

from fairway.location import Route


def by_ruamel(text: str) -> Any:
    """Return what ruamel.yaml, a YAML 1.2 reader of its own, reads."""
    return YAML(typ="safe", pure=True).load(text)


def comments(text: str) -> list[str]:
    """Return the numbered comments of a text in their order."""
    return COMMENT.findall(text)


def places(value: Any, route: Route = ()) -> Iterator[tuple[Route, Any]]:
    """Yield every route of a document and what stands there, without the root."""
    if not isinstance(value, dict | list):
        return
    for step, child in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*route, step), child
        yield from places(child, (*route, step))


def put(value: Any, route: Route, new: Any) -> Any:
    """Return a copy of ``value`` with ``new`` at ``route``."""
    value = copy.deepcopy(value)
    node = value
    for step, following in itertools.pairwise(route):
        there = node.get(step) if isinstance(node, dict) else dict(enumerate(node)).get(step)
        if there is None:
            there = {} if isinstance(following, str) else []
        _assign(node, step, there)
        node = there
    _assign(node, route[-1], new)
    return value


def take(value: Any, route: Route) -> Any:
    """Return a copy of ``value`` without what stands at ``route``."""
    value = copy.deepcopy(value)
    node = value
    for step in route[:-1]:
        node = node[step]
    del node[route[-1]]
    return value


def _assign(node: Any, step: Any, value: Any) -> None:
    if isinstance(node, list) and step == len(node):
        node.append(value)
    else:
        node[step] = value


def exactly(value: Any) -> str:
    """Return data as a text that tells 1, 1.0 and true apart; the order of keys does not count."""
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{k!r}:{exactly(v)}" for k, v in value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(exactly, value)) + "]"
    return repr(value)
