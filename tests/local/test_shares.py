"""The plan at another step is what planning that step gives, and ends of processes mean as much."""

from __future__ import annotations

from pathlib import Path

import pytest
from local.reader import CANDIDATE, STABLE, WORKLOADS, canary, chosen

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
