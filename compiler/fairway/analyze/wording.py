"""How numbers of an analysis are written: shares, points, times and tables."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from textwrap import fill


def share(value: float) -> str:
    """Return a ratio in percent with three decimals: ``5.499%``."""
    return f"{100 * value:.3f}%"


def points(value: float) -> str:
    """Return a difference of ratios in percentage points, with its sign: ``+0.499pp``."""
    return f"{100 * value:+.3f}pp"


def plain(value: float) -> str:
    """Return a ratio in percent as short as it is: ``0.5%``, ``97.5%``."""
    return f"{100 * value:.4g}%"


def probability(value: float) -> str:
    """Return a p-value: three digits, and no false precision of a tiny one."""
    return "<0.0001" if value < 1e-4 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """Return a time in the unit that people would use: ``45 s``, ``12 min``, ``9.5 h``."""
    for unit, size, until in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < until:
            number = seconds / size
            return f"{number:.1f} {unit}" if unit == "h" else f"{number:.0f} {unit}"
    return f"{seconds / 86_400:.1f} d"


def at_rate(seconds: float, rate: float, what: str) -> str:
    """Return how long something takes at the expected traffic, or nothing when that is unknown."""
    if not 0.0 < seconds < inf or rate <= 0.0:
        return ""
    return f", {duration(seconds)} at {rate:.3g} {what}"


def paragraph(text: str) -> str:
    """Return a sentence over lines of at most a hundred characters, later ones set in."""
    return fill(text, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Return rows as lines of a table, the first ``left`` columns to the left, others right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
