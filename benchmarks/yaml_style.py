"""Writing YAML the way different people do: block and flow, quotes, comments, anchors.

One writer has one hand (indentation, preferred quotes, how much flow style) and a random source
for the rest. Whatever the style, the text reads back as the values that were given.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.source.scalar import resolve

_PLAIN = re.compile(
    r"[A-Za-z0-9./_][A-Za-z0-9./_@%+-]*(?: [A-Za-z0-9./_@%+(-][A-Za-z0-9./_@%+)-]*)*\Z"
)
_WIDTH = 96


@dataclass(frozen=True, slots=True)
class Anchor:
    """A value that is named where it stands, to be used again below."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Alias:
    """The value of the anchor of that name."""

    name: str


class YamlWriter:
    """Writes values as YAML in one person's style."""

    def __init__(self, source: random.Random, comments: tuple[str, ...]) -> None:
        self._random = source
        self._comments = comments
        self._quote = source.choice(("plain", "plain", "plain", "double", "single"))
        self._step = source.choice((2, 2, 2, 4))
        self._flow_share = source.choice((0.15, 0.5, 0.9))
        self._comment_share = source.choice((0.0, 0.03, 0.12))
        self._list_indent = source.choice((0, 2))

    def document(self, value: Mapping[str, Any]) -> str:
        """Return a map as the text of a file; blank lines may set its sections apart."""
        blank = self._random.random() < 0.7
        lines: list[str] = []
        for index, (key, child) in enumerate(value.items()):
            if blank and index > 2:
                lines.append("")
            self._entry(key, child, 0, lines)
        return "\n".join(lines) + "\n"

    # -- block style -----------------------------------------------------------------------------

    def _entry(self, key: str, value: Any, indent: int, lines: list[str]) -> None:
        pad = " " * indent
        if self._random.random() < self._comment_share:
            lines.append(f"{pad}# {self._random.choice(self._comments)}")
        lead = f"{pad}{self._key(key)}:"
        if isinstance(value, Anchor):
            lead, value = f"{lead} &{value.name}", value.value
        if isinstance(value, Mapping | list) and value and not self._in_flow(value, len(lead)):
            lines.append(lead + self._remark())
            self._block(value, indent, lines)
        elif isinstance(value, str) and len(value) > 60 and self._random.random() < 0.4:
            self._folded(value, lead, indent + self._step, lines)
        else:
            lines.append(f"{lead} {self._flow(value)}{self._remark()}")

    def _block(self, value: Mapping[str, Any] | list[Any], indent: int, lines: list[str]) -> None:
        if isinstance(value, Mapping):
            for key, child in value.items():
                self._entry(key, child, indent + self._step, lines)
            return
        pad = " " * (indent + self._list_indent)
        for item in value:
            if isinstance(item, Mapping) and item and not self._in_flow(item, len(pad) + 2):
                inner: list[str] = []
                for key, child in item.items():
                    self._entry(key, child, len(pad) + 2, inner)
                # A comment above the item's first key has no place after its dash.
                first = next(i for i, line in enumerate(inner) if not line.lstrip().startswith("#"))
                lines.append(f"{pad}- {inner[first].lstrip()}")
                lines += inner[first + 1 :]
            else:
                lines.append(f"{pad}- {self._flow(item)}")

    def _folded(self, text: str, lead: str, indent: int, lines: list[str]) -> None:
        lines.append(f"{lead} >-")
        line = ""
        for word in text.split(" "):
            if line and len(line) + len(word) > 60:
                lines.append(" " * indent + line)
                line = ""
            line = f"{line} {word}" if line else word
        lines.append(" " * indent + line)

    def _remark(self) -> str:
        if self._random.random() < self._comment_share:
            return f"  # {self._random.choice(self._comments)}"
        return ""

    # -- flow style ------------------------------------------------------------------------------

    def _in_flow(self, value: Mapping[str, Any] | list[Any], before: int) -> bool:
        return self._random.random() < self._flow_share and before + len(_width(value)) < _WIDTH

    def _flow(self, value: Any) -> str:
        if isinstance(value, Alias):
            return f"*{value.name}"
        if isinstance(value, Anchor):
            return f"&{value.name} {self._flow(value.value)}"
        if isinstance(value, Mapping):
            pairs = (f"{self._key(key)}: {self._flow(child)}" for key, child in value.items())
            return "{" + ", ".join(pairs) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._flow(item) for item in value) + "]"
        return self._text(value) if isinstance(value, str) else json.dumps(value)

    def _key(self, key: str) -> str:
        return key if _PLAIN.match(key) and resolve(key) == key else f'"{key}"'

    def _text(self, value: str) -> str:
        plain = _PLAIN.match(value) is not None and resolve(value) == value
        quote = self._quote if plain or self._quote != "plain" else "double"
        if plain and (quote == "plain" or self._random.random() < 0.6):
            return value
        if quote == "single":
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=False)


def _width(value: Any) -> str:
    """Return about what a value looks like in flow style, to see whether it fits on a line."""
    return json.dumps(value, ensure_ascii=False, default=lambda other: getattr(other, "name", ""))
