"""Traffic never moves to pods that the committed output does not have yet."""

from __future__ import annotations

import pytest
from compile.repository import Document, Done, Repository

ROLLING: Document = {"rolling": {}}
STABLE: Document = {"blueGreen": {"active": "stable"}}
CANDIDATE: Document = {"blueGreen": {"active": "candidate"}}


def refused(done: Done, fix: str) -> None:
    assert done.code == 1, done.said
    assert "release/not-ready" in done.report
    assert fix in done.report


def test_rolling_becomes_blue_green_in_two_steps(repository: Repository) -> None:
    repository.release(ROLLING)
    repository.compiled()
    before = repository.tree()

    repository.release(STABLE, candidate="2.0")
    refused(repository.compile(), "handover: rolling")
    assert repository.tree() == before

    repository.release(STABLE, candidate="2.0", handover="rolling")
    repository.compiled()
    assert repository.workloads() == ["scorer", "scorer-1-0", "scorer-2-0"]
    assert repository.weights() == {"scorer": 1}
    assert repository.entry()["serves"] == "scorer"

    repository.release(STABLE, candidate="2.0")
    repository.compiled()
    assert repository.workloads() == ["scorer-1-0", "scorer-2-0"]
    assert repository.weights() == {"scorer-1-0": 100, "scorer-2-0": 0}
    assert repository.entry()["serves"] == "scorer-1-0"


def test_blue_green_becomes_rolling_in_two_steps(repository: Repository) -> None:
    repository.release(STABLE)
    repository.compiled()
    before = repository.tree()

    repository.release(ROLLING)
    refused(repository.compile(), "handover: perVersion")
    assert repository.tree() == before

    repository.release(ROLLING, handover="perVersion")
    repository.compiled()
    assert repository.workloads() == ["scorer", "scorer-1-0"]
    assert repository.entry()["serves"] == "scorer-1-0"

    repository.release(ROLLING)
    repository.compiled()
    assert repository.workloads() == ["scorer"]
    assert repository.entry()["serves"] == "scorer"


def test_the_switch_is_one_number(repository: Repository) -> None:
    repository.release(STABLE, candidate="2.0")
    repository.compiled()
    assert repository.weights() == {"scorer-1-0": 100, "scorer-2-0": 0}
    repository.release(CANDIDATE, candidate="2.0")
    repository.compiled()
    assert repository.weights() == {"scorer-1-0": 0, "scorer-2-0": 100}
    assert repository.workloads() == ["scorer-1-0", "scorer-2-0"]
    repository.release(STABLE, candidate="2.0")
    repository.compiled()
    assert repository.weights() == {"scorer-1-0": 100, "scorer-2-0": 0}


def test_the_candidate_that_serves_becomes_stable(repository: Repository) -> None:
    repository.release(CANDIDATE, candidate="2.0")
    repository.compiled()
    repository.release(STABLE, stable="2.0")
    repository.compiled()
    assert repository.workloads() == ["scorer-2-0"]
    assert repository.weights() == {"scorer-2-0": 100}


def test_a_version_serves_only_after_it_runs(repository: Repository) -> None:
    repository.release(STABLE)
    repository.compiled()
    before = repository.tree()
    repository.release(STABLE, stable="2.0")
    refused(repository.compile(), "first release it as the candidate")
    repository.release(CANDIDATE, candidate="2.0")
    refused(repository.compile(), "first release it as the candidate")
    assert repository.tree() == before
    repository.release(STABLE, candidate="2.0")
    repository.compiled()
    repository.release(CANDIDATE, candidate="2.0")
    repository.compiled()


def test_rolling_moves_to_another_version_in_place(repository: Repository) -> None:
    repository.release(ROLLING)
    repository.compiled()
    repository.release(ROLLING, stable="2.0")
    repository.compiled()
    assert repository.workloads() == ["scorer"]


def test_the_first_compile_may_start_anywhere(repository: Repository) -> None:
    repository.release(CANDIDATE, candidate="2.0")
    repository.compiled()
    assert repository.entry()["serves"] == "scorer-2-0"


def test_one_environment_that_is_not_ready_holds_the_spec_back(repository: Repository) -> None:
    repository.write(environments={"staging": {}, "production": {}})
    repository.compiled()
    before = repository.tree()
    green = {"strategy": STABLE}
    repository.write(environments={"staging": {"release": green}, "production": {}})
    done = repository.compile()
    refused(done, "handover: rolling")
    assert "staging" in done.report
    assert repository.tree() == before


