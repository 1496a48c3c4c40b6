"""What a step must have shown before the next one: its time, and what its gates say of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil, nan
from typing import NamedTuple

from fairway.evidence.dates import written
from fairway.plan.release import Canary
from fairway.plan.saying import amount, bound
from fairway.plan.verdict import Verdict, judge
from fairway.stepping.history import Commit, History
from fairway.stepping.measured import NOTHING, Taken
from fairway.stepping.move import Judged, Refusal, Situation, Wait
from fairway.stepping.state import State
from fairway.stepping.words import span

SKEW = timedelta(minutes=1)
"""How far the clocks of those who measure may be ahead."""


class Shown(NamedTuple):
    """What a step has shown: how long it has been held, its readings, and what is missing."""

    wait: tuple[Wait, ...]
    taken: tuple[Taken, ...]
    judged: tuple[Judged, ...]
    refusals: tuple[Refusal, ...]


def held(
    situation: Situation, needed: float, what: str, reason: str = ""
) -> tuple[tuple[Wait, ...], list[Refusal]]:
    """Return since when the present state is in git, and what is missing of ``needed`` seconds.

    ``reason`` says where that number comes from, when the spec does not say it itself.
    """
    position = situation.state.position
    began = situation.history.since(situation.environment, lambda each: each.position == position)
    if began is None:
        why = f"{what} is not committed: HEAD says {_said(situation.history, situation)}"
        fix = "commit it, and let it run for as long as it is held"
        return (), [Refusal(why, fix, forced=True)]
    passed = (situation.now - began.time).total_seconds()
    least = not situation.history.whole and began == situation.history.pasts[-1].commit
    wait = Wait(what, began, needed, passed, least)
    if passed >= needed:
        return (wait,), []
    left = span(ceil(needed - passed))
    long = f"{span(needed)} ({reason})" if reason else span(needed)
    why = f"{what} is held for {long}, and has been for {span(passed)} ({began.short})"
    fix = f"wait {left} more"
    if least:
        fix += "; the clone is shallow, so it may have been longer: `git fetch --unshallow`"
    return (wait,), [Refusal(why, fix, forced=True)]


def shown(situation: Situation, canary: Canary, needed: float, what: str) -> Shown:
    """Return what the present step has shown, after a hold of ``needed`` seconds."""
    reason = ""
    if canary.gates and canary.window > needed:
        reason = f"hold {span(needed)}, and the gates' window is {canary.window_text}"
        needed = canary.window
    wait, refusals = held(situation, needed, what, reason)
    if not canary.gates:
        return Shown(wait, (), (), tuple(refusals))
    taken = situation.measure(canary)
    if taken is None:
        why = f"nothing says how {situation.state.candidate} does: {len(canary.gates)} gates"
        fix = "give --prometheus URL or --metrics FILE; --questions prints what to measure"
        return Shown(wait, (), (), (*refusals, Refusal(why, fix, forced=True)))
    judged = tuple(_judge(canary, taken))
    refusals += _stale(situation, canary, taken, wait[0].commit if wait else None)
    refusals += [_against(each, canary) for each in judged if each.verdict.word != "pass"]
    return Shown(wait, (taken,), judged, tuple(refusals))


def _judge(canary: Canary, taken: Taken) -> Iterator[Judged]:
    for gate in canary.gates:
        reading = taken.readings.get(gate.name)
        if reading is None:
            verdict = Verdict("unknown", nan, f"{taken.source} has no reading of it")
            yield Judged(gate, NOTHING, verdict)
        else:
            yield Judged(gate, reading, judge(gate, reading, canary.min_requests))


def _stale(
    situation: Situation, canary: Canary, taken: Taken, began: Commit | None
) -> Iterator[Refusal]:
    """Find readings that are not of this step, or say nothing of how it does by now."""
    if taken.end > situation.now + SKEW:
        yield Refusal(
            f"{taken.source} was measured until {taken.end.isoformat()}, which is to come"
        )
    age = (situation.now - taken.end).total_seconds()
    if age > canary.window:
        why = f"{taken.source} is {span(age)} old, and the gates look back {canary.window_text}"
        yield Refusal(why, "measure again", forced=True)
    length = (taken.end - taken.start).total_seconds()
    if length < canary.window - canary.interval:
        why = (
            f"{taken.source} covers {span(length)}, and the gates look back {canary.window_text}"
            f" (at most one interval of {canary.interval_text} may be missing)"
        )
        yield Refusal(why, f"measure over {canary.window_text}", forced=True)
    if began is not None and taken.start < began.time:
        why = (
            f"{taken.source} begins at {written(taken.start)}, before the step did"
            f" ({written(began.time)}, {began.short})"
        )
        yield Refusal(why, "measure the step alone", forced=True)


def _against(judged: Judged, canary: Canary) -> Refusal:
    gate, reading, verdict = judged
    if verdict.word == "unknown":
        why = f"gate {gate.name} ({gate.metric} {bound(gate)}) says nothing: {verdict.why}"
        if reading is NOTHING:
            fix = "measure it too: --questions prints its queries"
        elif reading.requests < canary.min_requests:
            fix = "wait for more traffic"
        else:
            fix = "find out why nothing was measured"
        return Refusal(why, fix, forced=True)
    measured = f"{amount(gate, reading.value)} of {reading.requests:,.0f} requests"
    limit = "" if gate.kind in ("max", "min") else f" ({amount(gate, verdict.limit)})"
    why = f"gate {gate.name}: {gate.metric} is {measured}; the bound is {bound(gate)}{limit}"
    back = canary.on_failure == "rollback"
    fix = (
        "`fairway rollback` (`onFailure: rollback`)"
        if back
        else "find out why (`onFailure: pause`)"
    )
    return Refusal(why, fix, forced=True)


def _said(history: History, situation: Situation) -> str:
    state = history.head(situation.environment)
    return "nothing of it" if state is None else _words(state.position, situation.state.position)


def _words(then: State, now: State) -> str:
    """Return what of a state differs from the present one."""
    pairs = zip(State._fields, then, now, strict=True)
    return ", ".join(f"{name} {old or 'none'}" for name, old, new in pairs if old != new)
