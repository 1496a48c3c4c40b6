"""The part of a line that fits a terminal, with the place that a finding marks in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fairway.report.printable import COMMAND, display_width, shown

_TAB = "    "
# Cells are at least a quarter as many as code points, but for stacked combining marks.
_REACH = 4
_LEAST_ROOM = 24


class Excerpt(NamedTuple):
    """A line as shown, and the marks under it: their offset and number in terminal cells."""

    text: str
    offset: int
    marks: int


def excerpt(line: str, start: int, end: int, room: int) -> Excerpt:
    """Return what of ``line`` fits in ``room`` cells around its code points ``start`` to ``end``.

    Offsets are from 0, the end exclusive; both may lie behind the line's end. A line that does not
    fit is cut on either side with an ellipsis. The cost does not depend on the line's length.
    """
    room = max(room, _LEAST_ROOM)
    start = min(start, len(line))
    end = min(end, len(line))
    first = max(0, start - _REACH * room)
    last = min(len(line), start + _REACH * room)
    pieces = _pieces(line[first:last])
    widths = [display_width(piece) for piece in pieces]
    at = start - first
    if last - first == len(line) and sum(widths) <= room:
        left, right = 0, len(pieces)
    else:
        left, right = _window(widths, at, room - 2)  # two cells for the ellipses
    before = "…" if first + left > 0 else ""
    after = "…" if first + right < len(line) else ""
    return Excerpt(
        text=before + "".join(pieces[left:right]) + after,
        offset=len(before) + sum(widths[left:at]),
        marks=max(1, sum(widths[at : max(at, min(end - first, right))])),
    )


def _pieces(text: str) -> list[str]:
    """Return one printable piece for each code point."""
    if text.isprintable():
        pieces = list(text)
    else:
        pieces = [_TAB if character == "\t" else shown(character) for character in text]
    for command in COMMAND.finditer(text):
        pieces[command.start() + 1] = r"\x23"
    return pieces


def _window(widths: Sequence[int], at: int, room: int) -> tuple[int, int]:
    """Return the range of pieces that fits around ``at``: a third before it, more near the end."""
    left = _back(widths, at, room // 3)
    right = at
    free = room - sum(widths[left:at])
    while right < len(widths) and widths[right] <= free:
        free -= widths[right]
        right += 1
    if right == len(widths):
        left = _back(widths, at, room - sum(widths[at:]))
    return left, right


def _back(widths: Sequence[int], at: int, room: int) -> int:
    left = at
    while left > 0 and widths[left - 1] <= room:
        left -= 1
        room -= widths[left]
    return left
