"""What has served: read from history, written into the lock, and asked by policies."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stepping.setting import BEGIN, CANARY, HEAD, LOCK, SPEC, STAGED, Repository, at

from fairway.lock.write import lock_text
from fairway.spec.lock import Lock
from fairway.stepping.history import Commit, History, Past
from fairway.stepping.lock_text import with_served
from fairway.stepping.served import Record, before, brought_up, ended, recorded
from fairway.stepping.state import State

ROLLING = "release: {stable: 1.0.0, strategy: {rolling: {}}}\nenvironments: {staging: {}}\n"


def state(text: str) -> State:
    """Return a state from ``stable`` or ``stable>candidate``, with ``!`` when that is tried."""
    stable, _, candidate = text.rstrip("!").partition(">")
    step = 1 if text.endswith("!") else 0
    return State("canary", stable, candidate, step, 2)


def history(*states: str, whole: bool = True) -> History:
    """Return a history of one environment, an hour from commit to commit."""
    pasts = [
        Past(Commit(f"{n:040x}", BEGIN + timedelta(hours=n)), {"here": state(each)})
        for n, each in enumerate(states)
    ]
    return History(tuple(reversed(pasts)), whole)


def versions(records: dict[str, tuple[Record, ...]]) -> list[str]:
    return [each.version for each in records.get("here", ())]


STORIES = {
    "one version": (["1", "1"], ["1"]),
    "a candidate that waits": (["1", "1>2"], ["1"]),
    "a canary": (["1", "1>2", "1>2!", "1>2!", "2"], ["1", "2"]),
    "a canary that failed": (["1", "1>2!", "1>2"], ["1", "2", "1"]),
    "one that failed and came again": (["1", "1>2!", "1>2", "1>2!", "2"], ["1", "2", "1", "2"]),
    "a first commit with a candidate": (["1>2!"], ["1", "2"]),
    "another candidate in its place": (["1", "1>2!", "1>3!"], ["1", "2", "1", "3"]),
    "both versions at once": (["1", "2>3!"], ["1", "2", "3"]),
    "in place": (["1", "2", "3", "2"], ["1", "2", "3", "2"]),
}


@pytest.mark.parametrize("name", STORIES)
def test_history_says_what_has_served(name: str) -> None:
    states, served = STORIES[name]
    assert versions(brought_up({}, history(*states), ["here"])) == served


@pytest.mark.parametrize("name", STORIES)
def test_records_grow_commit_by_commit_into_the_same(name: str) -> None:
    """A move is made on top of each commit, with or without a change of what answers."""
    states, _ = STORIES[name]
    known: dict[str, tuple[Record, ...]] = {}
    for n in range(len(states)):
        known = brought_up(known, history(*states[: n + 1]), ["here"])
        following = states[min(n + 1, len(states) - 1)]
        known = ended(known, "here", state(following).newest, BEGIN + timedelta(hours=n + 0.5))
        told = recorded({k: [each.value() for each in v] for k, v in known.items()})
        assert told == known
    whole = brought_up({}, history(*states), ["here"])
    assert brought_up(known, history(*states), ["here"]) == whole


STORY = st.lists(
    st.sampled_from(["1", "2", "3", "1>2", "1>2!", "2>3!", "1>3!", "2>1!"]), max_size=8
)


@given(STORY, st.data())
def test_records_are_the_same_however_often_they_are_brought_up(
    states: list[str], data: st.DataObject
) -> None:
    at_once = brought_up({}, history(*states), ["here"])
    cut = data.draw(st.integers(0, len(states)))
    early = brought_up({}, history(*states[:cut]), ["here"])
    assert brought_up(early, history(*states), ["here"]) == at_once
    again = brought_up(at_once, history(*states), ["here"])
    assert again == at_once
    # Only what answered is there, and never the same twice in a row.
    names = versions(at_once)
    assert all(one != other for one, other in pairwise(names))
    answered = {v for s in states for v in (state(s).stable, state(s).newest)}
    assert set(names) <= answered


@given(STORY)
def test_what_can_be_gone_back_to_has_served_before_and_is_older(states: list[str]) -> None:
    records = brought_up({}, history(*states), ["here"]).get("here", ())
    names = [each.version for each in records]
    for version in {*names, "9"}:
        past = before(records, version)
        assert version not in past
        assert len(set(past)) == len(past)
        lasts = [names[::-1].index(each) for each in past]
        assert lasts == sorted(lasts)
    # Going back, and back again, ends; it never returns to where it came from.
    seen = list(names)
    current = seen[-1] if seen else "9"
    for _ in range(len(names) + 1):
        past = before([Record(each, "", "") for each in seen], current)
        if not past:
            return
        assert past[0] not in seen[len(names) :]
        current = past[0]
        seen.append(current)
    pytest.fail("it goes round")


def test_rewritten_history_continues_by_time() -> None:
    known = brought_up({}, history("1", "1>2!"), ["here"])
    foreign = {"here": tuple(each._replace(commit="f" * 40) for each in known["here"])}
    grown = brought_up(foreign, history("1", "1>2!", "1>2!", "1"), ["here"])
    assert versions(grown) == ["1", "2", "1"]
    assert [each.commit for each in grown["here"]][:2] == ["f" * 40] * 2


def test_where_history_is_cut_off_nobody_knows_the_first() -> None:
    cut = history("2", "2>3!", whole=False)
    assert versions(brought_up({}, cut, ["here"])) == ["3"]
    assert versions(brought_up({}, history("2", whole=False), ["here"])) == []


def test_a_lock_keeps_every_other_byte() -> None:
    served = {"staging": (Record("1.0.0", "a" * 40, at()),)}
    value = {"staging": [{"version": "1.0.0", "commit": "a" * 40, "since": at()}]}
    odd = '{"served":{},\r\n "lockVersion" : 1 , "versions":{ "a}\\"": "{" }}\r\n\r\n'
    edited = with_served(odd, served, "lock")
    assert json.loads(edited) == {**json.loads(odd), "served": value}
    assert edited.startswith('{"served":{\r\n    "staging"')
    assert edited.endswith('},\r\n "lockVersion" : 1 , "versions":{ "a}\\"": "{" }}\r\n\r\n')
    without = '{"lockVersion": 1, "versions": {}}'
    grown = with_served(without, served, "lock")
    assert json.loads(grown) == {**json.loads(without), "served": value}
    assert grown.startswith('{"lockVersion": 1, "versions": {},\n  "served": {\n    "staging": [')


def test_what_is_recorded_is_as_fairway_lock_writes_it(repository: Repository) -> None:
    repository.commit(HEAD + CANARY + STAGED)
    repository.lock.write_text(rewritten(repository), "utf-8")
    repository.commit(time=at(minutes=1))
    assert repository.move("advance", SPEC, time=at(hours=1)).code == 0
    assert rewritten(repository) == repository.lock.read_text("utf-8")


def rewritten(repository: Repository) -> str:
    """Return the lock as `fairway lock` writes what it says."""
    return lock_text(Lock.model_validate_json(repository.lock.read_bytes()))


def test_what_came_to_serve_by_hand_is_recorded_by_a_promotion(repository: Repository) -> None:
    repository.commit(HEAD + ROLLING)
    repository.commit(HEAD + ROLLING.replace("1.0.0", "1.1.0"), at(hours=5))
    done = repository.move("promote", SPEC, "--env", "staging", "--commit", time=at(hours=6))
    assert done.code == 0, done.out
    assert repository.git("log", "-1", "--format=%s", "--name-only").split("\n")[::2] == [
        "promote(churn): record that 1.1.0 serves in staging",
        LOCK,
    ]
    assert repository.served() == {"staging": [("1.0.0", at()), ("1.1.0", at(hours=5))]}
    again = repository.move("promote", SPEC, "--env", "staging", time=at(hours=7))
    assert (again.code, "there is no candidate: 1.1.0 is stable already" in again.out) == (1, True)


# -- what policies make of it --------------------------------------------------------------------

ORDERED = """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy: {blueGreen: {active: stable}}
environments:
  staging: {release: {stable: 1.0.0, candidate: 1.1.0}}
  production: {}
