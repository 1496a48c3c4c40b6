"""Planning the release: which versions take part, with which shares, judged by what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING

from fairway.deployment import Deployment, workload_name
from fairway.plan.canary import plan_canary
from fairway.plan.measuring import Meter
from fairway.plan.pods import most_pods
from fairway.plan.release import (
    BlueGreen,
    Experiment,
    Match,
    Mirror,
    Outcome,
    Release,
    Role,
    Shadow,
    Sticky,
    StrategyName,
    Variant,
)
from fairway.plan.shares import common_total, weight_of

if TYPE_CHECKING:
    from fairway.spec import release as spec_release
    from fairway.spec.units import Percentage, PercentagePoints

CANDIDATE_SERVICES: Mapping[StrategyName, str] = {"blueGreen": "preview"}
"""What a controller's service for the candidate ends with; ``canary`` for the others."""


def strategy_of(deployment: Deployment) -> StrategyName:
    """Return the name of the release's strategy."""
    strategy = deployment.spec.release.strategy
    if strategy.blue_green is not None:
        return "blueGreen"
    if strategy.canary is not None:
        return "canary"
    if strategy.shadow is not None:
        return "shadow"
    return "ab" if strategy.ab is not None else "rolling"


def plan_release(deployment: Deployment, meter: Meter) -> Release:
    """Decide how traffic moves for ``deployment``; ``meter`` says how metrics are measured."""
    strategy = deployment.spec.release.strategy
    shares = _shares(strategy)
    total = common_total(shares)
    variants = _variants(deployment, total)
    expected = expected_variants(deployment, variants, total)
    canary, ab, shadow, green = strategy.canary, strategy.ab, strategy.shadow, strategy.blue_green
    return Release(
        strategy=strategy_of(deployment),
        form=deployment.form,
        router=deployment.place.router,
        controlled=deployment.form == "controlled",
        replicas=_replicas(deployment),
        total=total,
        variants=variants,
        mirrors=_mirrors(deployment, variants),
        matches=_matches(ab) if ab is not None and deployment.spec.release.candidate else (),
        sticky=_sticky(strategy),
        aside=_aside(deployment),
        canary=(plan_canary(deployment, canary, expected, total, meter),) if canary else (),
        blue_green=(_blue_green(green, len(variants)),) if green is not None else (),
        shadow=(_shadow(shadow),) if shadow is not None else (),
        experiment=(_experiment(ab),) if ab is not None else (),
    )


def _shares(strategy: spec_release.Strategy) -> tuple[Percentage, ...]:
    if strategy.canary is not None:
        return tuple(step.weight for step in strategy.canary.steps)
    if strategy.shadow is not None:
        return (strategy.shadow.mirror,)
    return (strategy.ab.weight,) if strategy.ab is not None else ()


def _replicas(deployment: Deployment) -> int:
    least = deployment.spec.serving.scaling.min
    return -1 if most_pods(deployment.spec.serving) > least else least


# -- variants ----------------------------------------------------------------------------------


def _variants(deployment: Deployment, total: int) -> tuple[Variant, ...]:
    """Return stable and, where there is one, the candidate."""
    release = deployment.spec.release
    if release.candidate is None:
        return (_variant(deployment, "stable", release.stable, total, 1.0),)
    weight, share = _candidate_share(deployment, total)
    return (
        _variant(deployment, "stable", release.stable, total - weight, 1 - share),
        _variant(deployment, "candidate", release.candidate, weight, share),
    )


def _variant(
    deployment: Deployment, role: Role, version: str, weight: int, share: float
) -> Variant:
    workload, service = deployment.name, deployment.name
    if deployment.form == "perVersion":
        workload = workload_name(deployment.name, version)
        service = deployment.routing.service_of(workload)
    elif deployment.form == "controlled":
        service = controlled_service(deployment, role)
    return Variant(role, version, workload, service, weight, share)


def controlled_service(deployment: Deployment, role: Role) -> str:
    """Return the service through which a controller reaches a version."""
    name, controller = deployment.name, deployment.routing.controller
    if controller is not None and not controller.services:
        made = controller.stable if role == "stable" else controller.candidate
        return made.replace("{name}", name)
    if role == "stable":
        return name
    return f"{name}-{CANDIDATE_SERVICES.get(strategy_of(deployment), 'canary')}"


def expected_variants(
    deployment: Deployment, variants: tuple[Variant, ...], total: int
) -> tuple[Variant, ...]:
    """Return the variants that a release's objects are about.

    A controller's have the candidate before there is one: it begins as soon as the pods change,
    and must not find objects that are about the stable version alone.
    """
    if deployment.form != "controlled" or len(variants) == 2:
        return variants
    version = deployment.spec.release.stable
    return (*variants, _variant(deployment, "candidate", version, 0, 0.0))


