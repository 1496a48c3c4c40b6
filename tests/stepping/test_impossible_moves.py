"""Moves that cannot be made, whatever was measured: the reason, with nothing written."""

from __future__ import annotations

import json
import shutil

import pytest
from stepping.setting import CANARY, FORCE, HEAD, SPEC, STAGED, Repository, at, begun, untouched

STATES = {
    "rolling": ("strategy: {rolling: {}}", "advance", "there is no candidate"),
    "a canary that waits": (
        "strategy: {canary: {step: 0, steps: [{weight: 5%, hold: 30m}]}}",
        "advance",
        "there is no candidate",
    ),
    "a shadow": (
        "candidate: 1.1.0\n  strategy: {shadow: {mirror: 10%}}",
        "advance",
        "a shadow has no steps",
    ),
    "a handover": (
        "candidate: 1.1.0\n  handover: rolling\n  strategy: {canary: {step: 0, steps:"
        " [{weight: 5%, hold: 30m}]}}",
        "advance",
        "the rolling form still serves (`handover`)",
    ),
    "a switch that was made": (
        "candidate: 1.1.0\n  strategy: {blueGreen: {active: candidate}}",
        "advance",
        "1.1.0 answers everything already",
    ),
    "a switch that was not made": (
        "candidate: 1.1.0\n  strategy: {blueGreen: {active: stable}}",
        "promote",
        "1.0.0 still answers everything (`active: stable`)",
    ),
    "a step before the last": (
        "candidate: 1.1.0\n  strategy: {canary: {step: 1, steps: [{weight: 5%, hold: 30m},"
        " {weight: 9%, hold: 30m}]}}",
        "promote",
        "step 1 is not the last of 2",
    ),
    "a shadow that nobody analysed": (
        "candidate: 1.1.0\n  strategy: {shadow: {mirror: 10%}}",
        "promote",
        "nothing says how the shadow went",
    ),
    "nothing to go back to": ("strategy: {rolling: {}}", "rollback", "no version has served here"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_a_move_that_the_strategy_does_not_have(name: str, repository: Repository) -> None:
    release, command, said = STATES[name]
    text = f"{HEAD}release:\n  stable: 1.0.0\n  {release}\nenvironments: {{production: {{}}}}\n"
    repository.commit(text)
    refused = repository.move(command, SPEC, time=at(hours=9))
    assert refused.code == 1
    assert f"refused: {said}" in refused.out
    assert untouched(repository)


def test_evidence_has_to_be_given(repository: Repository) -> None:
    begun(repository)
    refused = repository.move("advance", SPEC, time=at(hours=1))
    assert refused.code == 1
    assert "refused: nothing says how 1.1.0 does: 3 gates" in refused.out
    assert "--questions prints what to measure" in refused.out


def test_a_step_that_is_not_committed_has_not_begun(repository: Repository) -> None:
    begun(repository)
    repository.spec.write_text(repository.step(2), "utf-8")
    metrics = repository.measured(at(hours=4))
    refused = repository.move("advance", SPEC, "--metrics", metrics, time=at(hours=4))
    assert refused.code == 1
    assert "step 2 (25%) is not committed: HEAD says step 1, share 5%" in refused.out


@pytest.mark.parametrize("strategy", ["canary", "blueGreen"])
def test_traffic_moves_only_to_what_runs(strategy: str, repository: Repository) -> None:
    texts = {
        "canary": repository.step(0),
        "blueGreen": f"{HEAD}release:\n  stable: 1.0.0\n  candidate: 1.1.0\n"
        "  strategy: {blueGreen: {active: stable}}\nenvironments: {production: {}}\n",
    }
    text = texts[strategy]
    repository.commit(text.replace("candidate: 1.1.0", "candidate: 1.2.0"))
    repository.spec.write_text(text, "utf-8")
    refused = repository.move("advance", SPEC, *FORCE, time=at(hours=1))
    assert refused.code == 1
    assert "refused: 1.1.0 does not run yet: HEAD does not name it as candidate" in refused.out


def test_an_edit_that_makes_errors_is_not_written(repository: Repository) -> None:
    """Production asks that a version has served in staging, and none has."""
    repository.project(requires=["staging"])
    text = (repository.root / "specs/fairway.yaml").read_text("utf-8")
    (repository.root / "specs/fairway.yaml").write_text(
        text.replace("policies: []", "policies: [builtin]"), "utf-8"
    )
    release = (
        "release:\n  stable: 1.0.0\n  candidate: 1.1.0\n  strategy: {blueGreen: {active: stable}}\n"
    )
    staged = (
        "environments:\n  staging: {release: {stable: 1.0.0, candidate: null}}\n  production: {}\n"
    )
    repository.commit(HEAD + release + staged)
    asked = ("advance", SPEC, "--env", "production")
    refused = repository.move(*asked, time=at(hours=1))
    assert refused.code == 1
    assert "refused: the spec would have errors, so nothing was written" in refused.out
    assert "release/promoted-in-order" in refused.out
    assert "version 1.1.0 answers in production, and the lock has no record" in refused.out
    assert untouched(repository)
    as_json = json.loads(repository.move(*asked, "-f", "json", time=at(hours=1)).out)
    assert as_json["verdict"] == "refused"
    assert "release/promoted-in-order" in [each["rule"] for each in as_json["findings"]]


USAGE = {
    "two sources": ("--metrics", "a", "--prometheus", "http://localhost"),
    "a header for nobody": ("--header", "A=B"),
    "a short reason": ("--force-reason", "because"),
    "both ways": ("--commit", "--dry-run"),
    "no time": ("--now", "yesterday"),
    "no environment": ("--env", "moon"),
    "no file": ("--metrics", "nowhere.json"),
}


@pytest.mark.parametrize("name", USAGE)
def test_options_that_mean_nothing(name: str, repository: Repository) -> None:
    begun(repository)
    refused = repository.run("advance", SPEC, *USAGE[name])
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: ")
    assert "\n  fix: " in refused.err or name in ("no environment", "no file")
    assert untouched(repository)


def test_outside_of_git_nothing_is_known(repository: Repository) -> None:
    repository.spec.write_text(repository.step(1), "utf-8")
    shutil.rmtree(repository.root / ".git")
    refused = repository.run("advance", SPEC)
    assert refused.code == 2
    assert "is in no git working tree" in refused.err


def test_which_environment_moves_has_to_be_said(repository: Repository) -> None:
    repository.commit(HEAD + CANARY)
    refused = repository.run("advance", SPEC)
    assert refused.code == 2
    assert (
        "2 environments have a candidate (staging: canary of 1.1.0 beside 1.0.0, step 0 of 3;"
        in refused.err
    )
    assert "--env staging" in refused.err
    assert repository.commit(HEAD + CANARY + STAGED, at(hours=1))
    assert repository.move("advance", SPEC, time=at(hours=2)).code == 0
