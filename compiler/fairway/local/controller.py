"""The controller of a canary: from what the gates say, which step is next, or that it is over.

A pure state machine. Times are in seconds of the plan, on a clock that the caller keeps. Gates
are read every ``interval``, each over ``window`` but not beyond the step's begin, so that nothing
of an earlier step is counted. A step ends when its hold is over and every gate passes; what
fails is rolled back, or paused, as the plan's ``on_failure`` says; what says nothing holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from fairway.plan.release import Canary
from fairway.plan.verdict import Reading, Verdict, judge

Phase: TypeAlias = Literal["watching", "passed", "done", "rolled-back", "paused"]
"""``passed``: the step may end, and waits for somebody; ``done``: so may the last one."""

OVER: frozenset[Phase] = frozenset(("rolled-back", "paused"))
"""Nothing that the gates say changes these any more."""


class State(NamedTuple):
    """Where a canary is.

    ``step`` is the one that is live, 0 for none, or that was rolled back from; what is live
    ``began`` then, and the gates were last read at ``read``. ``verdicts`` is what each gate said
    last, by its name.
    """

    step: int
    began: float
    read: float
    phase: Phase = "watching"
    verdicts: tuple[tuple[str, Verdict], ...] = ()


class Seen(NamedTuple):
    """What there is to judge by: each gate's reading, and whether the candidate's server runs."""

    at: float
    readings: Mapping[str, Reading]
    alive: bool = True


class Decision(NamedTuple):
    """What to do: live at ``step`` from now on (None: nothing changes), and what to say of it."""

    step: int | None
    why: str


_NOTHING = Decision(None, "")


def begin(step: int, at: float) -> State:
    """Return the state of a canary whose ``step`` went live at ``at``."""
    return State(step, at, at)


def is_due(canary: Canary, state: State, at: float) -> bool:
    """Whether the gates are to be read again."""
    return state.step > 0 and at - state.read >= canary.interval - 1e-9


def looks_back(canary: Canary, state: State, at: float) -> float:
    """Return how far gates look back at ``at``, in seconds."""
    return min(canary.window, at - state.began)


def react(canary: Canary, state: State, seen: Seen, *, auto: bool) -> tuple[State, Decision]:
    """Return the next state and what to do, given what was seen.

    With ``auto`` the next step begins by itself.
    """
    if state.phase in OVER or state.step == 0:
        return state._replace(read=seen.at), _NOTHING
    if not seen.alive:
        why = "the candidate's server has ended"
        return _stop(canary, state._replace(read=seen.at), why)
    verdicts = tuple(
        (gate.name, judge(gate, seen.readings[gate.name], canary.min_requests))
        for gate in canary.gates
    )
    state = state._replace(read=seen.at, verdicts=verdicts)
    failed = next((verdict for _, verdict in verdicts if verdict.word == "fail"), None)
    if failed is not None:
        return _stop(canary, state, failed.why)
    held = seen.at - state.began >= canary.steps[state.step - 1].hold - 1e-9
    if held and all(verdict.word == "pass" for _, verdict in verdicts):
        return _passed(canary, state, seen.at, auto=auto)
    return state._replace(phase="watching"), _NOTHING


def _stop(canary: Canary, state: State, why: str) -> tuple[State, Decision]:
    if canary.on_failure == "pause":
        return state._replace(phase="paused"), Decision(None, f"paused: {why}")
    over = state._replace(phase="rolled-back", began=state.read)
    return over, Decision(0, f"rolled back: {why}")


def _passed(canary: Canary, state: State, at: float, *, auto: bool) -> tuple[State, Decision]:
    last = state.step == len(canary.steps)
    if auto and not last:
        following = state.step + 1
        why = f"step {state.step} has passed, step {following} begins"
        return State(following, at, at), Decision(following, why)
    phase: Phase = "done" if last else "passed"
    if state.phase == phase:
        return state, _NOTHING
    command = "promote" if last else "advance"
    why = f"step {state.step} has passed: `fairway {command}` may be called"
    return state._replace(phase=phase), Decision(None, why)
