"""Gates held against the catalogues: their metrics can be measured, and their bounds are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Route
from fairway.spec.meaning import unread
from fairway.spec.nearest import listed, nearest
from fairway.spec.units import Duration, Percentage
from fairway.target.meter import TargetMeter, meter_of

if TYPE_CHECKING:
    from fairway.spec.release import Gate
    from fairway.spec.view import View
    from fairway.target.load import Target

_FORMS: Mapping[str, str] = {
    "ratio": "a share, such as 1%",
    "s": "a duration, such as 200ms",
    "1/s": "a number",
    "1": "a number",
}


def check_gates(view: View, targets: Mapping[str, Target]) -> list[Finding]:
    """Return a finding for every gate of a canary that could not be read in this environment."""
    canary = view.spec.release.strategy.canary
    route: Route = ("release", "strategy", "canary", "gates")
    if canary is None or not canary.gates or unread(view.faulty, route):
        return []
    if unread(view.faulty, ("serving",)):
        return []
    meter = meter_of(view.place, view.spec.serving, targets)
    findings: list[Finding] = []
    for index, gate in enumerate(canary.gates):
        why = meter.why_not(gate.metric)
        at = (*route, index, "metric")
        if why:
            close = None if meter.has(gate.metric) else nearest(gate.metric, meter.metrics())
            fix = _near(close, meter) if close else _others(meter)
            message = f"{gate.metric} cannot be measured here: {why}"
        elif (wrong := _misfit(gate, meter.gives(gate.metric))) is not None:
            key, message = wrong
            at = (*route, index, key)
            form = _FORMS[meter.gives(gate.metric)]
            fix = Fix("write `withinRelative: 10%`" if key == "within" else f"write {form}")
        else:
            continue
        found = rule.METRIC(
            message, view.merged.locate(at), fix=fix, environments=(view.environment,)
        )
        findings.append(found)
    return findings


def _near(close: str, meter: TargetMeter) -> Fix:
    known = listed(name for name in meter.metrics() if name != close)
    return Fix(f"write {close}, or another one ({known})", close)


def _others(meter: TargetMeter) -> Fix:
    known = listed(meter.metrics())
    return Fix(f"gate on one that can be ({known}), or add it to a target's series.yaml")


def _misfit(gate: Gate, gives: str) -> tuple[str, str] | None:
    """Return the key of a bound that is not in the metric's unit, and the message for it."""
    if gate.within is not None and gives != "ratio":
        return "within", f"{gate.metric} is no share, so percentage points say nothing of it"
    for key in ("max", "min"):
        bound = getattr(gate, key)
        if bound is None:
            continue
        share, time = isinstance(bound, Percentage), isinstance(bound, Duration)
        fits = time if gives == "s" else share or (gives != "ratio" and not time)
        if gives == "ratio" and not share and not time:
            fits = 0 <= float(bound) <= 1
        if gives in ("1", "1/s"):
            fits = not share and not time
        if not fits:
            return key, f"{gate.metric} is {_FORMS[gives].partition(',')[0]}, and {bound} is not"
    return None
