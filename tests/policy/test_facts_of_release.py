"""What rules see of a release: which versions answer and have served, and where parts stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fairway.policy.facts import Facts
from fairway.policy.fleet_facts import together
from fairway.policy.pack import filler_code
from fairway.policy.sample import samples_of
from fairway.spec.bind import validate

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AB = {
    "split": {"by": "header", "name": "x-cohort", "candidate": ["beta"]},
    "weight": "50%",
    "metric": "conversion",
    "baseline": "5.0%",
    "effect": "0.5pp",
    "duration": "14d",
}
CANARY = {"steps": [{"weight": "5%", "hold": "30m"}, {"weight": "25%", "hold": "1h"}]}


def facts_of(fragment: dict[str, Any], served: dict[str, Any] | None = None) -> Any:
    (sample,) = samples_of("deployment", (), fragment)
    deployment = sample.deployment
    if served is not None:
        lock = validate("lock", {"lockVersion": 1, "versions": {}, "images": {}, "served": served})
        deployment = deployment._replace(lock=lock)
    return Facts(filler_code(), now=lambda: NOW).deployment(deployment)


@pytest.mark.parametrize(
    ("release", "stable", "candidate"),
    [
        ({"strategy": {"blueGreen": {"active": "stable"}}}, True, False),
        ({"strategy": {"blueGreen": {"active": "candidate"}}}, False, True),
        ({"strategy": {"blueGreen": {"active": "candidate"}}, "handover": "rolling"}, True, False),
        ({"strategy": {"canary": {"step": 0, **CANARY}}}, True, False),
        ({"strategy": {"canary": {"step": 1, **CANARY}}}, True, True),
        ({"strategy": {"canary": {"step": 1, **CANARY}}, "handover": "rolling"}, True, False),
        ({"strategy": {"shadow": {"mirror": "100%"}}}, True, False),
        ({"strategy": {"ab": AB}}, True, True),
        ({"strategy": {"ab": AB}, "handover": "rolling"}, True, False),
    ],
)
def test_versions_answer_as_the_strategy_says(
    release: dict[str, Any], stable: bool, candidate: bool
) -> None:
    facts = facts_of({"release": release})
    assert (facts["stable"]["answers"], facts["candidate"]["answers"]) == (stable, candidate)


def test_a_rolling_release_answers_with_its_one_version() -> None:
    facts = facts_of({"release": {"candidate": None, "strategy": {"rolling": {}}}})
    assert [version["answers"] for version in facts["versions"]] == [True, False]


def test_a_version_has_served_as_long_as_its_longest_stay() -> None:
    history = [
        {"version": "1.0.0", "commit": "a", "since": "2026-11-20T12:00:00Z"},
        {"version": "2.0.0", "commit": "b", "since": "2026-11-21T12:00:00Z"},
        {"version": "1.0.0", "commit": "c", "since": "2026-11-22T09:00:00Z"},
    ]
    facts = facts_of({}, {"staging": history, "production": history[:1]})
    assert facts["stable"]["served"] == [
        {"environment": "staging", "hours": 24.0, "current": True},
        {"environment": "production", "hours": 48.0, "current": True},
    ]
    assert facts["candidate"]["served"] == [
        {"environment": "staging", "hours": 21.0, "current": False}
    ]


def test_the_last_stay_ends_when_a_move_said_so() -> None:
    ended = {"version": "2.0.0", "commit": "b", "since": "2026-11-21T12:00:00Z"}
    history = [
        {"version": "1.0.0", "commit": "a", "since": "2026-11-20T12:00:00Z"},
        {**ended, "until": "2026-11-21T15:30:00Z"},
    ]
    facts = facts_of({}, {"staging": history, "production": []})
    assert facts["candidate"]["served"] == [
        {"environment": "staging", "hours": 3.5, "current": False}
    ]
    unreadable = facts_of({}, {"staging": [{**ended, "until": "soon"}]})
    assert unreadable["candidate"]["served"] == [
        {"environment": "staging", "hours": 0.0, "current": False}
    ]


def test_times_that_cannot_be_read_count_as_no_hours() -> None:
    facts = facts_of({}, {"staging": [{"version": "1.0.0", "commit": "a", "since": "yesterday"}]})
    assert facts["stable"]["served"] == [{"environment": "staging", "hours": 0.0, "current": True}]


def test_parts_of_lists_know_their_places() -> None:
    gates = [{"metric": "error-ratio", "max": "1%"}]
    facts = facts_of({"release": {"strategy": {"canary": {**CANARY, "gates": gates}}}})
    at = "release.strategy.canary.steps"
    assert facts["steps"] == [
        {"at": f"{at}[0]", "number": 1, "before": 0.0, "weight": 5.0, "hold": 1800.0},
        {"at": f"{at}[1]", "number": 2, "before": 5.0, "weight": 25.0, "hold": 3600.0},
    ]
    assert facts["gates"][0]["at"] == "release.strategy.canary.gates[0]"
    assert facts["gates"][0]["gate"]["max"] == {"value": 1.0, "unit": "%"}
    assert [each["at"] for each in facts["slos"]] == ["monitoring.slos[0]", "monitoring.slos[1]"]
    assert facts["bounds"][0]["metric"]["name"] == "roc_auc"
    assert facts["callers"][1]["caller"] == {"gateway": "public"}


def test_what_a_spec_leaves_out_has_no_parts() -> None:
    facts = facts_of({"monitoring": None, "evidence": None})
    assert [facts[name] for name in ("steps", "gates", "slos", "bounds")] == [[], [], [], []]


def test_a_fleet_knows_who_has_what() -> None:
    def deployment(name: str, **own: Any) -> dict[str, Any]:
        usual = {"name": name, "team": name, "namespace": "ml", "hosts": [], "sources": []}
        steady = {"cpu": 1.0, "memory": 6.0, "gpu": 1}
        return {**usual, "cpu": 1.5, "memory": 8.0, "gpu": 1, "steady": steady, **own}

    first = deployment("a", hosts=["x.example.com"], sources=["models:/m/1", "./models/1"])
    second = deployment("b", hosts=["x.example.com"], sources=["models:/m/1", "./models/1"])
    assert together([first, second, deployment("c", team="a", namespace="c", gpu=3)]) == {
        "cpu": 4.5,
        "memory": 24.0,
        "gpu": 5,
        "steady": {"cpu": 3.0, "memory": 18.0, "gpu": 3},
        "oneAtATime": {"cpu": 3.5, "memory": 20.0, "gpu": 5},
        "hosts": {"x.example.com": ["a", "b"]},
        "sources": {"models:/m/1": ["a", "b"]},
        "namespaces": {"ml": ["a", "b"], "c": ["a"]},
    }
