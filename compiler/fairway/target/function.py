"""The functions that templates become: expressions in Python, and the names that they may use.

The source of an expression is made by the translators from their allow-lists; it can reach its
subject, the serialisers and a format's quoting, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from json.encoder import encode_basestring
from types import CodeType
from typing import Any, NamedTuple

from fairway.indented_json import indented_json
from fairway.target.emit import emit, emit_item, emit_value

STEP = "  "
"""One level of indentation."""


class Code(NamedTuple):
    """The code of a template's path, of its content and of its objects, all about one subject.

    The objects are a list for each document of a structured template; of a text there are none.
    """

    path: CodeType
    content: CodeType
    objects: CodeType


def compiled(source: str, subject: str) -> CodeType:
    """Return the code of an expression about ``subject``, which can be kept between runs."""
    return compile(f"lambda v_{subject}: {source}", "<template>", "eval")


def function(code: CodeType, quote: Callable[[Any], str] | None = None) -> Callable[[Any], Any]:
    """Return the function from the subject to the expression's value."""
    names = {
        "__builtins__": {"str": str, "len": len, "list": list},
        "emit": emit,
        "value": emit_value,
        "item": emit_item,
        "block": _block_or,
        "dashed": dashed,
        "json": _json_value,
        "listed": _json_list,
        "remembered": _remembered,
        "quote": quote,
        "without_nulls": _without_nulls,
    }
    made: Callable[[Any], Any] = eval(code, names)  # noqa: S307 - see above
    return made


def _without_nulls(value: Any) -> Any:
    """Return objects without the keys that are null, which Kubernetes takes for not given."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


@lru_cache(maxsize=4096)
def _remembered(source: str, subject: str, element: Any) -> str:
    """Return the text of a list's element, which may be an element of many lists."""
    text: str = _element(source, subject)(element)
    return text


@cache
def _element(source: str, subject: str) -> Callable[[Any], Any]:
    return function(compiled(source, subject))


def dashed(lines: str, indent: str) -> str:
    """Return the lines of a map as those of an item: a dash where the first is indented."""
    return f"{indent}- {lines[len(indent) + len(STEP) :]}"


def _block_or(lines: str) -> str:
    return f"\n{lines}" if lines else " []\n"


def _json_value(value: Any, newline: str) -> str:
    if type(value) is str:
        return encode_basestring(value)
    return indented_json(value, len(STEP)).replace("\n", newline)


def _json_list(items: list[str], newline: str) -> str:
    inner = newline + STEP
    return "[" + inner + f",{inner}".join(items) + newline + "]" if items else "[]"
