"""The design of an experiment: its sample, its looks and their boundaries, from what was planned.

Both the plan and the analysis of the result ask this, so that they cannot disagree.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from fairway.arithmetic.multiplicity import planned_alpha
from fairway.arithmetic.power import Sample, required_sample
from fairway.arithmetic.sequential import (
    Fractions,
    Spending,
    boundaries,
    equal_looks,
    inflation,
)


class Design(NamedTuple):
    """What an experiment needs.

    ``sample`` is enough for every outcome, ``samples`` has each one's own. Every outcome is
    tested at ``alpha_each``. A look is at each of ``fractions`` of the sample, where ``abs(z)``
    of ``boundaries`` ends the test; ``inflation`` is what looks cost.
    """

    sample: Sample
    samples: tuple[Sample, ...]
    alpha_each: float
    fractions: Fractions
    boundaries: tuple[float, ...]
    inflation: float


@lru_cache(maxsize=512)
def design(
    outcomes: tuple[tuple[float, float], ...],
    alpha: float,
    power: float,
    share: float,
    looks: int = 1,
    spending: Spending = "obrien-fleming",
) -> Design:
    """Return the design for ``outcomes``: each a baseline and an absolute effect, both ratios.

    An effect is looked for as it is written: a positive one is a rise. ``share`` is the
    candidate's part of all units. Raises ``ValueError`` for numbers that no experiment can have,
    such as a rate that would rise above 1.
    """
    each = planned_alpha(alpha, len(outcomes))
    fractions = equal_looks(looks)
    factor = inflation(fractions, each, power, spending) if looks > 1 else 1.0
    samples = tuple(
        required_sample(baseline, effect, each, power, share, factor)
        for baseline, effect in outcomes
    )
    return Design(
        sample=max(samples, key=lambda sample: sample.total),
        samples=samples,
        alpha_each=each,
        fractions=fractions,
        boundaries=boundaries(fractions, each, spending),
        inflation=factor,
    )
