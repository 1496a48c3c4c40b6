"""The pods of a rollout at every moment, and what an environment's quota lets run of them."""

from __future__ import annotations

from fairway.arithmetic.deadlock import rolling_deadlock, side_by_side_deadlock
from fairway.arithmetic.resources import UNLIMITED, Resources, shortfall
from fairway.arithmetic.rollout import PodSet, Rollout, controlled, rolling, side_by_side
from fairway.deployment import Deployment, workload_name
from fairway.plan.proof import Capacity


def rollout_of(deployment: Deployment) -> Rollout:
    """Return what runs at every moment, from the stable version alone to what comes after."""
    sets, release = _sets(deployment), deployment.spec.release
    if len(sets) == 1 and deployment.form == "controlled" and release.candidate is not None:
        canary = release.strategy.canary
        steps = [step.weight.ratio for step in canary.steps] if canary is not None else [1.0]
        return controlled(sets[0], steps)
    if len(sets) == 1:
        return rolling(sets[0])
    names = (deployment.name, workload_name(deployment.name, release.stable))
    before = [each for each in sets if each.name in names][:1]
    return side_by_side(before, sets, before)


def capacity_of(deployment: Deployment, rollout: Rollout) -> Capacity:
    """Return the rollout held against the environment's quota."""
    limit, sets = _limit(deployment), _sets(deployment)
    stuck = (
        rolling_deadlock(sets[0], limit) if len(sets) == 1 else side_by_side_deadlock(sets, limit)
    )
    return Capacity(
        rollout=rollout,
        limited=deployment.place.quota is not None,
        quota=limit,
        short=shortfall(rollout.peak, limit),
        short_at_most=shortfall(rollout.peak_at_most, limit),
        deadlock=stuck,
    )


def _limit(deployment: Deployment) -> Resources:
    quota = deployment.place.quota
    if quota is None:
        return Resources(UNLIMITED, UNLIMITED, UNLIMITED)
    return Resources(
        quota.cpu.millicores if quota.cpu is not None else UNLIMITED,
        quota.memory.bytes if quota.memory is not None else UNLIMITED,
        quota.gpu if quota.gpu is not None else UNLIMITED,
    )


def _sets(deployment: Deployment) -> list[PodSet]:
    """Return the sets of pods; those that no strategy rolls replace their pods one by one."""
    serving, rolls = deployment.spec.serving, deployment.spec.release.strategy.rolling
    resources, scaling = serving.resources, serving.scaling
    each = Resources(resources.cpu.millicores, resources.memory.bytes, resources.gpu)
    most = scaling.max if scaling.max is not None else scaling.min
    surge = rolls.surge.value if rolls is not None else 1
    unavailable = rolls.unavailable.value if rolls is not None else 0
    return [
        PodSet(name, scaling.min, most, each, surge, unavailable)
        for name, _ in deployment.workloads
    ]
