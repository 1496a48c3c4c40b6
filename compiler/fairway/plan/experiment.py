"""Proving an experiment: the users that each outcome needs, and when they have come."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from fairway.plan.proof import ExperimentProof, OutcomeProof
from fairway.plan.release import Experiment, Outcome

if TYPE_CHECKING:
    from fairway.arithmetic.design import Design
    from fairway.arithmetic.sequential import Spending


def prove_experiment(planned: Experiment, requests: float) -> ExperimentProof:
    """Return what an experiment can decide where so many ``requests`` come per second."""
    rate = planned.users or requests
    made = _design(planned)
    outcomes = tuple(
        _outcome(planned, outcome, made, index, rate)
        for index, outcome in enumerate(planned.outcomes)
    )
    seconds = max(outcome.seconds for outcome in outcomes)
    return ExperimentProof(
        rate=rate,
        users_said=planned.users > 0,
        duration=planned.duration,
        seconds=seconds,
        enough=made is not None and seconds <= planned.duration,
        alpha_each=made.alpha_each if made is not None else 0.0,
        looks=planned.looks,
        inflation=made.inflation if made is not None else 0.0,
        possible=made is not None,
        boundaries=made.boundaries if made is not None else (),
        outcomes=outcomes,
    )


@lru_cache(maxsize=256)
def _design(planned: Experiment) -> Design | None:
    """Return the experiment's design, None for rates that no test can tell apart."""
    from fairway.arithmetic.design import design

    if any(not outcome.effect for outcome in planned.outcomes):
        return None
    pairs = tuple((outcome.baseline, outcome.effect) for outcome in planned.outcomes)
    spending = cast("Spending", planned.spending)
    try:
        return design(pairs, planned.alpha, planned.power, planned.share, planned.looks, spending)
    except ValueError:
        return None


def _outcome(
    planned: Experiment, outcome: Outcome, made: Design | None, index: int, rate: float
) -> OutcomeProof:
    possible = _possible(outcome.baseline, outcome.effect)
    said = (outcome.at, outcome.metric, outcome.baseline, outcome.effect, possible)
    if made is None:
        return OutcomeProof(*said, 0, 0, 0.0)
    sample = made.samples[index]
    share = planned.share
    seconds = max(sample.candidate / (rate * share), sample.stable / (rate * (1 - share)))
    return OutcomeProof(*said, sample.stable, sample.candidate, seconds)


def _possible(baseline: float, effect: float) -> bool:
    """Return whether a rate of ``baseline`` can rise by ``effect``."""
    return effect > 0.0 and baseline > 0.0 and baseline + effect < 1.0
