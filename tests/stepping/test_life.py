"""Releases from their first commit to their last, by the commands alone.

After every commit the project compiles into the same output folder, so nothing ever answers that
did not run in the commit before.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from cli.streams import Streams
from stepping.setting import CANARY, HEAD, SPEC, STAGED, Repository, at

SWITCH = """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy: {blueGreen: {active: stable, scaleDownAfter: 2h}} # one switch
environments: {production: {}}
"""
SHADOW = """\
release:
  stable: 1.0.0
  candidate: 1.1.0 # copies only
  strategy:
    shadow: {mirror: 100%, compare: {max: 2%, tolerance: 1e-6}}
environments: {production: {}}
"""
EXPERIMENT = """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy:
    ab:
      split: {by: header, name: x-cohort, candidate: [beta]}
      weight: 50%
      metric: conversion
      baseline: 5.0%
      effect: 0.5pp
      duration: 14d
environments: {production: {}}
"""


MARKS = ("++", "--")


def committed(done: Streams) -> str:
    """Return the subject of the commit that a move made."""
    assert done.code == 0, done.out + done.err
    return done.out.partition("committed as ")[2].split("\n")[2].strip()


def lines_changed(repository: Repository) -> list[str]:
    """Return what the last commit took out of the spec, and put in."""
    shown = repository.git("show", "--format=", "-U0", "HEAD", "--", SPEC)
    return [line for line in shown.split("\n") if line[:1] in ("+", "-") and line[1:3] not in MARKS]


def test_a_canary_from_its_candidate_to_the_next_one(repository: Repository) -> None:
    move = repository.move
    repository.commit(HEAD + CANARY + STAGED)
    repository.compiles()
    begun = move("advance", SPEC, "--commit", time=at(hours=1))
    assert committed(begun) == "advance(churn): 1.1.0 to 5% in production"
    assert lines_changed(repository) == ["-      step: 0", "+      step: 1"]
    repository.compiles()

    metrics = repository.measured(at(hours=1, minutes=40))
    second = move("advance", SPEC, "--metrics", metrics, "--commit", time=at(hours=1, minutes=45))
    assert committed(second) == "advance(churn): 1.1.0 to 25% in production"
    repository.compiles()

    metrics = repository.measured(at(hours=3))
    third = move("advance", SPEC, "--metrics", metrics, "--commit", time=at(hours=3))
    assert committed(third) == "advance(churn): 1.1.0 to 50% in production"
    repository.compiles()

    metrics = repository.measured(at(hours=4, minutes=30))
    too_far = move("advance", SPEC, "--metrics", metrics, time=at(hours=4, minutes=30))
    assert (too_far.code, "step 3 of 3 is the last" in too_far.out) == (1, True)
    done = move("promote", SPEC, "--metrics", metrics, "--commit", time=at(hours=4, minutes=30))
    assert committed(done) == "promote(churn): 1.1.0 is stable in production"
    assert lines_changed(repository) == [
        "-  stable: 1.0.0",
        "-  candidate: 1.1.0",
        "+  stable: 1.1.0",
        "-      step: 3",
        "+      step: 0",
    ]
    repository.compiles()
    assert repository.served() == {
        "staging": [("1.1.0", at())],
        "production": [("1.0.0", at()), ("1.1.0", at(hours=1))],
    }

    # The next candidate is named in one line, and begins at the same step 0.
    text = repository.spec.read_text("utf-8")
    repository.commit(
        text.replace(
            "  stable: 1.1.0\n  strategy", "  stable: 1.1.0\n  candidate: 1.2.0\n  strategy"
        ),
        at(hours=24),
    )
    repository.compiles()
    again = move("advance", SPEC, "--commit", time=at(hours=25))
    assert committed(again) == "advance(churn): 1.2.0 to 5% in production"
    repository.compiles()


def test_a_switch_and_the_version_that_is_kept(repository: Repository) -> None:
    move = repository.move
    repository.project(requires=[], router="argo-rollouts")
    repository.commit(HEAD + SWITCH)
    repository.compiles()
    assert committed(move("advance", SPEC, "--commit", time=at(hours=1))).startswith(
        "advance(churn): all traffic to 1.1.0"
    )
    repository.compiles()
    early = move("promote", SPEC, "--commit", time=at(hours=2))
    assert early.code == 1
    assert "the switch to 1.1.0 is held for 2h, and has been for 1h" in early.out
    committed(move("promote", SPEC, "--commit", time=at(hours=3)))
    assert lines_changed(repository) == [
        "-  stable: 1.0.0",
        "-  candidate: 1.1.0",
        "-  strategy: {blueGreen: {active: candidate, scaleDownAfter: 2h}} # one switch",
        "+  stable: 1.1.0",
        "+  strategy: {blueGreen: {active: stable, scaleDownAfter: 2h}} # one switch",
    ]
    repository.compiles()


@pytest.mark.parametrize("strategy", ["shadow", "ab"])
def test_an_experiment_ends_as_a_set_of_pods_of_its_own(
    strategy: str, repository: Repository
) -> None:
    repository.commit(HEAD + {"shadow": SHADOW, "ab": EXPERIMENT}[strategy])
    repository.compiles()
    analysis = analysed(repository, strategy)
    done = repository.move(
        "promote", SPEC, "--analysis", str(analysis), "--commit", time=at(days=15)
    )
    assert committed(done) == "promote(churn): 1.1.0 is stable in production"
    state = repository.release()
    assert (state.strategy, state.active, state.stable) == ("blueGreen", "stable", "1.1.0")
    assert state.candidate == ""
    repository.compiles()
    said = repository.git("log", "-1", "--format=%B")
    assert "analysis: " in said
    assert "has run for 15d" in said


def analysed(repository: Repository, strategy: str) -> Path:
    """Have `fairway analyze` write a report that is in favour of the candidate."""
    given = ["--stable", "1570/31400", "--candidate", "1924/31400"]
    if strategy == "shadow":
        pairs = repository.root.parent / "pairs.jsonl"
        line = {
            "stable": [{"name": "label", "data": [0]}],
            "candidate": [{"name": "label", "data": [0]}],
        }
        pairs.write_text("\n".join(json.dumps({"id": n, **line}) for n in range(1000)), "utf-8")
        given = ["--pairs", str(pairs)]
    done = repository.run("analyze", SPEC, *given, "--format", "json")
    assert done.code == 0, done.out + done.err
    path = repository.root.parent / "analysis.json"
    path.write_text(done.out, "utf-8")
    return path


ROLLING = """\
release:
  stable: 1.0.0
  strategy: {rolling: {}}
