"""Putting the records of what has served into a lock's text, every other byte kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from fairway.errors import UsageError
from fairway.lock.write import part_text
from fairway.source.strict_json import unique
from fairway.stepping.served import Record

_BLANK = re.compile(r"[ \t\r\n]*")
_KEY = "served"
_decoder = json.JSONDecoder(object_pairs_hook=unique)


def with_served(text: str, served: Mapping[str, Sequence[Record]], path: str) -> str:
    """Return a lock's text with these records. Raises ``UsageError`` for a text that is no lock."""
    value = {name: [each.value() for each in records] for name, records in served.items()}
    try:
        whole = _decoder.decode(text)
        spans = _spans(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is not JSON", "restore it from git") from None
    if whole.get(_KEY, {}) == value:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    new = part_text(value, 1).replace("\n", newline)
    if _KEY in spans:
        start, end = spans[_KEY]
        edited = text[:start] + new + text[end:]
    else:
        end = max(end for _, end in spans.values())
        edited = f'{text[:end]},{newline}  "{_KEY}": {new}{text[end:]}'
    if _decoder.decode(edited) != {**whole, _KEY: value}:
        raise UsageError(f"{path} is written in a way that cannot be edited", "run `fairway lock`")
    return edited


def _spans(text: str) -> dict[str, tuple[int, int]]:
    """Return where the values of the outermost object stand."""
    spans: dict[str, tuple[int, int]] = {}
    at = _blank(text, _blank(text, 0) + 1)
    while text[at] == '"':
        key, at = _decoder.raw_decode(text, at)
        start = _blank(text, _blank(text, at) + 1)
        _, end = _decoder.raw_decode(text, start)
        spans[key] = (start, end)
        at = _blank(text, _blank(text, end) + 1)
        if at >= len(text):
            break
    if not spans:
        raise ValueError("an empty object")
    return spans


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found is not None else at
