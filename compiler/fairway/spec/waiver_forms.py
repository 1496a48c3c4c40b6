"""What a waiver says in a form of its own: its rule, its route, its ticket and its last day.

Like ``forms``, this needs ``pydantic_core`` only.
"""

from __future__ import annotations

import re
from datetime import date

from fairway.location import format_route, parse_route
from fairway.source.scalar import kind_of
from fairway.spec.core import PydanticCustomError

RULE_PATTERN = r"^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)+$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TICKET_PATTERN = r"^https?://[^\s/]+(/\S*)?$"

_LONGEST_TEXT = 2000
# `$` would let a line end follow.
_RULE, _DATE, _TICKET = (
    re.compile(pattern.replace("$", r"\Z"))
    for pattern in (RULE_PATTERN, DATE_PATTERN, TICKET_PATTERN)
)


def parse_rule(value: object) -> str:
    """Return a rule's id: its family, a slash and its name."""
    return _matching(_RULE, value, "a rule's id, such as security/authentication-is-said")


def parse_ticket(value: object) -> str:
    """Return the address of a ticket."""
    return _matching(_TICKET, value, "an address, such as https://tracker.example.com/SEC-12")


def parse_date(value: object) -> date:
    """Return a day that is written as ISO 8601 has it, ``2027-01-31``."""
    text = _matching(_DATE, value, "a day, written like 2027-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = "`{shown}` is not a day of the calendar"
        raise PydanticCustomError("value", message, {"shown": text}) from None


def parse_waived_route(value: object) -> str:
    """Return a route as reports print it; the empty one is that of the whole file."""
    if type(value) is not str:
        _refuse_kind(value, "a route as reports print it, such as serving.auth")
    text = str(value)
    if len(text) > _LONGEST_TEXT:
        raise PydanticCustomError("value", "a route has at most 2000 characters", {})
    try:
        return format_route(parse_route(text))
    except ValueError:
        message = "`{shown}` is not a route as reports print it, such as serving.auth"
        raise PydanticCustomError("value", message, {"shown": text[:80]}) from None


def parse_spec_path(value: object) -> str:
    """Return the path of a spec below a project's folder."""
    meaning = "a spec below this folder, such as fraud/deployment.yaml"
    text = _text(value, meaning)
    parts = text.split("/")
    if "\0" in text or text.startswith("/") or ".." in parts:
        context = {"shown": text[:80], "meaning": meaning}
        raise PydanticCustomError("value", "`{shown}` is not {meaning}", context)
    return text


def _matching(pattern: re.Pattern[str], value: object, meaning: str) -> str:
    text = _text(value, meaning)
    if pattern.match(text) is None:
        context = {"shown": text[:80], "meaning": meaning}
        raise PydanticCustomError("value", "`{shown}` is not {meaning}", context)
    return text


def _text(value: object, meaning: str) -> str:
    if type(value) is not str:
        _refuse_kind(value, meaning)
    text = str(value)
    if not text or len(text) > _LONGEST_TEXT:
        raise PydanticCustomError("value", "expected {meaning}", {"meaning": meaning})
    return text


def _refuse_kind(value: object, meaning: str) -> None:
    context = {"meaning": meaning, "kind": kind_of(value)}
    raise PydanticCustomError("string", "expected {meaning}, got {kind}", context)