def _candidate_share(deployment: Deployment, total: int) -> tuple[int, float]:
    """Return the candidate's weight, and its share of all requests.

    What a controller decides, and what an old form of workloads still serves, is not the
    candidate's.
    """
    release = deployment.spec.release
    strategy = release.strategy
    if deployment.form == "controlled" or release.handover is not None:
        return 0, 0.0
    if strategy.blue_green is not None:
        return (total, 1.0) if strategy.blue_green.active == "candidate" else (0, 0.0)
    if strategy.ab is not None:
        share = strategy.ab.weight
        weight = weight_of(share, total) if strategy.ab.split.by == "user-hash" else 0
        return weight, share.ratio
    canary = strategy.canary
    if canary is None or canary.step == 0:
        return 0, 0.0
    share = canary.steps[min(canary.step, len(canary.steps)) - 1].weight
    return weight_of(share, total), share.ratio


def _mirrors(deployment: Deployment, variants: tuple[Variant, ...]) -> tuple[Mirror, ...]:
    release = deployment.spec.release
    shadow = release.strategy.shadow
    if shadow is None or release.handover is not None or not shadow.mirror.percent:
        return ()
    total = common_total([shadow.mirror])
    return tuple(
        Mirror(
            service=variant.service,
            workload=variant.workload,
            version=variant.version,
            numerator=weight_of(shadow.mirror, total),
            denominator=total,
            percent=float(shadow.mirror.percent),
        )
        for variant in variants
        if variant.role == "candidate"
    )


def _matches(ab: spec_release.Ab) -> tuple[Match, ...]:
    by = ab.split.by
    if by == "user-hash":
        return ()
    return tuple(
        Match(by, ab.split.name, value, _cookie_pattern(ab.split.name, value))
        for value in ab.split.candidate
    )


def _cookie_pattern(name: str, value: str) -> str:
    """Return what a ``cookie`` header with this cookie looks like (RFC 6265, section 4.2.1)."""
    return f"^(.*; ?)?{re.escape(name)}={re.escape(value)}(;.*)?$"


def _sticky(strategy: spec_release.Strategy) -> tuple[Sticky, ...]:
    """Return what names a user to a router that splits users, not requests."""
    if strategy.ab is not None and strategy.ab.split.by == "user-hash":
        return (Sticky("header", strategy.ab.split.name),)
    sticky = strategy.canary.sticky if strategy.canary is not None else None
    if sticky is None:
        return ()
    if sticky.cookie is not None:
        return (Sticky("cookie", sticky.cookie),)
    return (Sticky("header", sticky.header or ""),)


def _aside(deployment: Deployment) -> tuple[str, ...]:
    """Return the namespaces that call the service itself, where a router would have to split."""
    if strategy_of(deployment) in ("rolling", "blueGreen") or deployment.routing.mesh:
        return ()
    callers = deployment.spec.serving.callers
    return tuple(caller.namespace for caller in callers if caller.namespace is not None)


# -- what each strategy is judged by -------------------------------------------------------------


def _blue_green(green: spec_release.BlueGreen, versions: int) -> BlueGreen:
    kept = green.scale_down_after.seconds if green.scale_down_after is not None else 0.0
    switched = green.active == "candidate" or versions == 1
    return BlueGreen(green.active, switched, kept, ceil(kept))


def _shadow(shadow: spec_release.Shadow) -> Shadow:
    compare = shadow.compare
    if compare is None:
        return Shadow(False, 0.0, 0.0)
    return Shadow(True, compare.max.ratio, compare.tolerance)


def _experiment(ab: spec_release.Ab) -> Experiment:
    at = "release.strategy.ab"
    first = Outcome(at, ab.metric, ab.baseline.ratio, _effect(ab))
    others = (
        Outcome(f"{at}.secondary[{index}]", each.metric, each.baseline.ratio, _effect(each))
        for index, each in enumerate(ab.secondary)
    )
    return Experiment(
        by=ab.split.by,
        name=ab.split.name,
        share=ab.weight.ratio,
        users=float(ab.users.per_second) if ab.users is not None else 0.0,
        outcomes=(first, *others),
        alpha=ab.alpha,
        power=ab.power,
        duration=ab.duration.seconds,
        looks=ab.looks,
        spending=ab.spending,
    )


def _effect(outcome: spec_release.Ab | spec_release.Outcome) -> float:
    """Return the absolute difference worth finding; 0 when none is said."""
    points: PercentagePoints | None = outcome.effect
    if points is not None:
        return float(points.points / 100)
    if outcome.effect_relative is not None:
        return float(outcome.baseline.percent * outcome.effect_relative.percent / 10_000)
    return 0.0
