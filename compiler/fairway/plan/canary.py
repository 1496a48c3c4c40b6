"""Planning a canary: its steps in time, and its gates as queries."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING

from fairway.deployment import Deployment
from fairway.plan.measuring import Measured, Meter
from fairway.plan.question import question
from fairway.plan.release import Action, Canary, Gate, GateKind, Step, Variant
from fairway.plan.shares import weight_of
from fairway.spec.units import Duration, Percentage

if TYPE_CHECKING:
    from fairway.spec import release as spec_release

SERVICE_PORT = 80
"""The port of the services that routes lead to."""

RETRY_SECONDS = 10
"""How long controllers wait until they ask a Prometheus again that did not answer.

Source: Argo Rollouts 1.9, analysis/analysis.go (``DefaultErrorRetryInterval``).
"""

_AT = "release.strategy.canary"


def plan_canary(
    deployment: Deployment,
    canary: spec_release.Canary,
    variants: tuple[Variant, ...],
    total: int,
    meter: Meter,
) -> Canary:
    """Decide a canary; ``total`` is what weights are whole numbers of.

    ``variants`` are the two that are compared, or stable alone.
    """
    window = gate_window(canary)
    return Canary(
        step=canary.step,
        steps=tuple(_steps(canary, total)),
        gates=tuple(_gates(deployment, canary, variants, window, meter)),
        min_requests=canary.min_requests,
        on_failure=canary.on_failure,
        interval=canary.interval.seconds,
        interval_text=str(canary.interval),
        window=window.seconds,
        window_text=str(window),
        fault=canary.fault.ratio,
        budget=canary.budget or 0,
        hold_seconds=ceil(canary.steps[0].hold.seconds),
        actions=tuple(_actions(canary, total)),
        patience=ceil(window.milliseconds / max(1, canary.interval.milliseconds)),
        retries=ceil(window.seconds / RETRY_SECONDS),
    )


def gate_window(canary: spec_release.Canary) -> Duration:
    """Return how far the gates look back.

    The shortest hold is the longest time that, at the end of every step, holds nothing of the
    step before.
    """
    return canary.window or min(step.hold for step in canary.steps)


def _steps(canary: spec_release.Canary, total: int) -> Iterable[Step]:
    start = 0.0
    for index, step in enumerate(canary.steps):
        yield Step(
            at=f"{_AT}.steps[{index}]",
            number=index + 1,
            weight=weight_of(step.weight, total),
            percent=float(step.weight.percent),
            hold=step.hold.seconds,
            hold_text=str(step.hold),
            hold_seconds=ceil(step.hold.seconds),
            start=start,
        )
        start += step.hold.seconds


def _actions(canary: spec_release.Canary, total: int) -> Iterable[Action]:
    for step in canary.steps:
        yield Action("weight", weight_of(step.weight, total), 0)
        yield Action("wait", 0, ceil(step.hold.seconds))
        if canary.gates:
            yield Action("judge", 0, 0)


# -- gates -------------------------------------------------------------------------------------


def _gates(
    deployment: Deployment,
    canary: spec_release.Canary,
    variants: tuple[Variant, ...],
    window: Duration,
    meter: Meter,
) -> Iterable[Gate]:
    places = {
        variant.role: measured(deployment, variant, variants, rule=0, position=index)
        for index, variant in enumerate(variants)
    }
    # Without a candidate there is nothing to judge; the queries are of what would be judged.
    stable = places["stable"]
    candidate = places.get("candidate", stable)
    text = str(window)
    for index, gate in enumerate(canary.gates):
        kind, bound, written = _bound(gate)
        relative = kind in ("within", "withinRelative")
        query = meter.query(gate.metric, candidate, text)
        reference = meter.query(gate.metric, stable, text) if relative else ""
        requests = meter.requests(gate.metric, candidate, text)
        asked = question(kind, bound, query, reference, requests, canary.min_requests)
        yield Gate(
            at=f"{_AT}.gates[{index}]",
            name=f"{gate.metric}-{kind.lower()}-{index + 1}",
            metric=gate.metric,
            kind=kind,
            bound=bound,
            written=written,
            query=query,
            reference=reference,
            requests=requests,
            question=asked.query,
            limit=asked.limit,
            limit_text=asked.limit_text,
        )


def measured(
    deployment: Deployment,
    variant: Variant,
    variants: tuple[Variant, ...],
    *,
    rule: int,
    position: int,
) -> Measured:
    """Return what names a version's traffic: its route's ``rule``, and its backend there."""
    return Measured(
        name=deployment.name,
        namespace=deployment.namespace,
        version=variant.version,
        workload=variant.workload,
        service=variant.service,
        services="|".join(each.service for each in variants),
        port=SERVICE_PORT,
        route=deployment.name,
        rule=rule,
        rules=str(rule),
        position=position,
    )


def _bound(gate: spec_release.Gate) -> tuple[GateKind, float, str]:
    """Return a gate's kind, its bound in base units, and the bound as the spec writes it."""
    if gate.within is not None:
        return "within", float(gate.within.points / 100), str(gate.within)
    if gate.within_relative is not None:
        return "withinRelative", gate.within_relative.ratio, str(gate.within_relative)
    if gate.max is not None:
        return "max", _base(gate.max), _written(gate.max)
    bound = gate.min if gate.min is not None else 0.0
    return "min", _base(bound), _written(bound)


def _base(bound: float | Percentage | Duration) -> float:
    if isinstance(bound, Percentage):
        return bound.ratio
    return bound.seconds if isinstance(bound, Duration) else bound


def _written(bound: float | Percentage | Duration) -> str:
    return f"{bound:g}" if isinstance(bound, float | int) else str(bound)
