"""A splice: a range of a text, and what stands there afterwards."""

from __future__ import annotations

from typing import NamedTuple


class Splice(NamedTuple):
    """The text from ``start`` to ``end`` (code points, exclusive) is replaced by ``text``."""

    start: int
    end: int
    text: str

    def apply(self, text: str) -> str:
        """Return ``text`` with the range replaced."""
        return text[: self.start] + self.text + text[self.end :]

    def near(self, other: Splice) -> bool:
        """Whether the two ranges overlap or touch, so that their order would matter."""
        return self.start <= other.end and other.start <= self.end


def difference(old: str, new: str) -> Splice:
    """Return the splice that makes ``new`` of ``old``.

    It is the smallest one, but for text that repeats beside it: where one of three equal lines
    was removed, the three are replaced by two, because it could have been any of them.
    """
    most = min(len(old), len(new))
    before, after = _alike(old, new), _alike(old[::-1], new[::-1])
    start, kept = min(before, most - after), min(after, most - before)
    return Splice(start, len(old) - kept, new[start : len(new) - kept])


def _alike(one: str, other: str) -> int:
    """Return how many code points two texts have in common at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
