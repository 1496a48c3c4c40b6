"""Plain scalars of YAML 1.2's core schema (specification 1.2.2, section 10.3.2)."""

from __future__ import annotations

import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMERIC_START = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}\Z")
_OCTAL = re.compile(r"0o[0-7]{1,4000}\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,3000}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_NAN = frozenset({".nan", ".NaN", ".NAN"})


def resolve(text: str) -> Scalar:
    """Return a plain scalar's value: ``no`` is a string, ``012`` is twelve, ``1_000`` a string.

    Integers of more than 4,000 digits (3,000 if hexadecimal) stay strings, because Python refuses
    to print them.
    """
    if text[:1] not in _NUMERIC_START:
        return _WORDS.get(text, text) if len(text) <= 5 else text
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text) and not text.lstrip("+-").isdecimal():
        return float(text)
    if _OCTAL.match(text):
        return int(text, 8)
    if _HEXADECIMAL.match(text):
        return int(text, 16)
    if _INFINITY.match(text):
        return float("-inf") if text[0] == "-" else float("inf")
    return float("nan") if text in _NAN else text


def kind_of(value: object) -> str:
    """Return what people call a value's type: ``a number``, ``a map``, ``nothing (null)``."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "a map"
