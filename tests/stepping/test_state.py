"""A state read from plain values says the same as the bound deployment, its plan and its facts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.deployment import workload_name
from fairway.policy.facts import answers
from fairway.policy.sample import samples_of
from fairway.stepping.state import State, state_of

STEPS = [{"weight": "5%", "hold": "30m"}, {"weight": "25%", "hold": "1h"}]
AB = {
    "split": {"by": "header", "name": "x-cohort", "candidate": ["beta"]},
    "weight": "50%",
    "metric": "conversion",
    "baseline": "5.0%",
    "effect": "0.5pp",
    "duration": "14d",
}
STRATEGIES: dict[str, Any] = {
    "nothing said": None,
    "rolling": {"rolling": {}},
    "blue": {"blueGreen": {}},
    "green": {"blueGreen": {"active": "candidate"}},
    "canary": {"canary": {"steps": STEPS}},
    "canary 0": {"canary": {"step": 0, "steps": STEPS}},
    "canary 2": {"canary": {"step": 2, "steps": STEPS}},
    "shadow": {"shadow": {"mirror": "10%"}},
    "ab": {"ab": AB},
}


@pytest.mark.parametrize("handover", [None, "rolling"])
@pytest.mark.parametrize("name", STRATEGIES)
def test_states_are_those_of_deployments(name: str, handover: str | None) -> None:
    strategy = STRATEGIES[name]
    rolling = name in ("rolling", "nothing said")
    release: dict[str, Any] = {"candidate": None if rolling else "2.0.0"}
    if strategy is not None:
        release["strategy"] = strategy
    if handover is not None and not rolling:
        release["handover"] = handover
    (sample,) = samples_of("deployment", (), {"release": release})
    deployment = sample.deployment
    state = state_of(deployment.merged.value)
    assert state is not None
    assert (state.stable, state.candidate or None) == (
        deployment.spec.release.stable,
        deployment.spec.release.candidate,
    )
    for version in deployment.versions:
        said = answers(deployment, version)
        if version == state.candidate:
            assert state.tried == said
        own = workload_name(deployment.name, version)
        assert state.runs(version) == (own in dict(deployment.workloads))
    assert answers(deployment, state.newest)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["1.0.0", "stable", "5%"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["release", "stable", "candidate", "strategy", "canary", "blueGreen", "step", "steps",
             "weight", "active", "handover", "ab", "shadow", "mirror"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(ANYTHING)
def test_whatever_was_committed_is_a_state_or_none(values: object) -> None:
    state = state_of({"release": values})
    assert state is None or (isinstance(state, State) and isinstance(state.stable, str))
    assert state is None or 0 <= state.step <= state.steps


def test_two_strategies_are_no_state() -> None:
    strategy = {"canary": {"steps": STEPS}, "rolling": {}}
    assert state_of({"release": {"stable": "1", "strategy": strategy}}) is None
