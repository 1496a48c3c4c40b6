"""Analysing: the plan's rule, the given result, and the report that follows from both."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from fairway.analyze import experiment, experiment_report, shadow, shadow_report
from fairway.analyze.counts import Arms
from fairway.analyze.inputs import Inputs, read_answers, read_arms, way_of
from fairway.analyze.record import judge_with_record
from fairway.analyze.subject import Subject, find_subject


class Report(NamedTuple):
    """A report as text and as JSON data; ``good`` says that it is in favour of the candidate."""

    text: str
    data: dict[str, object]
    good: bool


def analyze(path: str, environment: str | None, inputs: Inputs) -> Report:
    """Decide the release at ``path`` by what is given. Raises ``UsageError``, ``FairwayError``."""
    way = way_of(inputs)
    subject = find_subject(path, environment, way.strategy)
    return _ab(subject, inputs) if way.strategy == "ab" else _shadow(subject, inputs)


def _ab(subject: Subject, inputs: Inputs) -> Report:
    plan = subject.experiment[0]
    metrics = tuple(outcome.metric for outcome in plan.outcomes)
    arms = Arms(subject.stable, subject.candidate, metrics)
    counts, warnings = read_arms(inputs, arms)
    if inputs.record_looks is not None:
        result, counts = judge_with_record(subject, counts, Path(inputs.record_looks), arms)
    else:
        result = experiment.judge(plan, counts, subject.rate)
    result = result._replace(notes=(*warnings, *result.notes))
    return Report(
        experiment_report.text(subject, counts, result),
        experiment_report.data(subject, counts, result),
        result.word == "candidate wins",
    )


def _shadow(subject: Subject, inputs: Inputs) -> Report:
    result = shadow.judge(subject.shadow[0], read_answers(inputs), subject.rate, subject.mirrored)
    return Report(
        shadow_report.text(subject, result),
        shadow_report.data(subject, result),
        result.word == "passes",
    )
