"""Validators of the language that are neither units nor forms; they need no pydantic."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from fairway.spec.core import PydanticCustomError

T = TypeVar("T")


def exactly_one(value: T) -> T:
    """Return a model whose ``ONE_OF`` keys hold exactly one value; raise for any other number."""
    keys: tuple[str, ...] = getattr(value, "ONE_OF", ())
    given = [key for key in keys if getattr(value, _attribute(key), None) is not None]
    if len(given) != 1:
        context = {"keys": ", ".join(keys), "given": ", ".join(given) or "none of them"}
        message = "exactly one of {keys} is needed; given: {given}"
        raise PydanticCustomError("choice", message, context)
    return value


def expand_version(value: Any) -> Any:
    """Return the long form of a version that is written as its URI alone."""
    return {"uri": value} if isinstance(value, str) else value


@cache
def _attribute(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
