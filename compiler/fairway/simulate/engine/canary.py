"""A canary in many runs: steps, gates that are read at every interval, and what they decide.

At every reading a gate that fails ends the release. At a hold's end, and at every reading after
it, the next step begins when all gates pass; until then the step goes on. Both happen at once,
or after the time that it takes to react; meanwhile a failing gate still ends the release.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fairway.plan.release import Canary, Gate
from fairway.simulate.conditions import Conditions
from fairway.simulate.engine.beat import Beat, make_beat
from fairway.simulate.engine.draws import Flags
from fairway.simulate.engine.ends import Ends, spread
from fairway.simulate.engine.history import History
from fairway.simulate.engine.judging import latency_share, measures_errors, read
from fairway.simulate.engine.latency import make_grid
from fairway.simulate.engine.side import Side, Timing
from fairway.simulate.engine.tape import Tape, record
from fairway.simulate.result import Mark, Run, Unit, Watch
from fairway.simulate.wording import duration

_NOTHING, _ADVANCE, _ABORT = 0, 1, 2
Progress = Callable[[float], None]


class CanaryPlan(NamedTuple):
    """What of a plan is simulated: weights are out of ``total``, ``first`` counts steps from 1."""

    canary: Canary
    total: int
    first: int


def simulate_canary(
    plan: CanaryPlan, conditions: Conditions, runs: int, seed: int, progress: Progress
) -> Run:
    """Return how a canary goes; ``progress`` is told which part of the time is done."""
    release = _Release(plan, conditions, runs, seed)
    for number in range(release.beat.total):
        if not release.ends.live.any():
            break
        progress(number / release.beat.total)
        release.pass_bin(number)
    return release.run()


class _Release:
    """The state of all runs."""

    def __init__(self, plan: CanaryPlan, conditions: Conditions, runs: int, seed: int) -> None:
        canary = plan.canary
        self._plan = plan
        self._steps = canary.steps[plan.first - 1 :]
        self._reaction = conditions.reaction
        self.beat = _beat(plan, conditions)
        self._tape = record(conditions, self.beat.width, self.beat.total)
        self._holds = np.array([max(1, self.beat.bins(step.hold)) for step in self._steps])
        self._shares = np.array([step.weight / plan.total for step in self._steps])
        self._every = max(1, self.beat.bins(canary.interval))
        self._gates, self._notes = _readable(canary, conditions)
        self.ends = Ends(runs)
        self._history = History(self.beat, [_watch(gate, canary) for gate in self._gates], runs)
        self._step = np.zeros(runs, dtype=np.int64)
        self._clock = np.zeros(runs, dtype=np.int64)
        self._action = np.zeros(runs, dtype=np.int64)
        self._timer = np.zeros(runs, dtype=np.int64)
        window = max(1, self.beat.bins(canary.window))
        timings = _timings(self._gates, conditions, self._tape)
        self._candidate = Side("candidate", self._tape.candidate, window, runs, seed, timings[0])
        self._stable = Side("stable", self._tape.stable, window, runs, seed, timings[1])

    def pass_bin(self, number: int) -> None:
        """Let a bin's requests pass, read what is due, and do what is decided."""
        live = np.flatnonzero(self.ends.live)
        shares = self._shares[self._step]
        expected = self._tape.requests[number]
        self._candidate.pass_bin(number, live, expected * shares[live])
        self._stable.pass_bin(number, live, expected * (1.0 - shares[live]))
        self.ends.bad += self._candidate.bad
        self.ends.bad_total += self._candidate.bad + self._stable.bad
        self._history.pass_bin(len(live), self._candidate, self._stable)
        self._clock[live] += 1
        if not self._tape.dark[number]:
            self._read()
        self._act((number + 1) * self.beat.width)
        self._history.close(number, self.ends, self._shares[self._step])

    def _read(self) -> None:
        """Read the gates in the runs whose interval or hold ends."""
        hold = self._holds[self._step]
        due = (self._clock % self._every == 0) | (self._clock == hold)
        due &= self.ends.live & (self._action != _ABORT)
        if not due.any():
            return
        passes, fails = due.copy(), np.zeros_like(due)
        for index, gate in enumerate(self._gates):
            judged = read(gate, self._candidate, self._stable, self._plan.canary.min_requests)
            self._history.see(index, judged, due)
            self._history.stop(index, judged.bad & due)
            passes &= ~(judged.bad | judged.nothing)
            fails |= judged.bad & due
        reaction = self.beat.bins(self._reaction)
        self._decide(fails, _ABORT, reaction)
        ready = passes & (self._clock >= hold) & (self._action == _NOTHING)
        self._decide(ready, _ADVANCE, reaction)

    def _decide(self, which: Flags, action: int, reaction: int) -> None:
        self._action[which] = action
        self._timer[which] = reaction

    def _act(self, seconds: float) -> None:
        """Do what was decided, where the time to react is over."""
        now = (self._action != _NOTHING) & (self._timer == 0) & self.ends.live
        self._timer[self._timer > 0] -= 1
        if not now.any():
            return
        advance = now & (self._action == _ADVANCE)
        last = self._step == len(self._steps) - 1
        self.ends.end(now & (self._action == _ABORT), self.ends.aborted, seconds)
        self.ends.end(advance & last, self.ends.promoted, seconds)
        self._step[advance & ~last] += 1
        self._clock[advance] = 0
        self._action[now] = _NOTHING

    def run(self) -> Run:
        """Return what there is to say of all runs."""
        ends = self.ends
        return Run(
            endings=ends.endings(self.beat.total * self.beat.width),
            bad=spread(ends.bad),
            bad_total=spread(ends.bad_total),
            watches=self._history.watches(ends),
            minutes=tuple(self._history.minutes),
            steps=self._marks(),
            histograms=ends.histograms(),
            notes=self._notes,
        )

    def _marks(self) -> tuple[Mark, ...]:
        marks, begin = [], 0.0
        for step in self._steps:
            marks.append(Mark(begin, f"{step.percent:g} %"))
            begin += step.hold + self._reaction
        return tuple(marks)