def test_other_specs_still_compile(repository: Repository) -> None:
    repository.release(ROLLING)
    repository.release(ROLLING, "other")
    repository.compiled()
    repository.release(STABLE)
    repository.release(ROLLING, "other", stable="2.0")
    done = repository.compile()
    assert done.code == 1
    assert "1 of 2 deployments compiled" in done.said
    assert repository.workloads() == ["scorer"]


@pytest.mark.parametrize("partly", [["--target", "docker"], ["--env", "production"]])
def test_what_was_not_written_is_not_ready(repository: Repository, partly: list[str]) -> None:
    """A run that writes no manifest of an environment moves nothing forward there."""
    repository.release(ROLLING)
    repository.compiled()
    repository.release(STABLE, handover="rolling")
    repository.compiled(*partly)
    repository.release(STABLE)
    refused(repository.compile(), "handover: rolling")
    assert repository.workloads(environment="staging") == ["scorer"]


def test_a_check_does_not_judge_readiness(repository: Repository) -> None:
    repository.release(ROLLING)
    repository.compiled()
    repository.release(STABLE)
    done = repository.compile("--check")
    assert done.code == 1
    assert "release/not-ready" not in done.report
    assert "output/stale" in done.report


def canary(step: int) -> Document:
    return {"canary": {"step": step, "steps": [{"weight": "5%", "hold": "30m"}]}}


def test_a_canary_starts_its_pods_before_they_get_a_share(repository: Repository) -> None:
    repository.release(canary(0), stable="1.0")
    repository.compiled()
    assert repository.workloads() == ["scorer-1-0"]

    repository.release(canary(1), candidate="2.0")
    done = repository.compile()
    refused(done, "`step: 0`")
    assert "scorer-2-0 is to get a share of the traffic" in done.report

    repository.release(canary(0), candidate="2.0")
    repository.compiled()
    assert repository.workloads() == ["scorer-1-0", "scorer-2-0"]
    assert repository.weights() == {"scorer-1-0": 100, "scorer-2-0": 0}
    repository.release(canary(1), candidate="2.0")
    repository.compiled()
    assert repository.weights() == {"scorer-1-0": 95, "scorer-2-0": 5}


def test_rolling_becomes_a_canary_by_a_handover(repository: Repository) -> None:
    repository.release(ROLLING)
    repository.compiled()
    repository.release(canary(1), candidate="2.0")
    refused(repository.compile(), "first add `handover: rolling` under `release`, and `step: 0`,")
    repository.release(canary(0), candidate="2.0")
    refused(repository.compile(), "handover: rolling")
    repository.release(canary(0), candidate="2.0", handover="rolling")
    repository.compiled()
    assert repository.weights() == {"scorer": 1}
    repository.release(canary(1), candidate="2.0")
    repository.compiled()
    assert repository.weights() == {"scorer-1-0": 95, "scorer-2-0": 5}


def test_an_experiment_waits_for_the_candidate_s_pods(repository: Repository) -> None:
    ab: Document = {
        "ab": {"split": {"by": "header", "name": "x-cohort", "candidate": ["beta"]},
               "weight": "50%", "metric": "conversion", "baseline": "5%", "effect": "0.5pp",
               "duration": "14d"}
    }  # fmt: skip
    repository.release(STABLE)
    repository.compiled()
    repository.release(ab, candidate="2.0")
    refused(repository.compile(), "blueGreen: {active: stable}")
    repository.release(STABLE, candidate="2.0")
    repository.compiled()
    repository.release(ab, candidate="2.0")
    repository.compiled()
    assert repository.workloads() == ["scorer-1-0", "scorer-2-0"]


def test_a_controller_takes_over_from_a_rolling_release(repository: Repository) -> None:
    def controlled(document: Document) -> None:
        for place in document["environments"].values():
            place["router"] = "argo-rollouts"

    repository.release(canary(0))
    repository.compiled()
    repository.project(controlled)
    repository.release(canary(0))
    refused(repository.compile(), "change the router of a rolling release")

    repository.project(lambda document: None)
    repository.release(ROLLING, handover="perVersion")
    repository.compiled()
    repository.release(ROLLING)
    repository.compiled()
    repository.project(controlled)
    repository.release(canary(0))
    repository.compiled()
    assert repository.workloads() == ["scorer"]
