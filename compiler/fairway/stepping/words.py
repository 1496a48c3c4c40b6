"""How numbers and times of a release are said to people."""

from __future__ import annotations

from math import isnan

from fairway.plan.release import Gate


def span(seconds: float) -> str:
    """Return a length of time in its two largest units: ``1h 30m``."""
    left = max(0, int(seconds))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts[:2]) or "0s"


def percent(share: float) -> str:
    """Return a share from 0 to 100 with its sign: ``12.5%``."""
    return f"{share:g}%"


def amount(gate: Gate, value: float) -> str:
    """Return a value of a gate's metric in the unit that its bound is written in; - for none."""
    if isnan(value):
        return "-"
    if gate.metric.startswith("latency") or gate.written.endswith(("ms", "s")):
        return f"{value * 1000:.4g}ms"
    if gate.written.endswith(("%", "pp")):
        return f"{value * 100:.4g}%"
    return f"{value:.6g}"


def bound(gate: Gate) -> str:
    """Return a gate's bound: ``max 1%``, ``within 0.5pp of stable``."""
    against = " of stable" if gate.kind.startswith("within") else ""
    name = "within" if gate.kind == "withinRelative" else gate.kind
    return f"{name} {gate.written}{against}"
