"""What a fleet takes when its rollouts overlap, and when only one runs at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fairway.arithmetic.resources import Resources


class FleetNeed(NamedTuple):
    """What all deployments together take.

    ``steady`` is without any rollout, ``one_at_a_time`` with the one that takes most of each
    resource beyond its own steady need, ``all_at_once`` with all of them at their peaks.
    """

    steady: Resources
    one_at_a_time: Resources
    all_at_once: Resources


def fleet_need(deployments: Iterable[tuple[Resources, Resources]]) -> FleetNeed:
    """Return what a fleet takes, from what each deployment takes steadily and at its peak."""
    steady = peaks = largest = Resources()
    for usual, peak in deployments:
        steady = steady.plus(usual)
        peaks = peaks.plus(peak)
        largest = largest.at_least(peak.minus(usual))
    return FleetNeed(steady, steady.plus(largest), peaks)
