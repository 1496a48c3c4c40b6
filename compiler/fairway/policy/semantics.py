"""What CEL's operators mean, in Python, for values of which that is beyond doubt.

Conditions are translated to Python so that what keeps a rule is known to keep it within a
microsecond (``python_form``). Wherever the two languages could differ, or CEL would have an
error, these functions raise ``DoubtError``; CEL itself then judges. Source: the CEL specification,
"Standard Definitions" (github.com/google/cel-spec, doc/langdef.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_MOST_ELEMENTS = 5_000
_SAFE = 1 << 53
_KINDS = {
    bool: "bool",
    int: "int",
    float: "double",
    str: "string",
    list: "list",
    dict: "map",
    type(None): "null_type",
}
_ORDERED = (int, float, str)
_SCALARS = (int, float, str, bool, type(None))


class DoubtError(Exception):
    """A value that CEL may take for something else than Python does."""


def truth(value: Any) -> bool:
    """Return a boolean; CEL takes nothing else for one."""
    if value is True:
        return True
    if value is False:
        return False
    raise DoubtError


def has(value: Any, key: str) -> bool:
    """Whether a map has a key; of anything else CEL does not ask."""
    if type(value) is not dict:
        raise DoubtError
    return key in value


def equal(one: Any, other: Any) -> bool:
    """Whether two values are equal: numbers of any type by value, booleans to booleans only."""
    kind, kind_of_other = type(one), type(other)
    if kind not in _SCALARS or kind_of_other not in _SCALARS:
        if kind is list and kind_of_other is list and not (one and other):
            return not one and not other
        raise DoubtError
    if kind is kind_of_other or (kind in (int, float) and kind_of_other in (int, float)):
        return bool(one == other)
    return False


def less(one: Any, other: Any) -> bool:
    """Whether one value comes before another of the same type."""
    if type(one) is not type(other) or type(one) not in _ORDERED:
        raise DoubtError
    return bool(one < other)


def at_most(one: Any, other: Any) -> bool:
    """Whether one value does not come after another of the same type."""
    if type(one) is not type(other) or type(one) not in _ORDERED:
        raise DoubtError
    return bool(one <= other)


def contained(element: Any, container: Any) -> bool:
    """Whether a list has an element, or a map a key, that is a text or a number."""
    if type(element) is str and type(container) in (dict, list):
        return element in container
    if type(element) in (int, float) and type(container) is list:
        return any(type(each) in _SCALARS and equal(element, each) for each in container)
    raise DoubtError


def item(container: Any, key: Any) -> Any:
    """Return an item of a list or of a map."""
    if type(container) is dict and type(key) is str:
        return container[key]
    if type(container) is list and type(key) is int and key >= 0:
        return container[key]
    raise DoubtError


class Budget:
    """How much a condition may go over; CEL, which stops after 10,000 elements, judges the rest."""

    def __init__(self) -> None:
        """Begin with nothing: ``refill`` before each condition."""
        self._left = 0

    def refill(self) -> None:
        """Allow another condition as much as any."""
        self._left = _MOST_ELEMENTS

    def elements(self, container: Any) -> Any:
        """Return what a macro goes over: the elements of a list, the keys of a map."""
        if type(container) not in (list, dict):
            raise DoubtError
        self._left -= len(container)
        if self._left < 0:
            raise DoubtError
        return container


def size(value: Any) -> int:
    """Return the number of elements, keys or code points."""
    if type(value) not in (str, list, dict):
        raise DoubtError
    return len(value)


def text(value: Any) -> str:
    """Return a text; functions of texts take nothing else."""
    if type(value) is not str:
        raise DoubtError
    return value


def number(value: Any) -> float:
    """Return a number as a double."""
    if type(value) not in (int, float):
        raise DoubtError
    return float(value)


def add(one: Any, other: Any) -> Any:
    """Return the sum of two numbers of one type, or two texts or lists joined."""
    if type(one) is not type(other) or type(one) not in (int, float, str, list):
        raise DoubtError
    return _bounded(one + other)


def subtract(one: Any, other: Any) -> Any:
    """Return the difference of two numbers of one type."""
    return _arithmetic(one, other, lambda a, b: a - b)


def multiply(one: Any, other: Any) -> Any:
    """Return the product of two numbers of one type."""
    return _arithmetic(one, other, lambda a, b: a * b)


def divide(one: Any, other: Any) -> Any:
    """Return the quotient of two doubles; that of whole numbers, which is cut, is left to CEL."""
    if type(one) is not float or type(other) is not float or not other:
        raise DoubtError
    return one / other


def whole(value: Any) -> int:
    """Return a number cut towards zero, far from where that overflows."""
    if type(value) not in (int, float) or not -_SAFE < value < _SAFE:
        raise DoubtError
    return int(value)


def kind(value: Any) -> str:
    """Return the name of a value's type."""
    return _KINDS[type(value)]


def remainder(one: Any, other: Any) -> int:
    """Return what a division of whole numbers leaves, of which neither is negative."""
    if type(one) is not int or type(other) is not int or one < 0 or other <= 0:
        raise DoubtError
    return one % other


def shown(value: Any) -> str:
    """Return a text or a whole number as text; doubles are written otherwise by CEL."""
    if type(value) not in (str, int):
        raise DoubtError
    return str(value)


def _arithmetic(one: Any, other: Any, function: Callable[[Any, Any], Any]) -> Any:
    if type(one) is not type(other) or type(one) not in (int, float):
        raise DoubtError
    return _bounded(function(one, other))


def _bounded(value: Any) -> Any:
    """Return a result; whole numbers of more than 64 bits are an error in CEL."""
    if type(value) is int and not _LEAST <= value <= _MOST:
        raise DoubtError
    return value


def matches(value: Any, pattern: str) -> bool:
    """Whether a text has a part that a pattern describes: see ``python_pattern``."""
    if type(value) is not str or not value.isascii():
        raise DoubtError  # what is a letter differs
    return _compiled(pattern).search(value) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


NAMES: Mapping[str, Any] = {
    "truth": truth,
    "has": has,
    "equal": equal,
    "less": less,
    "at_most": at_most,
    "contained": contained,
    "item": item,
    "size": size,
    "text": text,
    "number": number,
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "remainder": remainder,
    "whole": whole,
    "kind": kind,
    "shown": shown,
    "matches": matches,
}
"""What translated conditions may use, besides ``all``, ``any`` and ``sum``."""