environments: {production: {}}
"""
ONLY = "environments: {production: {}}\n"


def routed(repository: Repository) -> tuple[set[str], dict[str, int]]:
    """Return the Deployments of production, and the weights of its route, by service."""
    manifest = repository.root.parent / "rendered/production/churn/manifest.yaml"
    found = list(yaml.safe_load_all(manifest.read_text("utf-8")))
    (route,) = (each for each in found if each["kind"] == "HTTPRoute")
    weights = {
        backend["name"]: backend.get("weight", 1)
        for rule in route["spec"]["rules"]
        for backend in rule["backendRefs"]
    }
    return {each["metadata"]["name"] for each in found if each["kind"] == "Deployment"}, weights


def test_from_rolling_to_a_canary_as_the_page_says(repository: Repository) -> None:
    repository.commit(HEAD + ROLLING)
    repository.compiles()
    assert routed(repository) == ({"churn"}, {"churn": 1})

    # 1. The pods of both versions start, and the old ones still answer.
    handed = HEAD + CANARY.replace("release:\n", "release:\n  handover: rolling\n") + ONLY
    repository.commit(handed, at(hours=1))
    repository.compiles()
    pods, weights = routed(repository)
    assert pods == {"churn", "churn-1-0-0", "churn-1-1-0"}
    assert {name for name, weight in weights.items() if weight} == {"churn"}

    # 2. The stable version's own pods answer everything, and the old ones are gone.
    repository.commit(HEAD + CANARY + ONLY, at(hours=2))
    repository.compiles()
    pods, weights = routed(repository)
    assert pods == {"churn-1-0-0", "churn-1-1-0"}
    assert {name for name, weight in weights.items() if weight} == {"churn-1-0-0"}

    # 3. The first step.
    begun = repository.move("advance", SPEC, "--commit", time=at(hours=3))
    assert committed(begun) == "advance(churn): 1.1.0 to 5% in production"
    repository.compiles()
    assert routed(repository)[1] == {"churn-1-0-0": 95, "churn-1-1-0": 5}


def test_without_the_first_commit_nothing_would_answer(repository: Repository) -> None:
    repository.commit(HEAD + ROLLING)
    repository.compiles()
    repository.commit(HEAD + CANARY + ONLY, at(hours=1))
    done = repository.run("compile", "specs", "--out", str(repository.root.parent / "rendered"))
    assert done.code == 1
    assert "release/not-ready" in done.out + done.err
    assert "handover" in done.out + done.err
    assert routed(repository) == ({"churn"}, {"churn": 1})
