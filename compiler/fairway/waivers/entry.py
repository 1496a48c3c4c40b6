"""The text of a waiver, as ``fairway waive`` writes it."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.location import format_route
from fairway.source.scalar import resolve
from fairway.waivers.waiver import Waiver

HEADER = "# Findings that do not count, why, and until when; `fairway waive` adds and renews them."
HEAD = ("apiVersion: fairway.dev/v1", "kind: Waivers", "waivers:")


def entry_value(waiver: Waiver, path: str | None) -> dict[str, str | list[str]]:
    """Return what a waiver's entry says; ``path`` is that of its spec in a project's file."""
    pairs: dict[str, str | list[str] | None] = {
        "rule": waiver.rule,
        "path": path,
        "route": format_route(waiver.route),
        "environments": list(waiver.environments),
        "reason": " ".join(waiver.reason.split()),
        "owner": waiver.owner,
        "ticket": waiver.ticket,
        "until": waiver.until.isoformat(),
        "scope": waiver.scope,
    }
    return {key: value for key, value in pairs.items() if value}


def entry_lines(value: dict[str, str | list[str]]) -> list[str]:
    """Return an entry as the lines of a YAML map in block style, without indentation."""
    return [f"{key}: {_written(each)}" for key, each in value.items()]


def _written(value: str | list[str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(scalar(each) for each in value)}]"
    return scalar(value)


def scalar(text: str) -> str:
    """Return a string as YAML, in double quotes where a plain one would be read as another."""
    plain = (
        text[:1].isascii()
        and text[:1].isalpha()
        and text.isprintable()
        and ": " not in text
        and " #" not in text
        and text[-1] not in ": "
        and resolve(text) == text
    )
    # The day is a string to Fairway; quoted it would look as if something else were meant.
    if plain or _is_day(text):
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _is_day(text: str) -> bool:
    parts: Sequence[str] = text.split("-")
    return [len(part) for part in parts] == [4, 2, 2] and all(
        part.isascii() and part.isdecimal() for part in parts
    )


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
