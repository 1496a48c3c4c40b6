"""The result of an A/B test, decided by the plan's own rule and by nothing else.

Nobody wins before the planned sample is there, or before a planned look's boundary is crossed;
a split that is not the planned one makes every number worthless, so nothing is decided on it.
An outcome that is higher is better: the candidate wins when its rate is.
"""

from __future__ import annotations

from math import ceil
from typing import Literal, NamedTuple, TypeAlias

from fairway.analyze.counts import Counts
from fairway.arithmetic import sequential
from fairway.arithmetic.brownian import SMALLEST_STEP
from fairway.arithmetic.design import Design, design
from fairway.arithmetic.multiplicity import holm
from fairway.arithmetic.power import Sample, power_of, time_to_reach
from fairway.arithmetic.proportions import (
    FEW,
    Count,
    Difference,
    Interval,
    difference,
    repeated_interval,
    wilson,
)
from fairway.arithmetic.split import MISMATCH, split_p_value
from fairway.errors import UsageError
from fairway.plan.release import Experiment

Word: TypeAlias = Literal[
    "candidate wins",
    "stable wins",
    "no difference of the size planned for",
    "not yet",
    "the split is wrong",
]
FINAL = frozenset(("candidate wins", "stable wins", "no difference of the size planned for"))
"""What ends a test; nothing that comes later changes it."""


_POWER_LOST = 0.05
"""So much less than the planned power is worth a word."""


class OutcomeResult(NamedTuple):
    """What one outcome shows.

    ``interval`` holds the difference with a confidence of ``1 - alpha_each``; it is Newcombe's
    for a test with one look, and the repeated one where there are more. ``p`` is the test's
    (repeated) p-value and ``adjusted`` that after Holm's correction for all outcomes; ``differs``
    says that it is at most alpha.
    """

    metric: str
    stable: Count
    candidate: Count
    found: Difference
    interval: Interval
    p: float
    adjusted: float
    differs: bool
    effect: float


class Look(NamedTuple):
    """Where the test is: ``number`` of ``planned`` looks were due, at ``fraction`` of the sample.

    ``boundary`` is what ``abs(z)`` must reach there; ``due`` is false between two looks.
    """

    number: int
    planned: int
    fraction: float
    boundary: float
    due: bool


class Result(NamedTuple):
    """What a test says now. ``missing`` and ``seconds`` are until the next look, or 0.

    ``split`` is the p-value of the arms' sizes; ``seconds`` is infinite without traffic.
    """

    word: Word
    outcomes: tuple[OutcomeResult, ...]
    split: float
    design: Design
    look: Look
    missing: Sample
    seconds: float
    notes: tuple[str, ...]


def plan_of(experiment: Experiment) -> Design:
    """Return the design that the plan made; ``UsageError`` when it cannot be made."""
    try:
        return design(
            tuple((outcome.baseline, outcome.effect) for outcome in experiment.outcomes),
            experiment.alpha,
            experiment.power,
            experiment.share,
            experiment.looks,
            _spending(experiment),
        )
    except ValueError as error:
        raise UsageError(f"the plan cannot work: {error}", "run `fairway validate`") from error


def fraction_of(counts: Counts, sample: Sample) -> float:
    """Return how much of the planned sample is there: in the arm that has less of its own."""
    return min(counts.stable.units / sample.stable, counts.candidate.units / sample.candidate)


def due(counts: Counts, plan: Design) -> int:
    """Return the number of the last look whose sample is there, 0 before the first."""
    sizes = (
        Sample(ceil(plan.sample.stable * part), ceil(plan.sample.candidate * part))
        for part in plan.fractions
    )
    return sum(
        counts.stable.units >= size.stable and counts.candidate.units >= size.candidate
        for size in sizes
    )


def judge(
    experiment: Experiment,
    counts: Counts,
    rate: float,
    earlier: tuple[float, ...] | None = None,
    *,
    taken: bool = False,
) -> Result:
    """Decide a test by its counts.

    ``earlier`` holds the fractions of the looks that were taken before; without it they are
    assumed at the planned ones. ``taken`` says that the look that is due was taken already, on
    fewer units, and cannot be taken again. ``rate`` is new units per second, 0 if unknown.
    """
    plan = plan_of(experiment)
    number = due(counts, plan)
    fraction = fraction_of(counts, plan.sample)
    before = plan.fractions[: max(0, number - 1)] if earlier is None else earlier
    times = (*before, fraction)
    apart = fraction - (before[-1] if before else 0.0) >= SMALLEST_STEP
    boundary = sequential.NEVER
    if apart:
        boundary = sequential.boundaries(times, plan.alpha_each, _spending(experiment))[-1]
    look = Look(number, len(plan.fractions), fraction, boundary, number > 0 and apart and not taken)
    outcomes = _outcomes(experiment, counts, plan, look, times if apart else ())
    split = split_p_value(counts.stable.units, counts.candidate.units, experiment.share)
    word = _word(outcomes[0], look, split)
    missing = _missing(counts, plan, number) if word == "not yet" else Sample(0, 0)
    return Result(
        word=word,
        outcomes=outcomes,
        split=split,
        design=plan,
        look=look,
        missing=missing,
        seconds=time_to_reach(missing, rate, experiment.share),
        notes=tuple(_notes(experiment, plan, outcomes, look, word)),
    )


