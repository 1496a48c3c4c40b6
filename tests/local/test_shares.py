"""The plan at another step is what planning that step gives, and ends of processes mean as much."""

from __future__ import annotations

from pathlib import Path

import pytest
from local.reader import (
    CANDIDATE,
    PROJECT,
    SERVING,
    STABLE,
    WORKLOADS,
    canary,
    chosen,
    document,
    write,
)

from fairway.local.choice import choose
from fairway.local.fate import fate_of
from fairway.local.stepping import at_step

WEIGHTS = ("2.5%", "50%", "100%")


@pytest.mark.parametrize("sticky", [None, {"header": "x-user"}])
def test_another_step_is_as_if_it_was_planned(
    tmp_path: Path, sticky: dict[str, str] | None
) -> None:
    more = {"sticky": sticky} if sticky else {}
    plans = [
        chosen(tmp_path / str(step), canary(*WEIGHTS, step=step, **more)).plan
        for step in range(len(WEIGHTS) + 1)
    ]
    for plan in plans:
        for step, expected in enumerate(plans):
            moved = at_step(plan, step)
            assert moved.proxy.rules == expected.proxy.rules
            assert moved.release.variants == expected.release.variants
            assert moved.release.canary[0].step == step


def test_without_a_candidate_or_in_a_handover_there_is_nothing_to_move(tmp_path: Path) -> None:
    alone = chosen(tmp_path / "alone", canary("5%", step=0), candidate=None).plan
    assert at_step(alone, 1) == alone
    old = chosen(tmp_path / "old", canary("5%"), handover="rolling").plan
    assert at_step(old, 1) == old


def test_the_candidate_is_first(tmp_path: Path) -> None:
    (rule,) = chosen(tmp_path, canary("5%")).plan.proxy.rules
    assert [(each.version, each.weight) for each in rule.portions] == [(CANDIDATE, 5), (STABLE, 95)]


@pytest.mark.parametrize(
    ("workload", "router"),
    [
        ("kubernetes", "gateway-api"),
        ("kubernetes", "istio"),
        ("kubernetes", "argo-rollouts"),
        ("kubernetes", "flagger"),
        ("kubeflow", "gateway-api"),
    ],
)
def test_whatever_the_environments_router_is(tmp_path: Path, workload: str, router: str) -> None:
    gates = [{"metric": "error-ratio", "max": "1%"}]
    spec = canary("5%", "50%", gates=gates, interval="1m")
    here = chosen(tmp_path / "here", spec).plan
    # Istio attaches to gateways of its own only.
    implementation = "istio" if router == "istio" else "contour"
    place = {
        **PROJECT["environments"]["box"],
        "workload": workload,
        "router": router,
        "gateway": {"name": "public", "namespace": "edge", "implementation": implementation},
        "prometheus": {"address": "http://prometheus.monitoring:9090"},
    }
    project = {**PROJECT, "environments": {"cluster": place}}
    scaling = {"min": 1, "max": 2, "metric": "cpu", "target": "70%"}
    serving = {**SERVING, "callers": [{"gateway": "public"}], "scaling": scaling}
    inside = {**document(spec), "serving": serving}
    path = write(tmp_path / "there", inside, project)
    found = choose(str(path), "cluster")
    assert found.choice is not None, [each.message for each in found.diagnostics]
    plan = found.choice.plan
    assert plan.proxy.rules == here.proxy.rules
    assert [each.name for each in plan.workloads] == list(WORKLOADS.values())
    # Gates are on what the proxy here counts, not on what is counted there.
    assert [each.query for each in plan.release.canary[0].gates] == [
        each.query for each in here.release.canary[0].gates
    ]
    assert 'envoy_cluster_name="digit-reader-1-1-0"' in plan.release.canary[0].gates[0].query


FATES = {
    "canary": (canary("5%"), {STABLE: "over", CANDIDATE: "candidate"}),
    "shadow": ({"shadow": {"mirror": "100%"}}, {STABLE: "over", CANDIDATE: "noted"}),
    "blue": ({"blueGreen": {"active": "stable"}}, {STABLE: "over", CANDIDATE: "noted"}),
    "green": ({"blueGreen": {"active": "candidate"}}, {STABLE: "noted", CANDIDATE: "over"}),
}


@pytest.mark.parametrize("name", FATES)
def test_what_the_end_of_a_process_means(tmp_path: Path, name: str) -> None:
    strategy, fates = FATES[name]
    plan = chosen(tmp_path, strategy).plan
    assert {version: fate_of(plan, WORKLOADS[version]) for version in fates} == fates
    assert fate_of(plan, "envoy") == fate_of(plan, f"drill-{WORKLOADS[CANDIDATE]}") == "over"
    assert fate_of(plan, "prometheus") == "reader"
