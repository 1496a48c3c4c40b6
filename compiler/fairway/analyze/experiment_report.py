"""The report on an A/B test: a table with the decision and its reason, or the same as data."""

from __future__ import annotations

from math import isinf

from fairway.analyze.counts import Arms, Counts, table_of
from fairway.analyze.experiment import OutcomeResult, Result
from fairway.analyze.subject import Subject
from fairway.analyze.wording import at_rate, paragraph, plain, points, probability, share, table
from fairway.arithmetic.split import MISMATCH
from fairway.plan.release import Experiment


def text(subject: Subject, counts: Counts, result: Result) -> str:
    """Return the report as lines for people; the last says what was decided."""
    experiment = subject.experiment[0]
    lines = [
        f"{subject.name} in {subject.environment}: A/B test of {subject.candidate}"
        f" against {subject.stable}",
        "",
        *_arms(subject, counts, result),
        "",
        *_outcomes(result),
        "",
        paragraph(_planned(experiment, result)),
        paragraph(_split(experiment, counts, result)),
        *(paragraph(f"note: {note}") for note in result.notes),
        "",
        paragraph(f"{result.word}: {why(subject, counts, result)}"),
    ]
    return "\n".join(lines) + "\n"


def data(subject: Subject, counts: Counts, result: Result) -> dict[str, object]:
    """Return the report as JSON data; ratios from 0 to 1, seconds, null for what is infinite."""
    experiment = subject.experiment[0]
    arms = Arms(subject.stable, subject.candidate, tuple(o.metric for o in experiment.outcomes))
    plan, look = result.design, result.look
    return {
        "reportVersion": 1,
        "deployment": subject.name,
        "environment": subject.environment,
        "strategy": "ab",
        "versions": {"stable": subject.stable, "candidate": subject.candidate},
        "release": subject.digest,
        "verdict": result.word,
        "why": why(subject, counts, result),
        "counts": table_of(counts, arms.metrics),
        "outcomes": [_outcome(each, plan.alpha_each) for each in result.outcomes],
        "plan": {
            "alpha": experiment.alpha,
            "power": experiment.power,
            "candidateShare": experiment.share,
            "sample": {"stable": plan.sample.stable, "candidate": plan.sample.candidate},
            "looks": look.planned,
            "spending": experiment.spending,
        },
        "look": {
            "number": look.number,
            "due": look.due,
            "fraction": look.fraction,
            "boundary": look.boundary,
        },
        "missing": {"stable": result.missing.stable, "candidate": result.missing.candidate},
        "secondsMissing": None if isinf(result.seconds) else result.seconds,
        "split": {"p": result.split, "mismatch": result.split < MISMATCH},
        "notes": list(result.notes),
    }


def _outcome(outcome: OutcomeResult, alpha: float) -> dict[str, object]:
    return {
        "metric": outcome.metric,
        "rates": {"stable": outcome.stable.rate, "candidate": outcome.candidate.rate},
        "difference": outcome.found.estimate,
        "interval": {
            "low": outcome.interval.low,
            "high": outcome.interval.high,
            "confidence": 1 - alpha,
        },
        "z": None if isinf(outcome.found.z) else outcome.found.z,
        "p": outcome.p,
        "adjustedP": outcome.adjusted,
        "differs": outcome.differs,
        "plannedEffect": outcome.effect,
    }


def why(subject: Subject, counts: Counts, result: Result) -> str:
    """Return the reason of the decision in one sentence."""
    experiment, first, look = subject.experiment[0], result.outcomes[0], result.look
    rule = f"p {probability(first.adjusted)}, alpha {plain(experiment.alpha)}"
    if result.word == "the split is wrong":
        return (
            f"{_candidates(counts)} of the units are the candidate's, and {plain(experiment.share)}"
            f" were planned (p {probability(result.split)}); units were lost or counted twice, so"
            " the result cannot be trusted: find where before anything else"
        )
    if result.word == "not yet":
        return _not_yet(subject, counts, result)
    if result.word == "no difference of the size planned for":
        return (
            f"{first.metric} differs by {points(first.found.estimate)} ({rule}); a difference of"
            f" {points(first.effect)} would have been found with a power of"
            f" {plain(experiment.power)}"
        )
    ended = f" at look {look.number} of {look.planned}" if look.planned > 1 else ""
    return f"{first.metric} differs by {points(first.found.estimate)}{ended} ({rule})"


def _not_yet(subject: Subject, counts: Counts, result: Result) -> str:
    look, plan, missing = result.look, result.design, result.missing
    total = counts.stable.units + counts.candidate.units
    have = f"{total:,} of {plan.sample.total:,} units"
    if look.planned > 1 and look.due:
        first = result.outcomes[0].metric
        have += f", and {first} crosses no boundary at look {look.number} of {look.planned}"
    elif look.planned > 1 and look.number:
        have += f", and look {look.number} of {look.planned} was taken"
    arms = [
        f"{units:,} of {name}"
        for name, units in (("stable", missing.stable), ("candidate", missing.candidate))
        if units
    ]
    until = f" for look {look.number + 1}" if look.planned > 1 else ""
    unit = "new users/s" if subject.experiment[0].users else "requests/s if each is a new user's"
    time = at_rate(result.seconds, subject.rate, unit)
    return f"{have}; {' and '.join(arms) or 'no units'} are missing{until}{time}"


def _arms(subject: Subject, counts: Counts, result: Result) -> list[str]:
    head = ["version", "", "units"]
    rows = [["stable", subject.stable, f"{counts.stable.units:,}"]]
    rows += [["candidate", subject.candidate, f"{counts.candidate.units:,}"]]
    for each in result.outcomes:
        head += [each.metric, "rate"]
        for row, count in zip(rows, (each.stable, each.candidate), strict=True):
            row += [f"{count.outcomes:,}", share(count.rate)]
    return table([head, *rows], left=2)


def _outcomes(result: Result) -> list[str]:
    confidence = plain(1 - result.design.alpha_each)
    several, looks = len(result.outcomes) > 1, result.look.planned > 1
    rows = [
        [
            "outcome",
            "difference",
            f"{confidence} interval",
            "z",
            *(["boundary"] if looks else []),
            "p",
            *(["p (Holm)"] if several else []),
        ]
    ]
    rows += [
        [
            each.metric,
            points(each.found.estimate),
            f"{points(each.interval.low)} to {points(each.interval.high)}",
            f"{each.found.z:.2f}",
            *([f"{result.look.boundary:.2f}"] if looks else []),
            probability(each.p),
            *([probability(each.adjusted)] if several else []),
        ]
        for each in result.outcomes
    ]
    return table(rows)


def _planned(experiment: Experiment, result: Result) -> str:
    plan = result.design
    looks = (
        f", {result.look.planned} looks ({experiment.spending})" if result.look.planned > 1 else ""
    )
    effects = " and ".join(f"{points(each.effect)} of {each.metric}" for each in result.outcomes)
    return (
        f"planned: {plan.sample.stable:,} units for stable and {plan.sample.candidate:,} for the"
        f" candidate, to find {effects} with a power of {plain(experiment.power)} at alpha"
        f" {plain(experiment.alpha)}{looks}"
    )


def _split(experiment: Experiment, counts: Counts, result: Result) -> str:
    return (
        f"split: {_candidates(counts)} candidate, {plain(experiment.share)} planned"
        f" (p {probability(result.split)})"
    )


def _candidates(counts: Counts) -> str:
    total = counts.stable.units + counts.candidate.units
    return share(counts.candidate.units / total) if total else "0 units"
