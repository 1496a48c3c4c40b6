"""A mirror in many runs: whether the answers that are compared give the candidate away.

What a mirror shows is judged once, at the end of the time that is looked at, by the plan's own
bound: the interval of the share that differs (Wilson's, 95 %) must be on one side of it. The
bound is outside of that interval exactly when the score test rejects it,
(k / n - m)^2 > z^2 m (1 - m) / n. An answer that is an error, or comes too late, differs too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fairway.analyze.shadow import ALPHA
from fairway.arithmetic.normal import upper
from fairway.plan.release import Shadow
from fairway.simulate.conditions import Conditions
from fairway.simulate.engine.beat import even_beat
from fairway.simulate.engine.draws import Counts, Flags, Floats, Stream, binomial
from fairway.simulate.engine.ends import Ends, histogram, sorted_endings, spread
from fairway.simulate.engine.history import History
from fairway.simulate.engine.judging import Judged
from fairway.simulate.engine.side import Side, ratio
from fairway.simulate.engine.tape import record
from fairway.simulate.result import Run, Watch
from fairway.simulate.wording import duration, percent

DAY = 86_400.0
Progress = Callable[[float], None]


class ShadowPlan(NamedTuple):
    """What of a plan is simulated: its bound, and the share of requests (0-1) that is copied."""

    shadow: Shadow
    mirrored: float


class Said(NamedTuple):
    """What the plan's rule says in each run."""

    passes: Flags
    fails: Flags


def judge(differing: Counts, pairs: Counts, most: float) -> Said:
    """Return what many results say: ``differing`` of so many ``pairs``, held against ``most``."""
    share = ratio(differing, pairs)
    reach = upper(ALPHA / 2) ** 2 * most * (1.0 - most) / np.maximum(pairs, 1)
    outside = (pairs > 0) & ((share - most) ** 2 > reach)
    return Said(outside & (share < most), outside & (share > most))


def simulate_shadow(
    plan: ShadowPlan, conditions: Conditions, runs: int, seed: int, progress: Progress
) -> Run:
    """Return what a mirror finds; ``progress`` is told which part of the time is done."""
    mirror = _Mirror(plan, conditions, runs, seed)
    for number in range(mirror.beat.total):
        progress(number / mirror.beat.total)
        mirror.pass_bin(number)
    return mirror.run()


class _Mirror:
    """The state of all runs: pairs of answers so far, and since when the rule says the same."""

    def __init__(self, plan: ShadowPlan, conditions: Conditions, runs: int, seed: int) -> None:
        self._plan = plan
        self._conditions = conditions
        self.beat = even_beat(conditions.duration or DAY)
        self._tape = record(conditions, self.beat.width, self.beat.total)
        most = percent(plan.shadow.most).replace(" ", "")
        watch = Watch("disagreement", "disagreement", f"max {most}", "so far", "ratio", 0.0)
        self._ends = Ends(runs)
        self._history = History(self.beat, [watch], runs)
        self._candidate = Side("candidate", self._tape.candidate, 1, runs, seed, None)
        self._stable = Side("stable", self._tape.stable, 1, runs, seed, None)
        self._answers = Stream(seed, "disagreement", runs)
        self._pairs: Counts = np.zeros(runs, dtype=np.int64)
        self._differing: Counts = np.zeros(runs, dtype=np.int64)
        self._said = judge(self._differing, self._pairs, plan.shadow.most)
        self._since: Floats = np.zeros(runs)

    def pass_bin(self, number: int) -> None:
        """Let a bin's requests pass, and judge the pairs that there are."""
        every = np.arange(len(self._pairs))
        expected = np.full(len(every), self._tape.requests[number])
        self._candidate.pass_bin(number, every, expected * self._plan.mirrored)
        self._stable.pass_bin(number, every, expected)
        answered = self._candidate.requests - self._candidate.bad
        differing = binomial(self._answers.take(), answered, self._conditions.disagreement)
        self._pairs += self._candidate.requests
        self._differing += self._candidate.bad + differing
        self._ends.bad_total += self._stable.bad
        said = judge(self._differing, self._pairs, self._plan.shadow.most)
        changed = (said.passes != self._said.passes) | (said.fails != self._said.fails)
        self._since[changed] = (number + 1) * self.beat.width
        self._said = said
        self._history.pass_bin(len(every), self._candidate, self._stable)
        value = ratio(self._differing, self._pairs)
        limit = np.full(len(every), self._plan.shadow.most)
        judged = Judged(value, limit, said.fails, ~(said.passes | said.fails))
        self._history.see(0, judged, np.ones(len(every), dtype=np.bool_))
        self._history.close(number, self._ends, np.zeros(len(every)))

    def run(self) -> Run:
        """Return what there is to say of all runs."""
        ends, (passes, fails) = self._ends, self._said
        endings = (
            ends.ending("promote", "passes", passes, self._since),
            ends.ending("abort", "fails", fails, self._since),
            ends.ending("neither", "undecided", ~(passes | fails), self._since),
        )
        last = duration(self.beat.total * self.beat.width)
        return Run(
            endings=sorted_endings(endings),
            bad=spread(ends.bad),
            bad_total=spread(ends.bad_total),
            watches=self._history.watches(ends),
            minutes=tuple(self._history.minutes),
            steps=(),
            histograms=(
                histogram("said from then on", "seconds", self._since[passes | fails]),
                histogram("answers that differ", "number", self._differing.astype(np.float64)),
            ),
            notes=(f"judged once, after {last}; the time is since when it would have said so",),
        )
