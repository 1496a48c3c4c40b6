"""The rule of an A/B test asked of many results at once: z, boundaries, Holm, and the split.

It is the rule of ``fairway analyze``: each outcome's z (Wald, unpooled variance) against the
look's boundary, Holm's procedure over all outcomes with each step at alpha / k for the k outcomes
that are left. The tests hold it against that command's own judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fairway.arithmetic.design import Design
from fairway.arithmetic.normal import upper
from fairway.arithmetic.sequential import Spending, boundaries
from fairway.arithmetic.split import MISMATCH
from fairway.plan.release import Experiment
from fairway.simulate.engine.draws import Counts, Flags, Floats


class Arm(NamedTuple):
    """The users of an arm in every run, and how many had each outcome."""

    units: Counts
    outcomes: tuple[Counts, ...]


def statistics(stable: Arm, candidate: Arm) -> list[Floats]:
    """Return each outcome's z: the difference over its standard error, 0 where there is none."""
    found = []
    for one, other in zip(stable.outcomes, candidate.outcomes, strict=True):
        p, q = one / np.maximum(stable.units, 1), other / np.maximum(candidate.units, 1)
        variance = p * (1 - p) / np.maximum(stable.units, 1)
        variance += q * (1 - q) / np.maximum(candidate.units, 1)
        error = np.sqrt(variance)
        sure = np.where(p == q, 0.0, np.copysign(np.inf, q - p))
        found.append(np.where(error > 0, (q - p) / np.where(error > 0, error, 1.0), sure))
    return found


def levels(experiment: Experiment, plan: Design, look: int) -> tuple[float, ...]:
    """Return the boundary of abs(z) at a look (from 0) for alpha / k, for k = 1, 2, ..."""
    counts = range(1, len(experiment.outcomes) + 1)
    if len(plan.fractions) == 1:
        return tuple(upper(experiment.alpha / k / 2) for k in counts)
    spending: Spending = "pocock" if experiment.spending == "pocock" else "obrien-fleming"
    return tuple(
        boundaries(plan.fractions, experiment.alpha / k, spending)[look] for k in counts
    )  # fmt: skip


def first_differs(z: Sequence[Floats], bounds: Sequence[float]) -> Flags:
    """Whether Holm's procedure rejects the first outcome's null; ``bounds`` are of ``levels``.

    The strictest k whose boundary an outcome reaches says how far down the procedure it lasts:
    sorted, the i-th strictest must reach that for the m - i + 1 that are left.
    """
    reached = np.stack([sum((np.abs(each) >= bound) for bound in bounds) for each in z])
    order = np.argsort(-reached, axis=0, kind="stable")
    going = np.ones(reached.shape[1], dtype=np.bool_)
    rejected = np.zeros_like(going)
    for place in range(len(reached)):
        which = order[place]
        going &= reached[which, np.arange(reached.shape[1])] >= len(reached) - place
        rejected |= going & (which == 0)
    return rejected


def split_is_wrong(stable: Counts, candidate: Counts, share: float) -> Flags:
    """Whether the arms' sizes are off by more than chance."""
    total = np.maximum(stable + candidate, 1)
    z = (candidate - total * share) / np.sqrt(total * share * (1 - share))
    off: Flags = np.abs(z) > upper(MISMATCH / 2)
    return off
