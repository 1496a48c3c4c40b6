"""The axis of time: its unit, and the round times that it names."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 10_080)  # minutes
_MINUTE = 60.0
_UNITS = (("minutes", 60.0, 3 * 3600.0), ("hours", 3600.0, 72 * 3600.0), ("days", 86_400.0, 0.0))


class TimeAxis(NamedTuple):
    """Up to ``end`` seconds; ``at`` are the times named, ``shown`` gives one in ``unit``."""

    end: float
    unit: str
    at: tuple[float, ...]
    shown: Callable[[float], str]


def time_axis(end: float, most: int, start: float = 0.0) -> TimeAxis:
    """Return an axis from ``start`` seconds on that names about ``most`` times."""
    step = next((s for s in _STEPS if s * _MINUTE * most >= end - start), _STEPS[-1]) * _MINUTE
    unit, size, _ = next(each for each in _UNITS if end <= each[2] or not each[2])
    at = tuple(step * number for number in range(ceil(start / step), int(end // step) + 1))
    return TimeAxis(end, unit, at, lambda seconds: f"{seconds / size:.4g}")
