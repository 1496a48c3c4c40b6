"""The record of the looks at a test: each is taken once, on the units that were there then.

Looking again and again until the result pleases is what looks with boundaries are there to
prevent; the file, kept in git, is how a later run knows what was looked at.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from fairway.analyze.counts import Arms, Counts, counts_of, table_of
from fairway.analyze.experiment import FINAL, Result, due, fraction_of, judge, plan_of
from fairway.analyze.subject import Subject
from fairway.arithmetic.design import Design
from fairway.errors import FairwayError, UsageError
from fairway.indented_json import indented_json
from fairway.plan.release import Experiment
from fairway.report.write import write_report


class Taken(NamedTuple):
    """A look that was taken: its number, and the counts of that moment."""

    look: int
    counts: Counts


def judge_with_record(
    subject: Subject, counts: Counts, record: Path, arms: Arms
) -> tuple[Result, Counts]:
    """Decide a test with the looks that ``record`` holds, and write the new one into it.

    The first recorded look that ended the test is the result, whatever the counts are now.
    Returns the result and the counts that it is of.
    """
    experiment = subject.experiment[0]
    plan = plan_of(experiment)
    head = _head(subject, experiment, plan)
    looks = _read(record, head, arms)
    fractions: tuple[float, ...] = ()
    for each in looks:
        result = judge(experiment, each.counts, subject.rate, fractions)
        if result.word in FINAL:
            note = f"the test ended at look {each.look}; {record} holds its counts"
            return result._replace(notes=(note, *result.notes)), each.counts
        fractions = (*fractions, fraction_of(each.counts, plan.sample))
    number = due(counts, plan)
    taken = number in [each.look for each in looks]
    result = judge(experiment, counts, subject.rate, fractions, taken=taken)
    if result.look.due and result.word != "the split is wrong":
        _write(record, head, (*looks, Taken(number, counts)), arms)
    return result, counts


def _head(subject: Subject, experiment: Experiment, plan: Design) -> dict[str, object]:
    """Return what a record is of: another plan's looks mean nothing for this one."""
    return {
        "recordVersion": 1,
        "deployment": subject.name,
        "environment": subject.environment,
        "stable": subject.stable,
        "candidate": subject.candidate,
        "metrics": [outcome.metric for outcome in experiment.outcomes],
        "sample": {"stable": plan.sample.stable, "candidate": plan.sample.candidate},
        "looks": experiment.looks,
        "spending": experiment.spending,
    }


def _read(path: Path, head: dict[str, object], arms: Arms) -> tuple[Taken, ...]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise FairwayError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError:
        value = None
    taken = value.get("taken") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(taken, list):
        raise UsageError(f"{path}: not a record of looks", "give --record-looks another file")
    for key, expected in head.items():
        if value.get(key) != expected:
            raise UsageError(
                f"{path}: records looks at another test: {key} is {json.dumps(value.get(key))},"
                f" and the plan has {json.dumps(expected)}",
                "a plan that changed begins a new test: give --record-looks a new file",
            )
    try:
        return tuple(
            Taken(int(each["look"]), counts_of(each["counts"], str(path), arms)) for each in taken
        )
    except (KeyError, TypeError, ValueError):
        raise UsageError(f"{path}: a look without its number or counts") from None


def _write(path: Path, head: dict[str, object], looks: tuple[Taken, ...], arms: Arms) -> None:
    rows = [{"look": each.look, "counts": table_of(each.counts, arms.metrics)} for each in looks]
    text = indented_json({**head, "taken": rows}, 2) + "\n"
    try:
        write_report(text, path)
    except OSError as error:
        raise FairwayError(f"{path}: cannot be written: {error.strerror}") from error
