"""A document is a file's values with the position of every key and value."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from fairway.finding import SourceLine
from fairway.location import Location, Part, Route, Span

Offsets: TypeAlias = tuple[int, int]
"""Start and end (exclusive) in code points from the start of the text."""


class MapMarks:
    """Positions inside a map: where it starts and ends, its keys, its values' marks."""

    __slots__ = ("end", "keys", "start", "values")

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.keys: dict[str, Offsets] = {}
        self.values: dict[str, Marks] = {}


class ListMarks:
    """Positions inside a list: where it starts and ends, its items' marks."""

    __slots__ = ("end", "items", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.items: list[Marks] = []


Marks: TypeAlias = Offsets | MapMarks | ListMarks


@dataclass(frozen=True)
class Document:
    """What a file says: ``value`` is plain data (never changed), ``marks`` mirrors its shape.

    ``complete`` is False when a fault ended the reading; then ``value`` is what stood before it,
    and what ends after the offset ``trusted`` may have been misread or cut. ``nulls`` is False
    when no value is null.
    """

    path: str
    text: str = field(repr=False)
    digest: str
    value: Any = field(repr=False)
    marks: Marks = field(repr=False)
    complete: bool = True
    trusted: int | None = None
    nulls: bool = True

    @cached_property
    def _line_starts(self) -> list[int]:
        # LF, CRLF and a lone CR end a line (YAML 1.2.2, section 5.4), as in every editor.
        starts = [0]
        text, position = self.text, 0
        if "\r" not in text:
            while position := text.find("\n", position) + 1:
                starts.append(position)
            return starts
        for position, character in enumerate(text):
            if character == "\n" or (
                character == "\r" and text[position + 1 : position + 2] != "\n"
            ):
                starts.append(position + 1)
        return starts

    def holds(self, route: Route) -> bool:
        """Whether a value (null included) stands at ``route``."""
        node = self.value
        for step in route:
            if isinstance(step, str):
                if not isinstance(node, dict) or step not in node:
                    return False
            elif not isinstance(node, list) or step >= len(node):
                return False
            node = node[step]
        return True

    def offsets(self, route: Route, part: Part = "value") -> Offsets:
        """Return where ``route`` stands; for one that is not there its nearest parent's key."""
        node, key = self.marks, None
        for step in route:
            if isinstance(node, MapMarks) and isinstance(step, str) and step in node.values:
                key, node = node.keys[step], node.values[step]
            elif isinstance(node, ListMarks) and isinstance(step, int) and step < len(node.items):
                key, node = None, node.items[step]
            else:
                part = "key"
                break
        if part == "key" and key is not None:
            return key
        if isinstance(node, MapMarks) and node is self.marks:
            return next(iter(node.keys.values()), (node.start, node.end))
        return node if isinstance(node, tuple) else (node.start, node.end)

    def resolve(self, at: Location) -> Offsets:
        """Return a location's offsets in this document."""
        return at.offsets if at.offsets is not None else self.offsets(at.route, at.part)

    def span(self, at: Location) -> Span:
        """Return the lines and columns of a location, without blanks at its end."""
        start, end = self.resolve(at)
        size = len(self.text)
        start, end = min(start, size), min(end, size)
        while end > start and self.text[end - 1] in " \t\r\n":
            end -= 1
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        return Span(line, column, end_line, end_column)

    def written(self, route: Route, part: Part = "value") -> str:
        """Return the text that stands at ``route`` as its author wrote it."""
        start, end = self.offsets(route, part)
        return self.text[start:end].rstrip()

    def lines(self, span: Span, most: int = 3) -> tuple[SourceLine, ...]:
        """Return the lines that a span touches, at most ``most`` of them."""
        last = min(span.end_line, span.line + most - 1)
        return tuple(
            SourceLine(number, self._line(number)) for number in range(span.line, last + 1)
        )

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def _line(self, number: int) -> str:
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")
