"""Reading on after misfits: what a faulty spec says apart from them can still be checked."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from pydantic import BaseModel

from fairway.location import Route
from fairway.spec.core import ValidationError
from fairway.spec.misfit import Misfit, errors_of
from fairway.spec.walk import field_at

_ROUNDS = 4  # mending one misfit may show the next, such as what a map says as a whole
_MOST = 100


class Repaired(NamedTuple):
    """A spec with examples, or nothing, in the place of what does not fit.

    ``faulty`` holds the routes of what was replaced; ``value`` is the document without them.
    """

    spec: Any
    value: Any
    faulty: frozenset[Route]


def repair(model: type[BaseModel], value: Any, validate: Callable[[Any], Any]) -> Repaired | None:
    """Return what is right in ``value``, or None when too much of it is wrong."""
    mended = deepcopy(value)
    faulty: set[Route] = set()
    for _ in range(_ROUNDS):
        try:
            spec = validate(mended)
        except ValidationError as error:
            misfits = errors_of(mended, error)
            if len(misfits) > _MOST:
                return None
            for misfit in reversed(misfits):  # what is deleted leaves the others where they are
                faulty.add(misfit.route[:-1] if misfit.is_key else misfit.route)
                if not _mend(model, mended, misfit):
                    return None
        else:
            return Repaired(spec, _without(value, faulty), frozenset(faulty))
    return None


def _mend(model: type[BaseModel], value: Any, misfit: Misfit) -> bool:
    """Put an example in the place of a misfit, or remove it; return whether that was possible."""
    *above, last = misfit.route or ("",)
    node = value
    for step in above:
        known = isinstance(node, list) or (isinstance(node, dict) and step in node)
        if not known:
            return False
        node = node[step]
    if isinstance(node, list) and isinstance(last, int):
        node[last] = _example(model, misfit.route)
        return node[last] is not None
    if not isinstance(node, dict) or not misfit.route:
        return False
    node.pop(last, None)
    field = field_at(model, misfit.route)
    known_key = not misfit.is_key and field is not None
    if known_key and field is not None and (field.info is None or field.info.is_required()):
        node[last] = _example(model, misfit.route)
        return node[last] is not None
    return True


def _example(model: type[BaseModel], route: Route) -> Any:
    """Return a right value for a field, or for an item of one."""
    for depth in range(len(route), 0, -1):
        field = field_at(model, route[:depth])
        if field is None or field.info is None:
            continue
        if not field.info.examples:
            return None
        found = field.info.examples[0]
        for step in route[depth:]:
            if isinstance(step, int):
                found = found[0] if isinstance(found, list) and found else None
            else:
                found = next(iter(found.values()), None) if isinstance(found, dict) else None
        return deepcopy(found)
    return None


def _without(value: Any, faulty: set[Route], at: Route = ()) -> Any:
    """Return ``value`` without what stands at the faulty routes; items of lists become null."""
    if isinstance(value, dict):
        return {
            key: _without(child, faulty, (*at, key))
            for key, child in value.items()
            if (*at, key) not in faulty
        }
    if isinstance(value, list):
        return [
            None if (*at, index) in faulty else _without(child, faulty, (*at, index))
            for index, child in enumerate(value)
        ]
    return value
