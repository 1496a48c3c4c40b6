"""A fix names a target that the environment can use, or says what it needs besides."""

from __future__ import annotations

import pytest

from fairway.packs import pack_folder
from fairway.target.load import load_targets
from fairway.target.suggest import able, fix_with, nearest_first

IN_A_CLUSTER = {("workload", "kubernetes"), ("router", "gateway-api"), ("gateway", "contour")}
ON_A_MACHINE = {("workload", "compose"), ("router", "envoy")}

CASES = {
    "a router that fits": (
        "serving.auth.jwt",
        {("workload", "kubernetes"), ("router", "gateway-api"), ("gateway", "istio")},
        "the target `istio` can: set it as the environment's `router`",
    ),
    "a router of another gateway": (
        "serving.auth.jwt",
        IN_A_CLUSTER,
        "the target `istio` can: set it as the environment's `router`, with the gateway istio",
    ),
    "a router of another workload": (
        "release.strategy.ab.split.by=user-hash",
        IN_A_CLUSTER,
        "the target `envoy` can: set it as the environment's `router`, with the workload compose",
    ),
    "a workload": (
        "serving.scaling",
        ON_A_MACHINE,
        "the target `kubernetes` can: set it as the environment's `workload`",
    ),
    "nobody": ("serving.mode=batch", IN_A_CLUSTER, "otherwise"),
}


@pytest.mark.parametrize(("name", "has", "fix"), CASES.values(), ids=CASES)
def test_a_suggestion(name: str, has: set[tuple[str, str]], fix: str) -> None:
    targets = nearest_first(load_targets((pack_folder("targets"),)).values(), has)
    assert fix_with(able(name, targets), "otherwise", has).description == fix
