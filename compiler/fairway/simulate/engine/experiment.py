"""An A/B test in many runs: which decision the plan's own rule takes, and when.

A look is due as soon as both arms have their part of the planned sample, and it is taken then.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np

from fairway.analyze.experiment import plan_of
from fairway.arithmetic.design import Design
from fairway.arithmetic.power import time_to_reach
from fairway.plan.release import Experiment, Outcome
from fairway.report.summary import count
from fairway.simulate.conditions import Conditions
from fairway.simulate.engine.beat import Beat, even_beat
from fairway.simulate.engine.deciding import (
    Arm,
    first_differs,
    levels,
    split_is_wrong,
    statistics,
)
from fairway.simulate.engine.draws import Counts, Flags, Stream, binomial, poisson
from fairway.simulate.engine.ends import Ends, histogram, sorted_endings, spread
from fairway.simulate.engine.history import History
from fairway.simulate.engine.judging import Judged
from fairway.simulate.engine.side import Side
from fairway.simulate.engine.tape import record
from fairway.simulate.result import Mark, Run, Watch
from fairway.simulate.wording import percent

Progress = Callable[[float], None]
_BINS = 200
_MOST_BINS = 5000


def simulate_experiment(
    experiment: Experiment, conditions: Conditions, runs: int, seed: int, progress: Progress
) -> Run:
    """Return how an experiment ends; ``progress`` is told which part of the time is done."""
    test = _Test(experiment, conditions, runs, seed)
    for number in range(test.beat.total):
        if not test.ends.live.any():
            break
        progress(number / test.beat.total)
        test.pass_bin(number)
    return test.run()


class _Users:
    """The users of one arm, and how many of them had each outcome."""

    def __init__(self, role: str, share: float, rates: list[float], runs: int, seed: int) -> None:
        self._share, self._rates = share, rates
        self._arrivals = Stream(seed, f"{role} users", runs)
        self._chances = [
            Stream(seed, f"{role} outcome {index}", runs) for index in range(len(rates))
        ]
        self.units: Counts = np.zeros(runs, dtype=np.int64)
        self.outcomes: list[Counts] = [np.zeros(runs, dtype=np.int64) for _ in rates]

    def pass_bin(self, expected: float) -> None:
        new = poisson(self._arrivals.take(), np.full(len(self.units), expected * self._share))
        self.units += new
        for had, stream, rate in zip(self.outcomes, self._chances, self._rates, strict=True):
            had += binomial(stream.take(), new, rate)

    def arm(self) -> Arm:
        return Arm(self.units, tuple(self.outcomes))


class _Test:
    """The state of all runs: users, outcomes, and the looks that were taken."""

    def __init__(
        self, experiment: Experiment, conditions: Conditions, runs: int, seed: int
    ) -> None:
        self._experiment, self._plan = experiment, plan_of(experiment)
        self.beat = _beat(self._plan, experiment, conditions)
        self._tape = record(conditions, self.beat.width, self.beat.total)
        said = _users_said(experiment, conditions)
        self._expected = (
            (said * self.beat.width,) * self.beat.total if said else self._tape.requests
        )
        true = dict(conditions.outcomes)
        planned = [outcome.baseline for outcome in experiment.outcomes]
        actual = [true.get(each.metric, each.baseline) for each in experiment.outcomes]
        share = experiment.share
        self._arms = (
            _Users("stable", 1.0 - share, planned, runs, seed),
            _Users("candidate", share, actual, runs, seed),
        )
        self.ends = Ends(runs)
        self._none: Flags = np.zeros(runs, dtype=np.bool_)
        self._wrong: Flags = np.zeros(runs, dtype=np.bool_)
        self._looks: Counts = np.zeros(runs, dtype=np.int64)
        self._history = History(self.beat, [_watch(each) for each in experiment.outcomes], runs)
        self._sides = tuple(
            Side(role, track, 1, runs, seed, None)
            for role, track in (
                ("stable", self._tape.stable), ("candidate", self._tape.candidate)
            )
        )  # fmt: skip

    def pass_bin(self, number: int) -> None:
        """Let a bin's users come, and take the looks that are due."""
        stable, candidate = self._sides
        live = np.flatnonzero(self.ends.live)
        expected = np.full(len(live), self._tape.requests[number])
        share = self._experiment.share
        candidate.pass_bin(number, live, expected * share)
        stable.pass_bin(number, live, expected * (1.0 - share))
        self.ends.bad += candidate.bad
        self.ends.bad_total += candidate.bad + stable.bad
        self._history.pass_bin(len(live), candidate, stable)
        for arm in self._arms:
            arm.pass_bin(self._expected[number])
        for look in range(len(self._plan.fractions)):
            self._look(look, (number + 1) * self.beat.width)
        shares = np.full(len(self.ends.live), share)
        self._history.close(number, self.ends, shares)

    def _look(self, look: int, seconds: float) -> None:
        """Take one look in the runs where it is due now, and was not yet."""
        stable, candidate = (arm.arm() for arm in self._arms)
        part, sample = self._plan.fractions[look], self._plan.sample
        due = self.ends.live & (self._looks == look)
        due &= stable.units >= ceil(sample.stable * part)
        due &= candidate.units >= ceil(sample.candidate * part)
        if not due.any():
            return
        self._looks[due] += 1
        z = statistics(stable, candidate)
        bounds = levels(self._experiment, self._plan, look)
        differs = first_differs(z, bounds)
        wrong = due & split_is_wrong(stable.units, candidate.units, self._experiment.share)
        decided = due & differs & ~wrong
        self._show(stable, candidate, due, differs)
        none = due & ~differs & ~wrong & (look == len(self._plan.fractions) - 1)
        self.ends.end(wrong, self._wrong, seconds)
        self.ends.end(decided & (z[0] > 0), self.ends.promoted, seconds)
        self.ends.end(decided & (z[0] < 0), self.ends.aborted, seconds)
        self.ends.end(none, self._none, seconds)
        self._history.stop(0, decided & (z[0] < 0))

    def _show(self, stable: Arm, candidate: Arm, due: Flags, differs: Flags) -> None:
        for index, outcome in enumerate(self._experiment.outcomes):
            had = stable.outcomes[index], candidate.outcomes[index]
            value = had[1] / np.maximum(candidate.units, 1) - had[0] / np.maximum(stable.units, 1)
            significant = differs if index == 0 else np.zeros_like(differs)
            judged = Judged(
                value, np.full(len(value), outcome.effect), significant & (value < 0), ~significant
            )
            self._history.see(index, judged, due)

    def run(self) -> Run:
        """Return what there is to say of all runs."""
        ends, last = self.ends, self.beat.total * self.beat.width
        seconds = np.where(ends.live, last, ends.seconds)
        endings = (
            ends.ending("promote", "candidate wins", ends.promoted, seconds),
            ends.ending("abort", "stable wins", ends.aborted, seconds),
            ends.ending("neither", "no difference", self._none, seconds),
            ends.ending("neither", "not yet decided", ends.live, seconds),
            ends.ending("neither", "the split is wrong", self._wrong, seconds),
        )
        sample = self._plan.sample
        note = f"the plan needs {sample.stable:,} users of stable and {sample.candidate:,} of the"
        return Run(
            endings=sorted_endings(endings),
            bad=spread(ends.bad),
            bad_total=spread(ends.bad_total),
            watches=self._history.watches(ends),
            minutes=tuple(self._history.minutes),
            steps=(Mark(0.0, percent(self._experiment.share)),),
            histograms=(histogram("time to decide", "seconds", ends.seconds[~ends.live]),
                        histogram("bad answers of the candidate", "number", ends.bad)),
            notes=(f"{note} candidate, in {count(len(self._plan.fractions), 'look')}",),
        )  # fmt: skip


def _users_said(experiment: Experiment, conditions: Conditions) -> float:
    """Return how many new users come per second, 0 where every request is one."""
    if conditions.users:
        return conditions.users[0].pieces[0].first
    return experiment.users


def _beat(plan: Design, experiment: Experiment, conditions: Conditions) -> Beat:
    """Return a beat of some hundred bins until the sample is there, or the time is over."""
    duration = conditions.duration or experiment.duration
    rate = _users_said(experiment, conditions) or conditions.rate.means(duration, 1)[0]
    reached = time_to_reach(plan.sample, rate, experiment.share)
    # A look is taken in the bin that brings the last user it needs: bins are a part of that time.
    length = min(duration, reached)
    most = length / (_BINS * len(plan.fractions) ** 0.5)
    return even_beat(duration, 1.2 * length, max(most, duration / _MOST_BINS))


def _watch(outcome: Outcome) -> Watch:
    points = f"{outcome.effect * 100:+.3g} pp"
    of = "of the candidate minus stable’s, at each look"
    return Watch(outcome.metric, outcome.metric, f"planned {points}", of, "ratio", 0.0)
