"""How a gate and what it measures are said to people: in the units that a spec is written in."""

from __future__ import annotations

from math import isnan

from fairway.plan.release import Gate


def amount(gate: Gate, value: float) -> str:
    """Return a value of a gate's metric: ``2.5%``, ``120ms``; a bare number else, - for none."""
    if isnan(value):
        return "-"
    if gate.metric.startswith("latency") or gate.written.endswith(("ms", "s")):
        return f"{value * 1000:.4g}ms"
    relative = gate.kind == "withinRelative"  # whose bound is a share, whatever the metric is
    if gate.metric.endswith("ratio") or (not relative and gate.written.endswith(("%", "pp"))):
        return f"{value * 100:.4g}%"
    return f"{value:.6g}"


def bound(gate: Gate) -> str:
    """Return a gate's bound: ``max 1%``, ``within 0.5pp of stable``."""
    against = " of stable" if gate.kind.startswith("within") else ""
    name = "within" if gate.kind == "withinRelative" else gate.kind
    return f"{name} {gate.written}{against}"
