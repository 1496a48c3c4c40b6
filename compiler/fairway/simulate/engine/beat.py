"""The beat of a simulation: how long a bin is, and everything else as a number of bins."""

from __future__ import annotations

from math import ceil, gcd
from typing import NamedTuple

MINUTE = 60.0
_MOST_BINS = 20_000
_MOST_MINUTES = 600
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)


class Beat(NamedTuple):
    """``width`` is in seconds; the rest counts bins: all of them, and a row's of the result."""

    width: float
    total: int
    row: int

    def bins(self, seconds: float) -> int:
        """Return how many bins a length of time is, the nearest whole number of them."""
        return round(seconds / self.width)


def make_beat(lengths: tuple[float, ...], total: float) -> Beat:
    """Return the beat in which every length (seconds) is a whole number of bins.

    A bin is at most a minute long, where that gives no more than 20,000 bins; otherwise the
    lengths are rounded to bins of the first one.
    """
    width = gcd(int(MINUTE * 1000), *(round(each * 1000) for each in lengths)) / 1000
    if total / width > _MOST_BINS:
        width = max(lengths[0], total / _MOST_BINS)
    return Beat(width, ceil(total / width - 1e-9), max(1, round(_row(total) / width)))


def even_beat(total: float, shown: float = 0.0, most: float = MINUTE * _MINUTES[-1]) -> Beat:
    """Return a beat of one bin a row, for what only counts; a bin is ``most`` seconds or less.

    Rows are made for ``shown`` seconds, where that is less than all of it.
    """
    row = _row(min(total, shown or total))
    each = ceil(row / max(1.0, min(most, row)))
    return Beat(row / each, ceil(total * each / row - 1e-9), each)


def _row(total: float) -> float:
    """Return how long a row of the result is: a minute, or more where that gives too many."""
    fits = (m * MINUTE for m in _MINUTES if total / (m * MINUTE) <= _MOST_MINUTES)
    return next(fits, _MINUTES[-1] * MINUTE)