def _beat(plan: CanaryPlan, conditions: Conditions) -> Beat:
    """Return the beat; without a duration twice as long as the shortest way to promote."""
    canary = plan.canary
    steps = canary.steps[plan.first - 1 :]
    planned = sum(step.hold + conditions.reaction for step in steps)
    total = conditions.duration or 2 * max(planned, canary.window)
    holds = [step.hold for step in steps]
    lengths = (canary.interval, canary.window, conditions.reaction, *holds)
    return make_beat(lengths, total)


def _readable(canary: Canary, conditions: Conditions) -> tuple[tuple[Gate, ...], tuple[str, ...]]:
    """Return the gates that can be simulated, and what to say of the others."""
    gates, notes = [], []
    known = bool(conditions.candidate.latency)
    for gate in canary.gates:
        if measures_errors(gate) or (latency_share(gate) and known):
            gates.append(gate)
        elif latency_share(gate):
            notes.append(
                f"the gate {gate.name} is left out: nothing says how long answers take (say it in"
                " the scenario, `candidate.latency`, or run `fairway test`)"
            )
        else:
            notes.append(f"the gate {gate.name} is left out: no scenario says anything about it")
    if not gates:
        notes.append("no gate can stop this candidate")
    if canary.on_failure == "pause":
        notes.append(
            "a gate that fails only pauses this canary: bad answers go on until somebody reacts,"
            f" here after {duration(conditions.reaction)} (--reaction)"
        )
    return tuple(gates), tuple(notes)


def _timings(
    gates: tuple[Gate, ...], conditions: Conditions, tape: Tape
) -> tuple[Timing | None, Timing | None]:
    """Return how latencies are drawn, for each version whose latencies a gate reads."""
    shares = {share for gate in gates if (share := latency_share(gate))}
    if not shares:
        return None, None
    compares = [gate for gate in gates if latency_share(gate) and gate.kind.startswith("within")]
    sides = [(conditions.candidate, tape.candidate), (conditions.stable, tape.stable)]
    laws = {
        (behaviour.latency[0], slower)
        for behaviour, track in sides
        for slower in {min(track.slower), max(track.slower)}
        if behaviour.latency
    }
    bounds = [gate.bound for gate in gates if latency_share(gate) and gate not in compares]
    grid = make_grid(sorted(laws), sorted(shares), [*bounds, conditions.timeout])
    candidate, stable = (
        Timing(behaviour.latency[0], grid, conditions.timeout) if behaviour.latency else None
        for behaviour, _ in sides
    )
    return candidate, stable if compares else None


def _watch(gate: Gate, canary: Canary) -> Watch:
    unit: Unit = "seconds" if latency_share(gate) else "ratio"
    of = f"over the last {duration(canary.window)}"
    return Watch(gate.name, gate.metric, f"{gate.kind} {gate.written}", of, unit, 0.0)
