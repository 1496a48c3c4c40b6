"""What the arithmetic says of a plan: the numbers that people have published or worked out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plan.planned import ab, canary, plan_of, spec_with
from workspace import CONTRACT, Document

AVAILABLE: Document = {"slos": [{"name": "availability", "objective": "99.9%", "window": "30d"}]}
PROMETHEUS = {"targets": ["docker", "prometheus"]}


def step(weight: str, hold: str = "1h") -> Document:
    return {"weight": weight, "hold": hold}


# Weight, errors; minutes until the page at 14.4, at 6 and the ticket at 1 (SRE Workbook, ch. 5).
BURN: list[tuple[str, str, float | None, float | None, float]] = [
    ("5%", "100%", 17.28, 43.2, 86.4),
    ("5%", "10%", None, None, 864),
    ("10%", "10%", None, 216, 432),
    ("25%", "10%", 34.56, 86.4, 172.8),
]


@pytest.mark.parametrize("row", BURN, ids=lambda row: f"{row[0]} of {row[1]}")
def test_what_alerts_see_of_a_canary(
    row: tuple[str, str, float | None, float | None, float], tmp_path: Path
) -> None:
    weight, errors, fast, slow, ticket = row
    spec = spec_with(canary(steps=[step(weight)], fault=errors), monitoring=AVAILABLE)
    (burn,) = plan_of(tmp_path, spec, PROMETHEUS).proof.burn
    alerts = {alert.factor: alert for alert in burn.alerts}
    minutes = {
        round(factor, 1): None if alert.never else round(alert.seconds / 60, 2)
        for factor, alert in alerts.items()
    }
    assert (minutes[14.4], minutes[6.0], minutes[1.0]) == (fast, slow, ticket)
    assert burn.never is (fast is None and slow is None)
    assert burn.at == "monitoring.slos[0]"


def test_a_canary_finds_its_fault_when_the_window_is_full_enough(tmp_path: Path) -> None:
    proof = plan_of(tmp_path, spec_with(canary())).proof
    found = [each.found for each in proof.steps]
    # 40/s: 2/s at 5 %, so 3,000 requests take 25 minutes, and one more until they have come with
    # 95 % confidence; 10/s at 25 %: five minutes and one more.
    assert [(f.step, f.requests, f.seconds, f.in_time) for f in found] == [
        (1, 3600, 1560.0, True),
        (2, 36000, 360.0, True),
        (3, 72000, 180.0, True),
    ]
    assert proof.steps[0].at == "release.strategy.canary.steps[0]"
    reasons = {gate.gate: gate.reason for gate in found[0].gates}
    assert reasons["latency-p95-max-2"] == "it does not measure errors"


def test_the_blast_radius(tmp_path: Path) -> None:
    spec = spec_with(canary(budget=500), monitoring=AVAILABLE)
    (proof,) = plan_of(tmp_path, spec, PROMETHEUS).proof.canary
    # 26 minutes until it is seen and one until it has gone, at 2/s, one answer in ten bad.
    assert proof.blast.bad == pytest.approx((1560 + 60) * 2 * 0.1)
    assert proof.blast.low < proof.blast.bad < proof.blast.high
    assert (proof.budget, proof.budget_at) == (500.0, "release.strategy.canary.budget")
    assert proof.healthy == 0.001


def test_without_a_number_the_error_budget_is_the_budget(tmp_path: Path) -> None:
    spec = spec_with(canary(), monitoring=AVAILABLE)
    (proof,) = plan_of(tmp_path, spec, PROMETHEUS).proof.canary
    assert proof.budget == pytest.approx(0.001 * 30 * 86400 * 40)
    assert proof.budget_at == "monitoring.slos[0]"


def test_the_blast_radius_is_that_of_the_live_step(tmp_path: Path) -> None:
    blasts = [
        plan_of(tmp_path / str(live), spec_with(canary(step=live))).proof.canary[0].blast
        for live in (1, 2, 3)
    ]
    assert [blast.step for blast in blasts] == [1, 2, 3]
    assert [round(blast.bad) for blast in blasts] == [324, 420, 480]


def test_nothing_is_said_without_expected_traffic(tmp_path: Path) -> None:
    proof = plan_of(tmp_path, spec_with(canary(), serving={"traffic": {}})).proof
    assert (proof.canary, proof.steps, proof.burn) == ((), (), ())


# Baseline, effect; per arm at equal shares, candidates and hours at 5 % and 10/s. The published
# numbers are rounded to the nearest; a sample is rounded up.
SAMPLES = [
    ("5%", "0.5pp", 31231, 17103, 9.5),
    ("5%", "1pp", 8155, 4623, 2.6),
    ("1%", "0.5pp", 7747, 4802, 2.7),
    ("0.1%", "0.1pp", 23507, 16079, 8.9),
    ("90%", "1pp", 13492, 6800, 3.8),
]


@pytest.mark.parametrize("row", SAMPLES, ids=lambda row: f"{row[0]} + {row[1]}")
def test_the_sample_of_an_experiment(row: tuple[str, str, int, int, float], tmp_path: Path) -> None:
    baseline, effect, each, candidates, hours = row
    said = {"baseline": baseline, "effect": effect, "users": "10/s"}
    (equal,) = plan_of(tmp_path / "equal", spec_with(ab(**said))).proof.experiment
    assert equal.outcomes[0].stable == equal.outcomes[0].candidate
    assert equal.outcomes[0].stable - each in (0, 1)
    (thin,) = plan_of(tmp_path / "thin", spec_with(ab(**said, weight="5%"))).proof.experiment
    assert thin.outcomes[0].candidate - candidates in (0, 1)
    assert round(thin.seconds / 3600, 1) == hours
    assert thin.users_said


def test_an_experiment_without_users_counts_requests(tmp_path: Path) -> None:
    (proof,) = plan_of(tmp_path, spec_with(ab())).proof.experiment
    assert (proof.rate, proof.users_said) == (40.0, False)


def test_several_outcomes_share_alpha(tmp_path: Path) -> None:
    secondary = [{"metric": "refunds", "baseline": "2%", "effectRelative": "20%"}]
    (alone,) = plan_of(tmp_path / "alone", spec_with(ab())).proof.experiment
    (both,) = plan_of(tmp_path / "both", spec_with(ab(secondary=secondary))).proof.experiment
    assert (alone.alpha_each, both.alpha_each) == (0.05, 0.025)
    assert both.outcomes[0].candidate > alone.outcomes[0].candidate
    assert both.outcomes[1].effect == pytest.approx(0.004)
    assert both.outcomes[1].at == "release.strategy.ab.secondary[0]"
    assert both.seconds == max(outcome.seconds for outcome in both.outcomes)


def test_looks_cost_a_little(tmp_path: Path) -> None:
    (once,) = plan_of(tmp_path / "once", spec_with(ab())).proof.experiment
    (often,) = plan_of(tmp_path / "often", spec_with(ab(looks=4))).proof.experiment
    assert once.inflation == 1.0
    assert 1.01 < often.inflation < 1.04  # O'Brien and Fleming, four looks
    assert len(often.boundaries) == 4


@pytest.mark.parametrize("own", [{"effect": "0pp"}, {"weight": "100%"}, {"weight": "0%"}], ids=str)
def test_an_experiment_that_cannot_be(own: Document, tmp_path: Path) -> None:
    (proof,) = plan_of(tmp_path, spec_with(ab(**own))).proof.experiment
    assert (proof.possible, proof.enough) == (False, False)


@pytest.mark.parametrize(
    ("own", "possible"),
    [
        ({"effect": "0pp"}, False),
        ({"baseline": "60%", "effect": "60pp"}, False),
        ({"baseline": "60%", "effect": "50pp"}, False),  # a fall, but no rise
        ({"baseline": "100%"}, False),
        ({"weight": "100%"}, True),  # that is not the outcome's fault
    ],
    ids=str,
)
def test_an_outcome_that_cannot_be(own: Document, possible: bool, tmp_path: Path) -> None:
    (proof,) = plan_of(tmp_path, spec_with(ab(**own))).proof.experiment
    assert [outcome.possible for outcome in proof.outcomes] == [possible]


def moments(tmp_path: Path, strategy: Document, **own: Any) -> list[tuple[str, int, int]]:
    candidate = "rolling" not in strategy
    plan = plan_of(tmp_path, spec_with(strategy, candidate=candidate), **own)
    rollout = plan.proof.capacity.rollout
    return [(each.label, each.pods, each.pods_at_most) for each in rollout.moments]


def test_the_pods_of_a_rollout(tmp_path: Path) -> None:
    rolling = {"rolling": {"surge": "25%", "unavailable": 0}}
    assert moments(tmp_path / "a", rolling) == [
        ("now", 2, 10),
        ("replacing pods", 3, 13),  # a share of pods is rounded up
        ("after", 2, 10),
    ]
    assert moments(tmp_path / "b", canary()) == [
        ("now", 2, 10),
        ("side by side", 4, 20),
        ("replacing pods", 6, 22),
        ("after", 2, 10),
    ]


def test_a_rollout_without_room_for_one_pod_more_is_stuck(tmp_path: Path) -> None:
    gpu: Document = {"resources": {"cpu": 1, "memory": "1Gi", "gpu": 1}}
    stuck = spec_with({"rolling": {"surge": 1, "unavailable": 0}}, candidate=False, serving=gpu)
    limit = {"quota": {"gpu": 2}}
    found = plan_of(tmp_path / "stuck", stuck, limit).proof.capacity.deadlock
    assert (found.stuck, found.resource, found.needed, found.available) == (True, "gpu", 3, 2)
    free = spec_with({"rolling": {"surge": 0, "unavailable": 1}}, candidate=False, serving=gpu)
    assert not plan_of(tmp_path / "free", free, limit).proof.capacity.deadlock.stuck


def test_what_an_hour_costs(tmp_path: Path) -> None:
    prices = {"cpu": 0.04, "memoryGi": 0.005, "gpu": 2.5, "currency": "EUR"}
    spec = spec_with({"blueGreen": {"active": "stable"}})
    (cost,) = plan_of(tmp_path, spec, {"maxCostPerHour": 3}, prices=prices).proof.cost
    pod = 0.5 * 0.04 + 1 * 0.005
    assert (cost.hour.now, cost.hour.peak, cost.hour.after) == pytest.approx(
        (2 * pod, 6 * pod, 2 * pod)
    )
    assert (cost.currency, cost.limit) == ("EUR", 3.0)


def changed(tmp_path: Path, strategy: Document) -> list[tuple[str, bool, bool]]:
    """Return what a candidate that takes a narrower input and gives more changes."""
    spec = spec_with(strategy)
    spec.document["versions"]["2.0"] = {"uri": "./models/2.0", "contract": "second.json"}
    second = json.loads(json.dumps(CONTRACT))
    second["inputs"][0]["shape"] = [-1, 3]
    second["outputs"].append({"name": "z", "datatype": "FP64", "shape": [-1]})
    spec.files["second.json"] = json.dumps(second).encode()
    found = plan_of(tmp_path, spec).proof.contract
    assert {change.at for change in found} == {'versions["2.0"]'}
    return [(change.side, change.breaks, change.breaks_rollback) for change in found]


def test_which_changes_of_the_contract_break_whom(tmp_path: Path) -> None:
    # Another width breaks requests both ways; a further output only those who begin to read it.
    assert changed(tmp_path / "canary", canary()) == [
        ("input", True, True),
        ("output", False, True),
    ]
    green = {"blueGreen": {"active": "stable"}}
    assert changed(tmp_path / "green", green) == [("input", True, True), ("output", False, True)]
    shadow = {"shadow": {"mirror": "100%"}}
    assert changed(tmp_path / "shadow", shadow) == [
        ("input", True, False),
        ("output", False, False),
    ]


def test_versions_with_one_contract_change_nothing(tmp_path: Path) -> None:
    assert plan_of(tmp_path, spec_with(canary())).proof.contract == ()
