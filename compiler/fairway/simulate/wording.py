"""Numbers as people read them: lengths of time, shares, counts and rates."""

from __future__ import annotations

from itertools import pairwise
from math import isnan

NONE = "–"
_UNITS = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0))


def duration(seconds: float) -> str:
    """Return a length of time in at most two units: ``2 h 30 min``, ``26 min``, ``250 ms``."""
    if isnan(seconds):
        return NONE
    if seconds < 1.0:
        return f"{seconds * 1000:.3g} ms" if seconds else "0 s"
    for (unit, size), (below, part) in pairwise(_UNITS):
        count = round(seconds / part)
        if count * part >= size:
            whole, rest = divmod(count, round(size / part))
            return f"{whole} {unit} {rest} {below}" if rest else f"{whole} {unit}"
    return f"{seconds:.3g} s"


def percent(ratio: float) -> str:
    """Return a share in percent, with as many digits as matter: ``98.7 %``, ``0.12 %``."""
    if isnan(ratio):
        return NONE
    value = ratio * 100
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") + " %"


def number(value: float) -> str:
    """Return a count: ``1,240``; small means keep a digit."""
    if isnan(value):
        return NONE
    return f"{value:.1f}" if 0 < value < 10 and value != round(value) else f"{value:,.0f}"


def per_second(rate: float) -> str:
    """Return requests per second: ``40/s``."""
    return f"{rate:,.4g}/s"


def measured(value: float, unit: str) -> str:
    """Return what a gate measures, in its unit."""
    if unit == "ratio":
        return percent(value)
    return duration(value) if unit == "seconds" else number(value)
