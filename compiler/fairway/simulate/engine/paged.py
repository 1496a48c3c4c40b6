"""A switch that no gate watches, in many runs: it goes on until somebody is paged, and reacts.

A blue/green switch moves all traffic at once, and back at once. A rolling update replaces a few
pods at a time, each of which takes its time to be ready; rolling back does the same the other
way. Traffic goes to all ready pods alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fairway.simulate.conditions import Conditions
from fairway.simulate.engine.alerts import Alerts, pages_of
from fairway.simulate.engine.beat import MINUTE, make_beat
from fairway.simulate.engine.draws import Counts, Flags
from fairway.simulate.engine.ends import Ends, spread
from fairway.simulate.engine.history import History
from fairway.simulate.engine.side import Side
from fairway.simulate.engine.tape import record
from fairway.simulate.result import Mark, Run
from fairway.simulate.subject import Objective
from fairway.simulate.wording import duration

DAY = 86_400.0
Progress = Callable[[float], None]


class SwitchPlan(NamedTuple):
    """What of a plan is simulated: ``pods`` are replaced ``wave`` at a time.

    A wave takes ``ready`` seconds; with 0 all is switched at once. ``seconds`` is how long to
    look. ``paged`` says that somebody gets the alerts of the objectives.
    """

    pods: int
    wave: int
    ready: float
    seconds: float
    objectives: tuple[Objective, ...]
    paged: bool


def simulate_switch(
    plan: SwitchPlan, conditions: Conditions, runs: int, seed: int, progress: Progress
) -> Run:
    """Return how a switch goes; ``progress`` is told which part of the time is done."""
    release = _Switch(plan, conditions, runs, seed)
    for number in range(release.beat.total):
        if not release.ends.live.any():
            break
        progress(number / release.beat.total)
        release.pass_bin(number)
    return release.run()


class _Switch:
    """The state of all runs: how many pods are new, and who has been paged."""

    def __init__(self, plan: SwitchPlan, conditions: Conditions, runs: int, seed: int) -> None:
        self._plan = plan
        self.beat = make_beat((MINUTE, conditions.reaction, plan.ready), plan.seconds)
        self._tape = record(conditions, self.beat.width, self.beat.total)
        self._every = max(1, self.beat.bins(MINUTE))
        self._reaction = self.beat.bins(conditions.reaction)
        self._ready = self.beat.bins(plan.ready)
        self.ends = Ends(runs)
        pages = pages_of(plan.objectives) if plan.paged else ()
        self._watches = tuple(page.watch() for page in pages)
        self._history = History(self.beat, self._watches, runs)
        self._candidate = Side("candidate", self._tape.candidate, 1, runs, seed, None)
        self._stable = Side("stable", self._tape.stable, 1, runs, seed, None)
        self._alerts = Alerts(pages, conditions, self._tape, self.beat, runs, seed)
        self._new: Counts = np.full(runs, 0 if self._ready else plan.pods, dtype=np.int64)
        self._paged: Flags = np.zeros(runs, dtype=np.bool_)
        self._back: Counts = np.full(runs, -1, dtype=np.int64)  # bins until it goes back

    def pass_bin(self, number: int) -> None:
        """Let a bin's requests pass, read the alerts, and do what is decided."""
        live = np.flatnonzero(self.ends.live)
        shares = self._new / self._plan.pods
        expected = self._tape.requests[number]
        self._candidate.pass_bin(number, live, expected * shares[live])
        self._stable.pass_bin(number, live, expected * (1.0 - shares[live]))
        self.ends.bad += self._candidate.bad
        self.ends.bad_total += self._candidate.bad + self._stable.bad
        self._alerts.pass_bin(number, self._stable, self._candidate)
        self._history.pass_bin(len(live), self._candidate, self._stable)
        if (number + 1) % self._every == 0 and not self._tape.dark[number]:
            self._read()
        self._move(number + 1)
        self._history.close(number, self.ends, self._new / self._plan.pods)

    def _read(self) -> None:
        watched = self.ends.live & ~self._paged
        for index in range(len(self._watches)):
            judged = self._alerts.read(index)
            self._history.see(index, judged, watched)
            self._history.stop(index, judged.bad & watched)
            fired = judged.bad & watched & (self._back < 0)
            self._back[fired] = self._reaction
            self._paged |= fired

    def _move(self, passed: int) -> None:
        """Replace the next pods, forward or back, and end the runs that are back."""
        back = self._paged & (self._back == 0)
        self._back[self._back > 0] -= 1
        if not self._ready:
            self._new[back] = 0
        elif passed % self._ready == 0:
            self._new[back] -= self._plan.wave
            self._new[~back] += self._plan.wave
            np.clip(self._new, 0, self._plan.pods, out=self._new)
        self.ends.end(
            back & self.ends.live & (self._new == 0), self.ends.aborted, passed * self.beat.width
        )

    def run(self) -> Run:
        """Return what there is to say of all runs."""
        ends, last = self.ends, self.beat.total * self.beat.width
        ends.end(ends.live.copy(), ends.promoted, last)
        return Run(
            endings=ends.endings(last, "keep"),
            bad=spread(ends.bad),
            bad_total=spread(ends.bad_total),
            watches=self._history.watches(ends),
            minutes=tuple(self._history.minutes),
            steps=(Mark(0.0, "all at once" if not self._ready else "pod by pod"),),
            histograms=ends.histograms(),
            notes=self._notes(last),
        )

    def _notes(self, last: float) -> tuple[str, ...]:
        notes = ["no gate watches this strategy: only an alert on an objective stops it"]
        if not self._plan.objectives:
            notes.append("nothing stops it: the spec has no objectives (`monitoring.slos`)")
        elif not self._plan.paged:
            notes.append("nobody is paged: the spec has no `monitoring.alerts.page`")
        elif not self._watches:
            notes.append("no alert of its objectives pages")
        notes.append(f"looked at for {duration(last)}; what is not stopped by then counts as kept")
        return tuple(notes)
