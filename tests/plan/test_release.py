"""What a plan says of a release: variants, weights, copies, matches, steps and gates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from plan.planned import ab, canary, plan_of, spec_with
from workspace import Document

from fairway.plan.release import Variant


def weights(variants: tuple[Variant, ...]) -> dict[str, int]:
    return {variant.version: variant.weight for variant in variants}


SPLITS: dict[str, tuple[Document, int, dict[str, int], float]] = {
    "rolling": ({"rolling": {}}, 100, {"1.0": 100}, 1.0),
    "green": ({"blueGreen": {"active": "candidate"}}, 100, {"1.0": 0, "2.0": 100}, 1.0),
    "blue": ({"blueGreen": {"active": "stable"}}, 100, {"1.0": 100, "2.0": 0}, 0.0),
    "before the first step": (canary(step=0), 100, {"1.0": 100, "2.0": 0}, 0.0),
    "first step": (canary(step=1), 100, {"1.0": 95, "2.0": 5}, 0.05),
    "last step": (canary(step=3), 100, {"1.0": 50, "2.0": 50}, 0.5),
    "a fine step": (
        canary(steps=[{"weight": "0.25%", "hold": "1h"}, {"weight": "10%", "hold": "1h"}]),
        10_000,
        {"1.0": 9975, "2.0": 25},
        0.0025,
    ),
    "shadow": ({"shadow": {"mirror": "12.5%"}}, 1000, {"1.0": 1000, "2.0": 0}, 0.0),
    "by header": (ab(), 100, {"1.0": 100, "2.0": 0}, 0.5),
}


@pytest.mark.parametrize("name", SPLITS)
def test_the_split(name: str, tmp_path: Path) -> None:
    strategy, total, split, share = SPLITS[name]
    plan = plan_of(tmp_path, spec_with(strategy, candidate=name != "rolling"))
    assert plan.release.total == total
    assert weights(plan.release.variants) == split
    assert plan.release.variants[-1].share == pytest.approx(share)
    assert sum(variant.share for variant in plan.release.variants) == pytest.approx(1.0)


def test_the_route_splits_as_the_plan_says(tmp_path: Path) -> None:
    (route,) = plan_of(tmp_path, spec_with(canary(step=2))).routes
    (rule,) = route.rules
    split = [(b.service, b.version, b.weight) for b in rule.backends]
    assert split == [("scorer-1-0", "1.0", 75), ("scorer-2-0", "2.0", 25)]
    assert (rule.matches, rule.mirrors) == ((), ())


def test_users_of_the_candidate_have_a_rule_of_their_own(tmp_path: Path) -> None:
    (route,) = plan_of(tmp_path, spec_with(ab())).routes
    chosen, rest = route.rules
    assert [(m.by, m.name, m.value) for m in chosen.matches] == [
        ("header", "x-cohort", "beta"),
        ("header", "x-cohort", "gamma"),
    ]
    assert [(b.version, b.weight) for b in chosen.backends] == [("2.0", 100)]
    assert [(b.version, b.weight) for b in rest.backends] == [("1.0", 100)]
    assert rest.matches == ()


COOKIES = {
    "group=b": True,
    "a=1; group=b": True,
    "a=1;group=b; c=2": True,
    "group=bb": False,
    "xgroup=b": False,
    "a=group=b": False,
    "group=B": False,
}


@pytest.mark.parametrize("header", COOKIES)
def test_a_cookie_is_found_among_others(header: str, tmp_path: Path) -> None:
    split = {"by": "cookie", "name": "group", "candidate": ["b"]}
    plan = plan_of(tmp_path, spec_with(ab(split=split)))
    (match,) = plan.release.matches
    assert bool(re.fullmatch(match.pattern, header)) is COOKIES[header]


def test_a_cookie_s_value_is_no_pattern(tmp_path: Path) -> None:
    split = {"by": "cookie", "name": "group", "candidate": ["b.*"]}
    (match,) = plan_of(tmp_path, spec_with(ab(split=split))).release.matches
    assert re.fullmatch(match.pattern, "group=b.*")
    assert not re.fullmatch(match.pattern, "group=bbb")


def test_a_shadow_copies_and_answers_nothing(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, spec_with({"shadow": {"mirror": "12.5%", "compare": {"max": "2%"}}}))
    (mirror,) = plan.release.mirrors
    assert (mirror.version, mirror.numerator, mirror.denominator) == ("2.0", 125, 1000)
    assert plan.serving == ("scorer-1-0",)
    assert [(s.compared, s.most) for s in plan.release.shadow] == [(True, 0.02)]


SERVING: dict[str, tuple[Document, tuple[str, ...]]] = {
    "before the first step": (canary(step=0), ("scorer-1-0",)),
    "a step": (canary(step=1), ("scorer-1-0", "scorer-2-0")),
    "an experiment": (ab(), ("scorer-1-0", "scorer-2-0")),
    "switched": ({"blueGreen": {"active": "candidate"}}, ("scorer-2-0",)),
}


@pytest.mark.parametrize("name", SERVING)
def test_who_answers(name: str, tmp_path: Path) -> None:
    strategy, names = SERVING[name]
    assert plan_of(tmp_path, spec_with(strategy)).serving == names


def test_a_canary_waits_for_its_next_candidate(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, spec_with(canary(step=0), candidate=False))
    assert weights(plan.release.variants) == {"1.0": 100}
    assert [workload.version for workload in plan.workloads] == ["1.0"]
    assert plan.proof.canary == ()


def test_an_old_form_serves_until_the_handover_ends(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, spec_with(canary(step=1), release={"handover": "rolling"}))
    assert plan.serving == ("scorer",)
    ((rule,),) = [route.rules for route in plan.routes]
    assert [(b.service, b.weight) for b in rule.backends] == [("scorer", 1)]


def test_steps_have_their_place_in_time(tmp_path: Path) -> None:
    (planned,) = plan_of(tmp_path, spec_with(canary())).release.canary
    assert [(s.number, s.weight, s.start, s.hold) for s in planned.steps] == [
        (1, 5, 0, 1800),
        (2, 25, 1800, 3600),
        (3, 50, 5400, 3600),
    ]
    # The shortest hold: at the end of a step the window holds nothing of the step before.
    assert (planned.window, planned.window_text, planned.interval) == (1800, "30m", 60)


GATES: list[tuple[Document, str, float, str]] = [
    ({"metric": "error-ratio", "max": "1%"}, "max", 0.01, "1%"),
    ({"metric": "error-ratio", "max": 0.02}, "max", 0.02, "0.02"),
    ({"metric": "latency-p95", "max": "200ms"}, "max", 0.2, "200ms"),
    ({"metric": "request-rate", "min": 5}, "min", 5.0, "5"),
    ({"metric": "error-ratio", "against": "stable", "within": "0.5pp"}, "within", 0.005, "0.5pp"),
    ({"metric": "latency-p95", "against": "stable", "withinRelative": "10%"},
     "withinRelative", 0.1, "10%"),
]  # fmt: skip


@pytest.mark.parametrize("row", GATES, ids=lambda row: f"{row[0]['metric']}-{row[1]}-{row[3]}")
def test_a_gate(row: tuple[Document, str, float, str], tmp_path: Path) -> None:
    said, kind, bound, written = row
    ((gate,),) = [
        each.gates for each in plan_of(tmp_path, spec_with(canary(gates=[said]))).release.canary
    ]
    assert (gate.kind, gate.bound, gate.written) == (kind, pytest.approx(bound), written)
    # Envoy Gateway counts each backend of a rule apart: the second is the candidate.
    assert 'envoy_cluster_name="httproute/ml-team/scorer/rule/0/backend/1"' in gate.query
    assert "[30m]" in gate.query
    assert "increase(envoy_cluster_upstream_rq_completed" in gate.requests
    compares = kind.startswith("within")
    assert ("/backend/0" in gate.reference) is compares


def test_calls_past_the_router_are_known(tmp_path: Path) -> None:
    assert plan_of(tmp_path / "a", spec_with(canary())).release.aside == ("checkout",)
    gateway: Any = {"callers": [{"gateway": "public"}]}
    assert plan_of(tmp_path / "b", spec_with(canary(), serving=gateway)).release.aside == ()
    green = {"blueGreen": {"active": "stable"}}
    assert plan_of(tmp_path / "c", spec_with(green)).release.aside == ()


def test_a_version_of_its_own_may_have_side_effects(tmp_path: Path) -> None:
    spec = spec_with({"shadow": {"mirror": "100%"}})
    spec.document["model"]["sideEffects"] = True
    spec.document["versions"]["2.0"] = {"uri": "./models/2.0", "sideEffects": False}
    assert plan_of(tmp_path, spec).release.mirrors
