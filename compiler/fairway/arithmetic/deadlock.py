"""Rollouts that can never progress: the first new pod waits for room that no old pod makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fairway.arithmetic.pods import resolve
from fairway.arithmetic.resources import UNLIMITED, Resources
from fairway.arithmetic.rollout import PodSet


class Deadlock(NamedTuple):
    """Whether a rollout is stuck: ``resource`` (``cpu``, ``memory``, ``gpu``) is what it lacks.

    ``needed`` and ``available`` are in thousandths of a core, bytes or GPUs; 0 when not stuck.
    """

    stuck: bool
    resource: str
    needed: int
    available: int


def rolling_deadlock(workload: PodSet, available: Resources) -> Deadlock:
    """Return whether ``workload`` can replace no pod within ``available``, all that it may take.

    With an unavailable pod allowed, an old pod makes room for the new one, so that room for
    the wanted pods is enough. Without, one more pod than wanted must find a place. A field of
    ``available`` may be ``UNLIMITED``.
    """
    if not workload.pods or resolve(workload.surge, workload.unavailable, workload.pods)[1]:
        return _fits(workload.each.times(workload.pods), available)
    return _fits(workload.each.times(workload.pods + 1), available)


def controlled_deadlock(workload: PodSet, available: Resources) -> Deadlock:
    """Return whether a controller can never promote: it needs all pods of both versions at once."""
    return side_by_side_deadlock((workload, workload), available)


def side_by_side_deadlock(during: Sequence[PodSet], available: Resources) -> Deadlock:
    """Return whether workloads that must run at once cannot: the last ones' pods wait for ever."""
    needed = Resources()
    for workload in during:
        needed = needed.plus(workload.each.times(workload.pods))
    return _fits(needed, available)


def _fits(needed: Resources, available: Resources) -> Deadlock:
    for name in ("gpu", "memory", "cpu"):
        need, have = getattr(needed, name), getattr(available, name)
        if have != UNLIMITED and need > have:
            return Deadlock(True, name, need, have)
    return Deadlock(False, "", 0, 0)
