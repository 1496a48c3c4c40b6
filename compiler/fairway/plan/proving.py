"""Proving a plan: the arithmetic asked about a release, its traffic and its pods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fairway.arithmetic.burn import burn_detections
from fairway.arithmetic.cost import HourPrices
from fairway.arithmetic.detection import Fault, GateBound, Reading, StepDetection, detect_step
from fairway.arithmetic.exposure import exposure
from fairway.deployment import Deployment
from fairway.plan.capacity import Shape, capacity_of, cost_of, shape_of
from fairway.plan.experiment import prove_experiment
from fairway.plan.proof import CanaryProof, CanaryStep, ContractChange, Cost, ObjectiveBurn, Proof
from fairway.plan.release import Canary, Release, Step, StrategyName

if TYPE_CHECKING:
    from fairway.spec.monitoring import Slo


def prove(deployment: Deployment, release: Release) -> Proof:
    """Return what the arithmetic says of a release."""
    expected = deployment.spec.serving.traffic.expected
    rate = float(expected.per_second) if expected is not None else 0.0
    tried = rate > 0 and deployment.spec.release.candidate is not None
    shape = shape_of(deployment)
    proof = Proof(
        canary=(),
        steps=(),
        burn=(),
        experiment=tuple(prove_experiment(each, rate) for each in release.experiment if tried),
        contract=_contract(deployment, release.strategy),
        capacity=capacity_of(shape, deployment.place.quota),
        cost=_cost(deployment, shape),
    )
    if not release.canary or not tried:
        return proof
    return _with_canary(proof, deployment, release.canary[0], rate)


# -- canaries ----------------------------------------------------------------------------------


def _with_canary(proof: Proof, deployment: Deployment, canary: Canary, rate: float) -> Proof:
    slos = deployment.spec.monitoring.slos if deployment.spec.monitoring is not None else []
    healthy = next((_budget_of(slo) for slo in slos if slo.threshold is None), 0.0)
    found = _detections(canary, rate, Fault(canary.fault, healthy))
    budget, at = _budget(canary, slos, rate)
    blast = exposure(found, rate, canary.fault, canary.interval, max(1, canary.step))
    steps = zip(filter(_weight, canary.steps), found, strict=True)
    return proof._replace(
        canary=(CanaryProof(canary.fault, healthy, blast, budget, at),),
        steps=tuple(CanaryStep(step.at, seen) for step, seen in steps),
        burn=tuple(_burns(canary, slos)),
    )


def _detections(canary: Canary, rate: float, fault: Fault) -> tuple[StepDetection, ...]:
    gates = [GateBound(g.name, g.metric, g.kind, g.bound) for g in canary.gates]
    reading = Reading(rate, canary.interval, canary.window, canary.min_requests, random=True)
    return tuple(
        detect_step(step.number, step.percent / 100, step.hold, gates, reading, fault)
        for step in filter(_weight, canary.steps)
    )


def _weight(step: Step) -> int:
    return step.weight


def _budget(canary: Canary, slos: Iterable[Slo], rate: float) -> tuple[float, str]:
    """Return how many bad answers the canary may cost, and which field says so."""
    if canary.budget:
        return float(canary.budget), "release.strategy.canary.budget"
    for index, slo in enumerate(slos):
        if slo.threshold is None:
            allowed = _budget_of(slo) * slo.window.seconds * rate
            return allowed, f"monitoring.slos[{index}]"
    return 0.0, ""


def _budget_of(slo: Slo) -> float:
    return float((100 - slo.objective.percent) / 100)


def _burns(canary: Canary, slos: Iterable[Slo]) -> Iterable[ObjectiveBurn]:
    """Yield what burn alerts see: they read all traffic, in which a canary's share is thin."""
    for index, slo in enumerate(slos):
        if slo.threshold is not None:
            continue
        budget = _budget_of(slo)
        for step in canary.steps:
            weight = step.percent / 100
            alerts = burn_detections(slo.window.seconds, budget, weight, canary.fault)
            pages = [a.seconds for a in alerts if a.severity == "page" and not a.never]
            yield ObjectiveBurn(
                at=f"monitoring.slos[{index}]",
                objective=slo.name,
                step=step.number,
                weight=weight,
                never=not pages,
                seconds=min(pages, default=-1.0),
                alerts=alerts,
            )


def _contract(deployment: Deployment, strategy: StrategyName) -> tuple[ContractChange, ...]:
    if not deployment.changes:
        return ()
    from fairway.compatibility.change import breaking

    breaks = frozenset(breaking(deployment.changes, strategy))
    undone = frozenset(breaking(deployment.changes, "rollback"))
    at = f'versions["{deployment.spec.release.candidate}"]'
    return tuple(
        ContractChange(
            at=at,
            kind=change.kind,
            side=change.side,
            name=change.name,
            column=change.column,
            breaks=change in breaks,
            # Nobody got an answer of a shadow, so nothing of it is taken back.
            breaks_rollback=change in undone and strategy != "shadow",
            sentence=change.sentence,
        )
        for change in deployment.changes
    )


def _cost(deployment: Deployment, shape: Shape) -> tuple[Cost, ...]:
    prices = deployment.project.prices
    if prices is None:
        return ()
    hour = HourPrices(float(prices.cpu), float(prices.memory_gi), float(prices.gpu))
    limit = deployment.place.max_cost_per_hour
    return (Cost(prices.currency, cost_of(shape, hour), float(limit or 0)),)
