"""The pods of a rollout at every moment, and what an environment's quota lets run of them.

Many deployments of a fleet ask for the same, so that what follows from it is kept: sets of pods
are called by what they are for, not by the deployment.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from fairway.arithmetic.cost import HourCost, HourPrices, rollout_cost
from fairway.arithmetic.deadlock import controlled_deadlock, rolling_deadlock, side_by_side_deadlock
from fairway.arithmetic.resources import UNLIMITED, Resources, shortfall
from fairway.arithmetic.rollout import PodSet, Rollout, controlled, rolling, side_by_side
from fairway.deployment import Deployment, workload_name
from fairway.plan.proof import Capacity

if TYPE_CHECKING:
    from fairway.spec.project import Quota

_UNLIMITED = Resources(UNLIMITED, UNLIMITED, UNLIMITED)


class Shape(NamedTuple):
    """What a rollout follows from: the sets of pods, and the steps of a controller, if any."""

    sets: tuple[PodSet, ...]
    weights: tuple[float, ...]


def shape_of(deployment: Deployment) -> Shape:
    """Return what decides a deployment's rollout."""
    return Shape(_sets(deployment), _weights(deployment))


def rollout_of(deployment: Deployment) -> Rollout:
    """Return what runs at every moment, from the stable version alone to what comes after."""
    return _rollout(shape_of(deployment))


def capacity_of(shape: Shape, quota: Quota | None) -> Capacity:
    """Return a rollout held against the environment's quota."""
    limit = _UNLIMITED
    if quota is not None:
        limit = Resources(
            quota.cpu.millicores if quota.cpu is not None else UNLIMITED,
            quota.memory.bytes if quota.memory is not None else UNLIMITED,
            quota.gpu if quota.gpu is not None else UNLIMITED,
        )
    return _capacity(shape, limit, quota is not None)


@lru_cache(maxsize=1024)
def cost_of(shape: Shape, prices: HourPrices) -> HourCost:
    """Return what an hour costs at the moments of a rollout."""
    return rollout_cost(_rollout(shape), prices)


@lru_cache(maxsize=1024)
def _capacity(shape: Shape, limit: Resources, limited: bool) -> Capacity:
    rollout, sets = _rollout(shape), shape.sets
    if shape.weights:
        stuck = controlled_deadlock(sets[0], limit)
    elif len(sets) == 1:
        stuck = rolling_deadlock(sets[0], limit)
    else:
        stuck = side_by_side_deadlock(sets, limit)
    return Capacity(
        rollout=rollout,
        limited=limited,
        quota=limit,
        short=shortfall(rollout.peak, limit),
        short_at_most=shortfall(rollout.peak_at_most, limit),
        deadlock=stuck,
    )


@lru_cache(maxsize=1024)
def _rollout(shape: Shape) -> Rollout:
    sets, weights = shape
    if len(sets) == 1:
        return controlled(sets[0], weights) if weights else rolling(sets[0])
    before = [each for each in sets if each.name == "stable"]
    return side_by_side(before or sets[:1], sets, before or sets[:1])


def _weights(deployment: Deployment) -> tuple[float, ...]:
    release = deployment.spec.release
    if release.candidate is None or deployment.form != "controlled":
        return ()
    canary = release.strategy.canary
    return tuple(step.weight.ratio for step in canary.steps) if canary is not None else (1.0,)


def _sets(deployment: Deployment) -> tuple[PodSet, ...]:
    """Return the sets of pods; those that no strategy rolls replace their pods one by one."""
    serving, release = deployment.spec.serving, deployment.spec.release
    resources, scaling, rolls = serving.resources, serving.scaling, release.strategy.rolling
    each = Resources(resources.cpu.millicores, resources.memory.bytes, resources.gpu)
    most = scaling.max if scaling.max is not None else scaling.min
    surge = rolls.surge.value if rolls is not None else 1
    unavailable = rolls.unavailable.value if rolls is not None else 0
    stable = workload_name(deployment.name, release.stable)
    return tuple(
        PodSet(_role(name, deployment.name, stable), scaling.min, most, each, surge, unavailable)
        for name, _ in deployment.workloads
    )


def _role(name: str, deployment: str, stable: str) -> str:
    if name == deployment:
        return "pods"
    return "stable" if name == stable else "candidate"
