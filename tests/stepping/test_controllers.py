"""Releases whose steps a controller takes in the cluster: what is left to say in git."""

from __future__ import annotations

import pytest
from stepping.setting import CANARY, HEAD, SPEC, Repository, at
from stepping.test_refusals import FORCE

ALONE = "environments: {production: {}}\n"
STARTED = CANARY.replace("step: 0", "step: 1") + ALONE


@pytest.fixture
def begun(repository: Repository) -> Repository:
    """A canary that Argo Rollouts takes through its steps of 2h 30m altogether."""
    address = {"address": "http://prometheus.monitoring:9090"}
    repository.project(requires=[], router="argo-rollouts", prometheus=address)
    repository.commit(HEAD + STARTED)
    return repository


def test_its_steps_are_not_advanced_in_git(begun: Repository) -> None:
    refused = begun.move("advance", SPEC, *FORCE, time=at(hours=9))
    assert refused.code == 1
    assert "refused: argo-rollouts takes the steps itself" in refused.out


def test_a_promotion_says_that_it_has_finished(begun: Repository) -> None:
    metrics = begun.measured(at(hours=2))
    early = begun.move("promote", SPEC, "--metrics", metrics, time=at(hours=2))
    assert early.code == 1
    assert "the release of 1.1.0 is held for 2h 30m, and has been for 2h" in early.out
    metrics = begun.measured(at(hours=2, minutes=40))
    done = begun.move("promote", SPEC, "--metrics", metrics, time=at(hours=2, minutes=40))
    assert done.code == 0, done.out
    state = begun.release()
    assert (state.stable, state.candidate, state.step) == ("1.1.0", "", 0)
    begun.compiles()


def test_the_way_back_is_a_spec_without_the_candidate(begun: Repository) -> None:
    done = begun.move("rollback", SPEC, "--commit", time=at(hours=1))
    assert done.code == 0, done.out
    state = begun.release()
    assert (state.stable, state.candidate, state.step) == ("1.0.0", "", 0)
    begun.compiles()
    again = begun.move("rollback", SPEC, time=at(hours=2))
    assert "no version has served here before 1.0.0" in again.out


def test_after_a_promotion_the_way_back_is_one_commit(begun: Repository) -> None:
    done = begun.move("promote", SPEC, *FORCE, "--commit", time=at(hours=9))
    assert done.code == 0, done.out
    back = begun.move("rollback", SPEC, time=at(hours=10))
    assert back.code == 0, back.out
    assert "argo-rollouts moves it" in back.out
    assert begun.release().stable == "1.0.0"


def test_a_switch_is_said_in_git(repository: Repository) -> None:
    repository.project(requires=[], router="argo-rollouts")
    text = (
        "release:\n  stable: 1.0.0\n  candidate: 1.1.0\n  strategy: {blueGreen: {active: stable}}\n"
    )
    repository.commit(HEAD + text + ALONE)
    assert repository.move("advance", SPEC, "--commit", time=at(hours=1)).code == 0
    assert repository.release().active == "candidate"
    back = repository.move("rollback", SPEC, "--commit", time=at(hours=2))
    assert back.code == 0, back.out
    state = repository.release()
    assert (state.stable, state.candidate, state.active) == ("1.0.0", "", "stable")
