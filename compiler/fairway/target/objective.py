"""Objectives held against the catalogues: they can be measured, and their bounds are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Route
from fairway.spec.meaning import unread
from fairway.spec.nearest import listed, nearest
from fairway.spec.units import Duration
from fairway.target.meter import TargetMeter, meter_of
from fairway.target.series import SLO_METRICS

if TYPE_CHECKING:
    from fairway.spec.monitoring import Alerts, Slo
    from fairway.spec.view import View
    from fairway.target.load import Target

_AT: Route = ("monitoring", "slos")


def check_objectives(view: View, targets: Mapping[str, Target]) -> list[Finding]:
    """Return a finding for every SLO that could not be measured in this environment."""
    monitoring = view.spec.monitoring
    if monitoring is None or unread(view.faulty, _AT) or unread(view.faulty, ("serving",)):
        return []
    meter = meter_of(view.place, view.spec.serving, targets)
    faults = [
        fault
        for index, slo in enumerate(monitoring.slos)
        for fault in _faults(view, (*_AT, index), slo, meter)
    ]
    return [
        *(
            rule.METRIC(message, view.merged.locate(at), fix=fix, environments=(view.environment,))
            for at, message, fix in faults
        ),
        *_receivers(view, monitoring.alerts),
    ]


def _receivers(view: View, alerts: Alerts | None) -> Iterator[Finding]:
    """Yield a finding for every receiver that Prometheus would take for a template."""
    for severity in ("page", "ticket") if alerts is not None else ():
        if "{{" in (getattr(alerts, severity) or ""):
            at = view.merged.locate(("monitoring", "alerts", severity))
            message = "the receiver becomes an alert's label, in which `{{` begins a template"
            yield rule.VALUE(message, at, fix="write its plain name")


def _faults(
    view: View, at: Route, slo: Slo, meter: TargetMeter
) -> Iterator[tuple[Route, str, Fix]]:
    if slo.name not in SLO_METRICS:
        close = nearest(slo.name, SLO_METRICS)
        fix = Fix(f"write {close}", close) if close else Fix(f"write {' or '.join(SLO_METRICS)}")
        known = listed(SLO_METRICS)
        yield (*at, "name"), f"nothing measures an objective called {slo.name}; known: {known}", fix
        return
    if slo.name != "latency" and slo.threshold is not None:
        message = f"an objective with a threshold is one of latency, and this is of {slo.name}"
        yield (*at, "threshold"), message, Fix("remove it, or call the objective latency")
        return
    if slo.name == "latency" and slo.threshold is None:
        message = "the latency objective does not say within which time a request is good"
        yield at, message, Fix("add a `threshold`, such as 250ms")
        return
    copied = view.spec.release.strategy.shadow is not None
    metric = meter.indicator(slo.name, copied=copied)
    if not metric:
        why = meter.why_unmeasured(slo.name, copied=copied)
        fix = Fix(
            "choose a router or a runtime that counts it, or add it to a target's series.yaml"
        )
        yield (*at, "name"), f"{slo.name} cannot be measured here: {why}", fix
    elif slo.threshold is not None:
        yield from _threshold(at, slo.threshold, metric, meter.bounds(metric))


def _threshold(
    at: Route, threshold: Duration, metric: str, bounds: tuple[float, ...]
) -> Iterator[tuple[Route, str, Fix]]:
    """Yield a fault when no bucket of the histogram ends at the threshold."""
    seconds = threshold.seconds
    if not bounds or any(abs(bound - seconds) < 1e-9 for bound in bounds):
        return
    below = [bound for bound in bounds if 1e-3 <= bound < seconds]  # a duration has milliseconds
    above = [bound for bound in bounds if bound > seconds]
    words = [str(Duration(round(bound * 1000))) for bound in (*below[-1:], *above[:1])]
    message = (
        f"no bucket of the histogram behind {metric} ends at {threshold}, so nobody counts what is"
        f" slower; the nearest end at {' and '.join(words)}"
    )
    yield (*at, "threshold"), message, Fix(f"write {' or '.join(words)}")
