"""Experiments as plans have them, and counts of them."""

from __future__ import annotations

from fairway.analyze.counts import Arm, Counts
from fairway.plan.release import Experiment, Outcome

SAMPLE = 31_231
"""What each arm of ``experiment()`` needs."""


def experiment(
    looks: int = 1,
    spending: str = "obrien-fleming",
    share: float = 0.5,
    outcomes: tuple[tuple[str, float, float], ...] = (("conversion", 0.05, 0.005),),
) -> Experiment:
    return Experiment(
        by="header",
        name="x-cohort",
        share=share,
        users=0.0,
        outcomes=tuple(
            Outcome("release.strategy.ab", metric, baseline, effect)
            for metric, baseline, effect in outcomes
        ),
        alpha=0.05,
        power=0.8,
        duration=14 * 86_400.0,
        looks=looks,
        spending=spending,
    )


def counts(stable: tuple[int, ...], candidate: tuple[int, ...]) -> Counts:
    """Counts from the units and outcomes of each arm."""
    return Counts(Arm(stable[0], stable[1:]), Arm(candidate[0], candidate[1:]))


def at(units: int, *rates: tuple[float, float]) -> Counts:
    """Counts of two arms of equal size with these rates, stable's first, of each outcome."""
    return counts(
        (units, *(round(units * one) for one, _ in rates)),
        (units, *(round(units * two) for _, two in rates)),
    )
