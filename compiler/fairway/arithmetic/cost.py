"""What a deployment costs per hour: now, at the peak of its rollout, and after it."""

from __future__ import annotations

from typing import NamedTuple

from fairway.arithmetic.resources import Resources
from fairway.arithmetic.rollout import Rollout

_GIB = float(1 << 30)


class HourPrices(NamedTuple):
    """Prices of an hour: of a core, of a GiB of memory, of a GPU."""

    cpu: float
    memory_gi: float
    gpu: float


class HourCost(NamedTuple):
    """Costs of an hour, in the currency of the prices.

    ``peak`` is that of the dearest moment. ``*_at_most`` is with every workload scaled to the
    most that it may be scaled to.
    """

    now: float
    peak: float
    after: float
    now_at_most: float
    peak_at_most: float
    after_at_most: float


def hour_cost(resources: Resources, prices: HourPrices) -> float:
    """Return what an hour of ``resources`` costs: what pods ask for, not what they use."""
    cores, gib = resources.cpu / 1000.0, resources.memory / _GIB
    return cores * prices.cpu + gib * prices.memory_gi + resources.gpu * prices.gpu


def rollout_cost(rollout: Rollout, prices: HourPrices) -> HourCost:
    """Return what an hour costs at the moments of ``rollout``."""
    least = [hour_cost(moment.resources, prices) for moment in rollout.moments]
    most = [hour_cost(moment.resources_at_most, prices) for moment in rollout.moments]
    return HourCost(least[0], max(least), least[-1], most[0], max(most), most[-1])
