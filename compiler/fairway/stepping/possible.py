"""Which readings cannot be: a ratio above one, a negative time, half a request.

A number that nothing can have measured must not move traffic, and passing a ``max`` is what a
negative one does.
"""

from __future__ import annotations

from math import inf, isinf, isnan

from fairway.plan.release import Gate
from fairway.plan.verdict import Reading

EXTRAPOLATED = 1.1
"""The most that a ratio of two rates may be: Prometheus extrapolates each to the window's ends.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
"""


def impossible(gate: Gate, reading: Reading, most: float = 1.0) -> str:
    """Return which number of a reading cannot be, and why; empty when all of them can.

    ``most`` is the most that a ratio may be. Numbers that were not measured are NaN, and can be.
    """
    if isinf(reading.requests) or reading.requests < 0:
        return f"requests {reading.requests:g} is no count, which is from 0 on"
    low, high, what = _range(gate, most)
    for key, value in (("value", reading.value), ("reference", reading.reference)):
        if not isnan(value) and (isinf(value) or not low <= value <= high):
            return f"{key} {value:g} cannot be: {gate.metric} is {what}"
    return ""


def _range(gate: Gate, most: float) -> tuple[float, float, str]:
    """Return the least and the most that a gate's metric can be, and what it is in words.

    The bound says the unit (a share of stable's value has that of the metric); the catalogues'
    own metrics say it by their names too.
    """
    relative = gate.kind == "withinRelative"
    if gate.metric.endswith("-ratio") or (gate.written.endswith(("%", "pp")) and not relative):
        return 0.0, most, "a ratio, from 0 to 1"
    if "latency" in gate.metric or (gate.written.endswith("s") and not relative):
        return 0.0, inf, "a time in seconds, from 0 on"
    return -inf, inf, "a finite number"
