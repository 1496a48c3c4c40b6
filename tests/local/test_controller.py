"""The controller of a canary as a state machine: from readings to steps, with nothing around it."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.local.controller import (
    OVER,
    Decision,
    Seen,
    State,
    begin,
    is_due,
    looks_back,
    react,
)
from fairway.plan.release import Canary, Gate, Step
from fairway.plan.verdict import Reading


def gate(name: str = "errors", kind: str = "max", bound: float = 0.01) -> Gate:
    fields = dict.fromkeys(Gate._fields, "")
    return Gate(**{**fields, "name": name, "metric": "error-ratio", "kind": kind, "bound": bound,
                   "written": f"{bound:.0%}", "limit": bound})  # type: ignore[arg-type]  # fmt: skip


def canary(*weights: int, gates: Sequence[Gate] = (gate(),), **fields: object) -> Canary:
    """Steps of 60 s each, read every 10 s over 30 s; 100 requests are enough."""
    steps = tuple(
        Step(f"steps[{i}]", i + 1, weight, float(weight), 60.0, 60, "1m", 60.0 * i)
        for i, weight in enumerate(weights or (5, 50))
    )
    empty = dict.fromkeys(Canary._fields, ())
    return Canary(**{**empty, "step": 1, "steps": steps, "gates": tuple(gates),
                     "min_requests": 100, "on_failure": "rollback", "interval": 10.0,
                     "interval_text": "10s", "window": 30.0, "window_text": "30s",
                     "fault": 0.1, "budget": 0, **fields})  # type: ignore[arg-type]  # fmt: skip


GOOD, BAD = Reading(0.0, nan, 500), Reading(0.5, nan, 500)
FEW, NONE = Reading(0.5, nan, 99), Reading(nan, nan, 500)


def seen(at: float, reading: Reading = GOOD, alive: bool = True) -> Seen:
    return Seen(at, {"errors": reading}, alive)


def test_a_bad_reading_is_rolled_back() -> None:
    state, decision = react(canary(), begin(1, 0.0), seen(10, BAD), auto=False)
    assert state.phase == "rolled-back"
    assert decision == Decision(0, "rolled back: error-ratio 50% above max 1%, on 500 requests")


def test_or_the_canary_pauses() -> None:
    state, decision = react(canary(on_failure="pause"), begin(1, 0.0), seen(10, BAD), auto=True)
    assert (state.phase, decision.step) == ("paused", None)
    assert decision.why.startswith("paused: error-ratio 50% above")


@pytest.mark.parametrize("reading", [FEW, NONE], ids=["few", "none"])
def test_what_says_nothing_holds_the_step(reading: Reading) -> None:
    state = begin(1, 0.0)
    for at in range(10, 600, 10):
        state, decision = react(canary(), state, seen(at, reading), auto=True)
        assert decision == Decision(None, "")
    assert (state.step, state.phase) == (1, "watching")
    assert [verdict.word for _, verdict in state.verdicts] == ["unknown"]


def test_a_step_ends_when_its_hold_is_over() -> None:
    state, decision = react(canary(), begin(1, 0.0), seen(59), auto=False)
    assert (state.phase, decision.why) == ("watching", "")
    state, decision = react(canary(), state, seen(60), auto=False)
    assert state.phase == "passed"
    assert decision == Decision(None, "step 1 has passed: `fairway advance` may be called")
    state, decision = react(canary(), state, seen(70), auto=False)
    assert decision == Decision(None, "")  # said once
    # It is watched on, and what it then does counts.
    state, decision = react(canary(), state, seen(80, FEW), auto=False)
    assert state.phase == "watching"
    _, decision = react(canary(), state, seen(90, BAD), auto=False)
    assert decision.step == 0


def test_steps_follow_each_other() -> None:
    state, decision = react(canary(), begin(1, 100.0), seen(160), auto=True)
    assert decision == Decision(2, "step 1 has passed, step 2 begins")
    assert state == State(2, 160.0, 160.0)
    state, decision = react(canary(), state, seen(219), auto=True)
    assert decision == Decision(None, "")
    state, decision = react(canary(), state, seen(220), auto=True)
    assert (state.step, state.phase) == (2, "done")
    assert decision == Decision(None, "step 2 has passed: `fairway promote` may be called")


def test_every_gate_must_pass() -> None:
    gates = [gate("errors"), gate("success", "min", 0.9)]
    both = Seen(60, {"errors": GOOD, "success": Reading(0.95, nan, 500)})
    state, _ = react(canary(gates=gates), begin(1, 0.0), both, auto=False)
    assert state.phase == "passed"
    one = Seen(60, {"errors": GOOD, "success": Reading(0.95, nan, 50)})
    state, _ = react(canary(gates=gates), begin(1, 0.0), one, auto=False)
    assert state.phase == "watching"
    bad = Seen(60, {"errors": GOOD, "success": Reading(0.85, nan, 500)})
    _, decision = react(canary(gates=gates), begin(1, 0.0), bad, auto=False)
    assert decision == Decision(0, "rolled back: error-ratio 85% below min 90%, on 500 requests")


def test_without_gates_only_the_hold_counts() -> None:
    state, _ = react(canary(gates=()), begin(1, 0.0), Seen(60, {}), auto=False)
    assert state.phase == "passed"


def test_a_dead_candidate_needs_no_reading() -> None:
    state, decision = react(canary(), begin(1, 0.0), Seen(1, {}, alive=False), auto=True)
    assert (state.phase, decision.step) == ("rolled-back", 0)
    assert "server has ended" in decision.why


def test_before_the_first_step_nothing_is_judged() -> None:
    for what in (seen(900, BAD), Seen(900, {}, alive=False)):
        state, decision = react(canary(), begin(0, 0.0), what, auto=True)
        assert (state.step, state.phase, decision.step) == (0, "watching", None)
    assert not is_due(canary(), begin(0, 0.0), 900)


def test_when_it_is_read_and_how_far_it_looks_back() -> None:
    state = begin(1, 100.0)
    assert not is_due(canary(), state, 109.9)
    assert is_due(canary(), state, 110.0)
    assert looks_back(canary(), state, 110.0) == 10.0  # nothing of an earlier step
    assert looks_back(canary(), state, 190.0) == 30.0


READINGS = st.builds(
    Reading,
    st.one_of(st.floats(0, 1), st.just(nan)),
    st.just(nan),
    st.floats(0, 1000),
)


@given(
    st.lists(st.tuples(READINGS, st.floats(0.1, 200), st.booleans()), max_size=40),
    st.lists(st.integers(0, 100), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from(["rollback", "pause"]),
)
def test_whatever_is_read(
    history: list[tuple[Reading, float, bool]], weights: list[int], auto: bool, failure: str
) -> None:
    """Steps only rise by one, after their hold, on good readings; what is over stays over."""
    plan = canary(*weights, on_failure=failure)
    state, at = begin(1, 0.0), 0.0
    for reading, passed, dead in history:
        at += passed
        what = Seen(at, {"errors": reading}, alive=not dead)
        before = state
        state, decision = react(plan, before, what, auto=auto)
        assert state.read == at
        if before.phase in OVER:
            assert (state.phase, decision) == (before.phase, Decision(None, ""))
        elif dead or (reading.requests >= 100 and reading.value > 0.01):
            assert state.phase in OVER
            assert decision.step == (0 if failure == "rollback" else None)
        elif decision.step is not None:
            assert auto
            assert decision.step == state.step == before.step + 1 <= len(weights)
            assert at - before.began >= 60 - 1e-6
            assert reading.requests >= 100
            assert reading.value <= 0.01
        else:
            assert state.step == before.step
