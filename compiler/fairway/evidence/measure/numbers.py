"""Numbers as reports have them: twelve significant digits, which all machines agree on."""

from __future__ import annotations

from typing import Any

from fairway.evidence.measure.intervals import LEVEL, Measured


def rounded(value: float) -> float:
    """Return a number with twelve significant digits."""
    return float(f"{value:.12g}")


def entry(found: Measured) -> dict[str, Any]:
    """Return a measured value: ``value``, ``interval`` and, without a value, ``why``."""
    interval = found.interval
    return {
        "value": None if found.value is None else rounded(found.value),
        "interval": None
        if interval is None
        else {
            "level": LEVEL,
            "low": rounded(interval.low),
            "high": rounded(interval.high),
            "resamples": interval.resamples,
        },
        "why": found.why,
    }