def _spending(experiment: Experiment) -> sequential.Spending:
    return "pocock" if experiment.spending == "pocock" else "obrien-fleming"


def _outcomes(
    experiment: Experiment, counts: Counts, plan: Design, look: Look, times: tuple[float, ...]
) -> tuple[OutcomeResult, ...]:
    arms = [
        (counts.stable.having(i), counts.candidate.having(i))
        for i in range(len(experiment.outcomes))
    ]
    found = [difference(stable, candidate, plan.alpha_each) for stable, candidate in arms]
    if look.planned == 1:
        p_values = [each.p for each in found]
    else:
        p_values = [
            sequential.repeated_p_value(each.z, times, _spending(experiment)) if times else 1.0
            for each in found
        ]
    return tuple(
        OutcomeResult(
            metric=outcome.metric,
            stable=stable,
            candidate=candidate,
            found=each,
            interval=each.interval
            if look.planned == 1
            else repeated_interval(stable, candidate, look.boundary),
            p=p,
            adjusted=adjusted.p,
            differs=adjusted.rejected,
            effect=outcome.effect,
        )
        for outcome, (stable, candidate), each, p, adjusted in zip(
            experiment.outcomes,
            arms,
            found,
            p_values,
            holm(p_values, experiment.alpha),
            strict=True,
        )
    )


def _word(first: OutcomeResult, look: Look, split: float) -> Word:
    if split < MISMATCH:
        return "the split is wrong"
    if not look.due:
        return "not yet"
    if first.differs:
        return "candidate wins" if first.found.estimate > 0 else "stable wins"
    return "no difference of the size planned for" if look.number == look.planned else "not yet"


def _missing(counts: Counts, plan: Design, number: int) -> Sample:
    """Return the units that each arm still needs for the next look."""
    part = plan.fractions[min(number, len(plan.fractions) - 1)]
    return Sample(
        max(0, ceil(plan.sample.stable * part) - counts.stable.units),
        max(0, ceil(plan.sample.candidate * part) - counts.candidate.units),
    )


def _notes(
    experiment: Experiment,
    plan: Design,
    outcomes: tuple[OutcomeResult, ...],
    look: Look,
    word: Word,
) -> list[str]:
    notes = []
    if word in FINAL:
        notes += [
            f"{each.metric} is {'higher' if each.found.estimate > 0 else 'lower'} with the"
            " candidate, more than chance explains"
            for each in outcomes[1:]
            if each.differs
        ]
    fixed = look.due and look.planned == 1
    for each, planned in zip(outcomes, experiment.outcomes, strict=True):
        weaker = _weaker(experiment, plan, each) if fixed else ""
        note = weaker or _elsewhere(planned.baseline, each, experiment.alpha)
        notes += [note] if note else []
    for each in outcomes:
        least = min(
            min(count.outcomes, count.units - count.outcomes)
            for count in (each.stable, each.candidate)
        )
        if look.due and least < FEW:
            notes.append(
                f"{each.metric}: an arm has {least} units with or without it; below {FEW} the"
                " p-value is only roughly right"
            )
    return notes


def _elsewhere(baseline: float, outcome: OutcomeResult, alpha: float) -> str:
    """Return that stable's rate is further from the plan's than the effect that is looked for."""
    if not outcome.stable.units:
        return ""
    low, high = wilson(outcome.stable, alpha)
    if low - abs(outcome.effect) <= baseline <= high + abs(outcome.effect):
        return ""
    return (
        f"the sample was planned for {outcome.metric} at {100 * baseline:.3g}%, and stable has"
        f" {100 * outcome.stable.rate:.3g}%: is it the same outcome that is counted?"
    )


def _weaker(experiment: Experiment, plan: Design, outcome: OutcomeResult) -> str:
    """Return what is wrong with the plan when stable's rate is not the one it was made with."""
    rate = outcome.stable.rate
    if not 0.0 < rate < 1.0 or not 0.0 < rate + outcome.effect < 1.0:
        return ""
    sample = Sample(outcome.stable.units, outcome.candidate.units)
    power = power_of(sample, rate, outcome.effect, plan.alpha_each)
    if power >= experiment.power - _POWER_LOST:
        return ""
    return (
        f"stable's {outcome.metric} is {100 * rate:.3g}%, not as planned: a difference of"
        f" {100 * outcome.effect:.3g}pp is found with a power of {100 * power:.0f}% only"
    )
