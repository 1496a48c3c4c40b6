"""How many pods a Deployment has while it rolls: Kubernetes' own rounding.

``maxSurge`` and ``maxUnavailable`` are numbers, or percentages of the wanted pods: the surge is
rounded up, the unavailable pods are rounded down, and where both come to nothing one pod may be
unavailable. Source: kubernetes/kubernetes, pkg/controller/deployment/util/deployment_util.go,
``ResolveFenceposts``, ``MaxUnavailable``, ``NewRSNewReplicas``.

Pods that were told to stop no longer count there, though they hold what they have until they
ended (at most their grace period; Kubernetes enhancement 3973 would have them counted).
"""

from __future__ import annotations

from typing import NamedTuple


class Fenceposts(NamedTuple):
    """How many pods more than wanted may run, and how many fewer may serve."""

    surge: int
    unavailable: int


def resolve(surge: int | str, unavailable: int | str, pods: int) -> Fenceposts:
    """Return both limits for ``pods`` wanted pods, from ``IntOrString`` values such as ``25%``."""
    more = _scaled(surge, pods, up=True)
    fewer = min(_scaled(unavailable, pods, up=False), pods)
    return Fenceposts(more, min(1, pods) if more == fewer == 0 else fewer)


def rolling_peak(pods: int, surge: int | str) -> int:
    """Return the most pods that run at once while ``pods`` of them are replaced.

    The first new pods come before any old one goes, and there are no more of them than wanted.
    A change that overtakes a rollout has the pods of three versions, up to ``pods`` and the surge.
    """
    return pods + min(_scaled(surge, pods, up=True), pods)


def _scaled(value: int | str, pods: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    hundredths = int(value.removesuffix("%")) * pods
    return -(-hundredths // 100) if up else hundredths // 100
