"""The record of looks: each is taken once, and what ended the test stays its result."""

from __future__ import annotations

import json
from math import ceil
from pathlib import Path

import pytest
from analyze.experiments import at, counts, experiment

from fairway.analyze.counts import Arms, Counts
from fairway.analyze.experiment import Result, plan_of
from fairway.analyze.record import judge_with_record
from fairway.analyze.subject import Subject
from fairway.errors import FairwayError, UsageError

ARMS = Arms("1.0.0", "1.1.0", ("conversion",))
TEST = experiment(4)
WHOLE = plan_of(TEST).sample.stable


def subject(**changes: object) -> Subject:
    right = Subject("churn", "production", "1.0.0", "1.1.0", 10.0, 0.0, (TEST,), ())
    return right._replace(**changes)  # type: ignore[arg-type]


def part(share: float, candidate: float) -> Counts:
    return at(ceil(WHOLE * share), (0.05, candidate))


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "release" / "looks.json"


def look(record: Path, now: Counts, of: Subject | None = None) -> tuple[Result, Counts]:
    return judge_with_record(of or subject(), now, record, ARMS)


def recorded(record: Path) -> list[int]:
    return [each["look"] for each in json.loads(record.read_text("utf-8"))["taken"]]


def test_the_life_of_a_test(record):
    early, _ = look(record, part(0.1, 0.09))
    assert early.word == "not yet"
    assert not record.exists()

    first, _ = look(record, part(0.3, 0.051))
    assert (first.word, first.look.number, first.look.due) == ("not yet", 1, True)
    assert recorded(record) == [1]

    # The same look on more units, where the difference has become large: it was taken.
    before = record.read_bytes()
    again, _ = look(record, part(0.45, 0.09))
    assert (again.word, again.look.due) == ("not yet", False)
    assert record.read_bytes() == before

    # The second look was missed, so that nothing was spent there.
    third, _ = look(record, part(0.8, 0.052))
    assert (third.word, third.look.number) == ("not yet", 3)
    assert recorded(record) == [1, 3]

    last, of = look(record, part(1.1, 0.056))
    assert (last.word, of) == ("candidate wins", part(1.1, 0.056))
    assert recorded(record) == [1, 3, 4]

    # Whatever comes later, the test has ended.
    later, of = look(record, part(2.0, 0.05))
    assert (later.word, of) == ("candidate wins", part(1.1, 0.056))
    assert later.notes[0] == f"the test ended at look 4; {record} holds its counts"
    assert later.outcomes == last.outcomes


def test_a_look_that_ends_the_test_is_kept(record):
    ended, _ = look(record, part(0.5, 0.065))
    assert (ended.word, ended.look.number) == ("candidate wins", 2)
    later, of = look(record, part(1.0, 0.05))
    assert (later.word, of) == ("candidate wins", part(0.5, 0.065))


def test_no_difference_is_an_end_too(record):
    assert look(record, part(1.0, 0.0501))[0].word.startswith("no difference")
    assert look(record, part(3.0, 0.06))[0].word.startswith("no difference")


def test_a_wrong_split_is_no_look(record):
    half = ceil(WHOLE / 2)
    wrong, _ = look(record, counts((half, 900), (half * 2, 1800)))
    assert wrong.word == "the split is wrong"
    assert not record.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "other"}, 'deployment is "churn", and the plan has "other"'),
        ({"environment": "staging"}, "environment is"),
        ({"candidate": "1.2.0"}, 'candidate is "1.1.0", and the plan has "1.2.0"'),
        ({"experiment": (experiment(5),)}, "sample is"),
        ({"experiment": (experiment(4, "pocock"),)}, "sample is"),
    ],
)
def test_the_record_of_another_test(record, change, words):
    look(record, part(0.3, 0.05))
    with pytest.raises(UsageError, match=f"records looks at another test: {words}"):
        look(record, part(0.6, 0.05), subject(**change))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a record of looks"),
        ("[]", "not a record of looks"),
        ('{"taken": 3}', "not a record of looks"),
        ('{"taken": []}', "records looks at another test: recordVersion is null"),
    ],
)
def test_a_file_that_is_no_record(record, text, words):
    record.parent.mkdir()
    record.write_text(text)
    with pytest.raises(UsageError, match=words):
        look(record, part(0.3, 0.05))


def test_a_damaged_record(record):
    look(record, part(0.3, 0.05))
    value = json.loads(record.read_text())
    for damage, words in (
        ([{"look": 1}], "a look without its number or counts"),
        ([{"look": "x", "counts": value["taken"][0]["counts"]}], "a look without its number"),
        ([{"look": 1, "counts": {"stable": {}}}], "stable has no units"),
    ):
        record.write_text(json.dumps({**value, "taken": damage}))
        with pytest.raises(UsageError, match=words):
            look(record, part(0.6, 0.05))


def test_a_record_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(FairwayError, match="cannot be read: Is a directory"):
        look(tmp_path, part(0.3, 0.05))
    (tmp_path / "file").write_text("")
    with pytest.raises(FairwayError, match=r"file/looks\.json: cannot be"):
        look(tmp_path / "file" / "looks.json", part(0.3, 0.05))
