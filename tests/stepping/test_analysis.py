"""What an analysis must be of, and must say, before an experiment's candidate is promoted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from stepping.setting import HEAD, SPEC, Repository, at
from stepping.test_life import EXPERIMENT, SHADOW, analysed

FORCE = ("--force-reason", "the board decided it before the test ended")


@pytest.fixture
def begun(repository: Repository) -> Repository:
    repository.commit(HEAD + EXPERIMENT)
    return repository


def promote(repository: Repository, analysis: Path, *more: str) -> Any:
    return repository.move("promote", SPEC, "--analysis", str(analysis), *more, time=at(days=15))


WRONG = {
    "another deployment": ({"deployment": "fraud"}, 'deployment is "fraud"'),
    "another environment": ({"environment": "staging"}, 'environment is "staging"'),
    "another strategy": ({"strategy": "shadow"}, 'strategy is "shadow"'),
    "other versions": ({"versions": {"stable": "1.0.0"}}, 'versions is {"stable": "1.0.0"}'),
    "no digest": ({"release": None}, "another plan, or other bytes: release is null"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_analysis_of_something_else(name: str, begun: Repository) -> None:
    change, said = WRONG[name]
    path = analysed(begun, "ab")
    report = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**report, **change}), "utf-8")
    refused = promote(begun, path, *FORCE)
    assert refused.code == 1
    assert "refused: the analysis is of another " in refused.out
    assert said in refused.out


def test_a_plan_that_changed_since(begun: Repository) -> None:
    path = analysed(begun, "ab")
    begun.commit(HEAD + EXPERIMENT.replace("effect: 0.5pp", "effect: 0.4pp"), at(days=1))
    refused = promote(begun, path)
    assert refused.code == 1
    assert "the analysis is of another plan, or other bytes: release is" in refused.out


@pytest.mark.parametrize("verdict", ["stable wins", "not yet", "the split is wrong"])
def test_a_candidate_that_did_not_win(verdict: str, begun: Repository) -> None:
    path = analysed(begun, "ab")
    report = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**report, "verdict": verdict, "why": "so it is"}), "utf-8")
    refused = promote(begun, path)
    assert refused.code == 1
    assert f"refused: the analysis says: {verdict} (so it is)" in refused.out
    assert "it must say: candidate wins" in refused.out
    forced = promote(begun, path, *FORCE, "--dry-run")
    assert forced.code == 0, forced.out


EDITED = {
    "fewer units": (
        EXPERIMENT,
        {"counts": {"stable": {"units": 3140, "conversion": 157},
                    "candidate": {"units": 3140, "conversion": 192}}},
        "not yet",
    ),
    "fewer outcomes": (
        EXPERIMENT,
        {"counts": {"stable": {"units": 31400, "conversion": 1570},
                    "candidate": {"units": 31400, "conversion": 1200}}},
        "stable wins",
    ),
    "more differences": (SHADOW, {"different": 500}, "fails"),
    "fewer pairs": (SHADOW, {"pairs": 10}, "undecided"),
    "no pairs": (SHADOW, {"pairs": 0}, "undecided"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITED)
def test_a_verdict_that_does_not_follow_from_its_counts(name: str, repository: Repository) -> None:
    text, change, follows = EDITED[name]
    repository.commit(HEAD + text)
    path = analysed(repository, "shadow" if text is SHADOW else "ab")
    report = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**report, **change}), "utf-8")
    refused = promote(repository, path, *FORCE)
    assert refused.code == 1
    said = f"refused: the analysis says: {report['verdict']}, and its own counts say: {follows}"
    assert said in refused.out


@pytest.mark.parametrize("change", [{"counts": None}, {"counts": {"stable": {}}}])
def test_an_analysis_without_counts(change: dict[str, Any], begun: Repository) -> None:
    path = analysed(begun, "ab")
    report = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**report, **change}), "utf-8")
    refused = promote(begun, path)
    assert (refused.code, refused.out) == (2, "")
    assert "error: the analysis" in refused.err


def test_units_that_are_more_than_the_users_to_come(repository: Repository) -> None:
    repository.commit(
        HEAD + EXPERIMENT.replace("duration: 14d", "duration: 14d\n      users: 0.03/s")
    )
    done = promote(repository, analysed(repository, "ab"), "--dry-run", "-f", "json")
    assert done.code == 0, done.out + done.err
    note = "62,800 units are counted, and 38,880 new users are expected in 15d"
    assert note in json.loads(done.out)["notes"]


def test_looks_before_the_last(repository: Repository) -> None:
    """A test that ends at its first look is decided by a boundary of its own."""
    text = EXPERIMENT.replace("duration: 14d", "duration: 14d\n      looks: 2")
    repository.commit(HEAD + text)
    done = promote(repository, analysed(repository, "ab"), "--dry-run")
    assert done.code == 0, done.out + done.err


def test_a_shadow_that_fails(repository: Repository) -> None:
    repository.commit(HEAD + SHADOW)
    path = analysed(repository, "shadow")
    report = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**report, "verdict": "fails"}), "utf-8")
    refused = promote(repository, path)
    assert "refused: the analysis says: fails" in refused.out
    assert "it must say: passes" in refused.out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"verdict": 1}', '{"reportVersion": 1}'])
def test_what_is_no_analysis(text: str, begun: Repository) -> None:
    path = begun.root.parent / "analysis.json"
    path.write_text(text, "utf-8")
    refused = promote(begun, path)
    assert (refused.code, refused.out) == (2, "")
    assert str(path) in refused.err
    missing = promote(begun, path.with_name("nowhere"))
    assert (missing.code, "no such file" in missing.err) == (2, True)
