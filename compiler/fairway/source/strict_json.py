"""Saying where a file that must be JSON is not: YAML readers, ours too, would accept more."""

from __future__ import annotations

import json
from typing import Any

from fairway.finding import Finding, Fix
from fairway.location import Location
from fairway.rule import Rule
from fairway.source.file import SourceFile
from fairway.source.syntax import conflict_marker

_CAUSES = {
    "expecting value": "a value is expected here",
    "extra data": "the file goes on after its value has ended",
    "illegal trailing comma before end of object": "a comma before a closing bracket",
    "illegal trailing comma before end of array": "a comma before a closing bracket",
    "expecting property name enclosed in double quotes": "a key in double quotes is expected here",
    "unterminated string starting at": "this string is not closed",
    "expecting ',' delimiter": "a comma or a closing bracket is missing before this",
    "expecting ':' delimiter": "a colon is missing before this",
    "invalid control character at": "a line end or a control character inside a string",
    "invalid \\escape": "an unknown escape in a string",
}


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dictionary; raise ``ValueError`` when a key stands twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is given twice")
    return value


def cause_of(error: json.JSONDecodeError) -> str:
    """Return in plain words what is wrong at the place of a JSON text's first fault."""
    return _CAUSES.get(error.msg.lower(), error.msg.lower())


def json_fault(source: SourceFile, rule: Rule, what: str, fix: str) -> Finding | None:
    """Return the finding of ``rule`` about a text that is not JSON, or None when it is."""
    try:
        json.loads(source.text)
    except json.JSONDecodeError as error:
        marker = conflict_marker(source.text)
        if marker is not None:
            at = Location(source.path, offsets=marker)
            return rule(f"{what} holds an unresolved merge conflict", at, fix=Fix(fix))
        size = len(source.text)
        start = min(error.pos, max(len(source.text.rstrip()) - 1, 0))
        cause = cause_of(error)
        at = Location(source.path, offsets=(start, min(start + 1, size)))
        return rule(f"{what} is not JSON: {cause}", at, fix=Fix(fix))
    except (ValueError, RecursionError):
        return rule(f"{what} is nested too deep, or holds a number too long to be read",
                    Location(source.path, offsets=(0, 0)), fix=Fix(fix))  # fmt: skip
    return None
