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
