"""Every moment of a rollout: how many pods of what there are, and what they take at the peak.

A rolling workload surges (``pods``). Other strategies have one workload a version side by side,
each at its full size whatever its weight is; any change to them still replaces the pods one by
one, both at once. A controller (Argo Rollouts with traffic routing) keeps the stable pods and has
ceil(weight * pods) of the candidate at a step, all of them before it ends. Source:
argoproj/argo-rollouts, utils/replicaset/canary.go,
``CalculateReplicaCountsForTrafficRoutedCanary``, ``trafficWeightToReplicas``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple

from fairway.arithmetic.pods import rolling_peak
from fairway.arithmetic.resources import Resources

_HAIR = 1e-9


class PodSet(NamedTuple):
    """A workload: its pods, the most that it may be scaled to, and what each of them takes.

    ``surge`` and ``unavailable`` are Kubernetes ``IntOrString`` values.
    """

    name: str
    pods: int
    pods_at_most: int
    each: Resources
    surge: int | str = 1
    unavailable: int | str = 0


class Pods(NamedTuple):
    """How many pods of a workload there are at a moment, unscaled and scaled to the most."""

    workload: str
    pods: int
    pods_at_most: int


class Moment(NamedTuple):
    """What runs at one moment; ``at_most`` is with every workload scaled to the most."""

    label: str
    workloads: tuple[Pods, ...]
    pods: int
    pods_at_most: int
    resources: Resources
    resources_at_most: Resources


class Rollout(NamedTuple):
    """The moments in their order, and the most of each resource over them."""

    moments: tuple[Moment, ...]
    pods: int
    pods_at_most: int
    peak: Resources
    peak_at_most: Resources

    @property
    def steady(self) -> Resources:
        """What runs before anything changes, scaled to the most."""
        return self.moments[0].resources_at_most


def rolling(workload: PodSet) -> Rollout:
    """Return the rollout of one workload that replaces its own pods."""
    surged = (_surged(workload),)
    plain = (_plain(workload),)
    return _rollout(("now", plain), ("replacing pods", surged), ("after", plain))


def side_by_side(
    before: Sequence[PodSet], during: Sequence[PodSet], after: Sequence[PodSet]
) -> Rollout:
    """Return the rollout of workloads that come and go whole: ``during`` holds all of them."""
    return _rollout(
        ("now", [_plain(each) for each in before]),
        ("side by side", [_plain(each) for each in during]),
        ("replacing pods", [_surged(each) for each in during]),
        ("after", [_plain(each) for each in after]),
    )


def controlled(workload: PodSet, weights: Sequence[float]) -> Rollout:
    """Return the rollout of one workload by a controller, at steps with these ``weights`` (0-1).

    The candidate's pods are those named ``<workload>-candidate``.
    """
    stable = _plain(workload)
    steps = [
        (f"step {number}", (stable, _share(workload, weight)))
        for number, weight in enumerate(weights, 1)
    ]
    whole = (stable, _share(workload, 1.0))
    return _rollout(("now", (stable,)), *steps, ("promoted", whole), ("after", (stable,)))


_Counted = tuple[Pods, Resources]


def _plain(workload: PodSet) -> _Counted:
    return Pods(workload.name, workload.pods, workload.pods_at_most), workload.each


def _surged(workload: PodSet) -> _Counted:
    pods = rolling_peak(workload.pods, workload.surge)
    most = rolling_peak(workload.pods_at_most, workload.surge)
    return Pods(workload.name, pods, most), workload.each


def _share(workload: PodSet, weight: float) -> _Counted:
    pods = ceil(workload.pods * weight - _HAIR)
    most = ceil(workload.pods_at_most * weight - _HAIR)
    return Pods(f"{workload.name}-candidate", pods, most), workload.each


def _rollout(*moments: tuple[str, Iterable[_Counted]]) -> Rollout:
    counted = tuple(_moment(label, tuple(workloads)) for label, workloads in moments)
    return Rollout(
        moments=counted,
        pods=max(moment.pods for moment in counted),
        pods_at_most=max(moment.pods_at_most for moment in counted),
        peak=_largest([moment.resources for moment in counted]),
        peak_at_most=_largest([moment.resources_at_most for moment in counted]),
    )


def _largest(each: Sequence[Resources]) -> Resources:
    return Resources(*map(max, zip(*each, strict=True)))


def _moment(label: str, workloads: tuple[_Counted, ...]) -> Moment:
    cpu = memory = gpu = most_cpu = most_memory = most_gpu = pods = most_pods = 0
    for (_, count, most), each in workloads:
        pods, most_pods = pods + count, most_pods + most
        cpu, most_cpu = cpu + each.cpu * count, most_cpu + each.cpu * most
        memory, most_memory = memory + each.memory * count, most_memory + each.memory * most
        gpu, most_gpu = gpu + each.gpu * count, most_gpu + each.gpu * most
    return Moment(
        label=label,
        workloads=tuple(counted for counted, _ in workloads),
        pods=pods,
        pods_at_most=most_pods,
        resources=Resources(cpu, memory, gpu),
        resources_at_most=Resources(most_cpu, most_memory, most_gpu),
    )