"""


@pytest.fixture
def ordered(repository: Repository) -> Repository:
    """A project in which a version serves a day in staging before it answers in production."""
    repository.project(requires=["staging"], soak="24h")
    path = repository.root / "specs/fairway.yaml"
    text = path.read_text("utf-8").replace("policies: []", "policies: [builtin]")
    repository.commit(HEAD + ORDERED)
    path.write_text(text, "utf-8")
    wrong = {
        each["rule"]: "off"
        for each in json.loads(repository.run("validate", SPEC, "-f", "json").out)["findings"]
        if not each["rule"].startswith("release/")
    }
    path.write_text(f"{text}severity: {json.dumps(wrong)}\n", "utf-8")
    repository.commit(time=at(minutes=1))
    return repository


def tried(repository: Repository, environment: str, time: str, *more: str) -> Any:
    return repository.move("advance", SPEC, "--env", environment, *more, time=time)


def test_a_version_serves_in_staging_before_production(ordered: Repository) -> None:
    # The stable version answers in production already: staging has it recorded first.
    assert ordered.move("promote", SPEC, "--env", "production", time=at(hours=1)).code == 1
    at_once = tried(ordered, "production", at(days=2))
    assert at_once.code == 1
    assert "version 1.1.0 answers in production, and the lock has no record" in at_once.out
    assert tried(ordered, "staging", at(days=2), "--commit").code == 0
    early = tried(ordered, "production", at(days=2, hours=23))
    assert early.code == 1
    assert "answers in production after less than 24" in early.out
    assert tried(ordered, "production", at(days=3, minutes=1), "--commit").code == 0


def test_a_version_that_was_taken_back_in_staging_collects_no_more_hours(
    ordered: Repository,
) -> None:
    assert tried(ordered, "staging", at(days=2), "--commit").code == 0
    back = ordered.move("rollback", SPEC, "--env", "staging", "--commit", time=at(days=2, hours=5))
    assert back.code == 0, back.out
    lock = json.loads(ordered.lock.read_text("utf-8"))
    assert lock["served"]["staging"][-1]["until"] == at(days=2, hours=5)
    assert lock["served"]["staging"][-1]["version"] == "1.1.0"
    later = tried(ordered, "production", at(days=9))
    assert later.code == 1
    assert "answers in production after less than 24" in later.out
    # Whoever comes next replaces the end by what history says.
    again = tried(ordered, "staging", at(days=9), "--commit")
    assert again.code == 0, again.out
    assert [version for version, _ in ordered.served()["staging"]] == ["1.0.0", "1.1.0", "1.0.0"]
    assert "until" in json.loads(ordered.lock.read_text("utf-8"))["served"]["staging"][-1]


def test_every_record_can_be_made_again_from_history(ordered: Repository) -> None:
    """What an audit does: the commit is there, and its parent had another version answer."""
    tried(ordered, "staging", at(days=2), "--commit")
    tried(ordered, "production", at(days=4), "--commit")
    ordered.move("rollback", SPEC, "--env", "production", "--commit", time=at(days=5))
    ordered.move("promote", SPEC, "--env", "staging", "--commit", time=at(days=6))
    served = json.loads(ordered.lock.read_text("utf-8"))["served"]
    assert {name: [each["version"] for each in every] for name, every in served.items()} == {
        "staging": ["1.0.0", "1.1.0"],
        "production": ["1.0.0", "1.1.0", "1.0.0"],
    }
    for every in served.values():
        for record in every:
            time = ordered.git("log", "-1", "--format=%cI", record["commit"]).strip()
            assert datetime.fromisoformat(time) == datetime.fromisoformat(record["since"])
