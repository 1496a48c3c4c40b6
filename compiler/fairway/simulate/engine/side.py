"""One version's traffic in all runs: requests, bad answers, latencies, and what windows hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fairway.simulate.conditions import Lognormal
from fairway.simulate.engine.draws import Counts, Floats, Stream, binomial, poisson
from fairway.simulate.engine.latency import Grid, shares_of
from fairway.simulate.engine.sliding import Sliding
from fairway.simulate.engine.tape import Track


class Timing(NamedTuple):
    """How a version's latencies are drawn: its law, and the grid that they are counted on."""

    law: Lognormal
    grid: Grid
    timeout: float


class Side:
    """One version; ``requests`` and ``bad`` are those of the last bin, one number a run.

    ``all_requests``, ``all_bad`` and ``all_times`` are what the gates' window holds of them.
    """

    def __init__(
        self, role: str, track: Track, window: int, runs: int, seed: int, timing: Timing | None
    ) -> None:
        self._track = track
        self._timing = timing
        self._arrivals = Stream(seed, f"{role} arrivals", runs)
        self._faults = Stream(seed, f"{role} faults", runs)
        self._times = Stream(seed, f"{role} times", runs)
        self.requests: Counts = np.zeros(runs, dtype=np.int64)
        self.bad: Counts = np.zeros(runs, dtype=np.int64)
        self.all_requests = Sliding(window, (runs,))
        self.all_bad = Sliding(window, (runs,))
        ranges = len(timing.grid.levels) + 1 if timing else 0
        self.all_times = Sliding(window, (runs, ranges)) if timing else None

    def pass_bin(self, number: int, live: Counts, expected: Floats) -> None:
        """Let a bin pass: ``expected`` requests in each of the runs that ``live`` lists."""
        arrivals, faults = self._arrivals.take(), self._faults.take()
        self.requests.fill(0)
        self.bad.fill(0)
        requests = poisson(arrivals[live], expected)
        bad = binomial(faults[live], requests, self._track.bad[number])
        self.requests[live], self.bad[live] = requests, bad
        self.all_requests.add(self.requests)
        self.all_bad.add(self.bad)
        if self._timing is not None and self.all_times is not None:
            self.all_times.add(self._histograms(self._timing, number))

    def ratio(self) -> Floats:
        """Return the share of bad answers in the window, NaN where it holds no request."""
        return ratio(self.all_bad.total, self.all_requests.total)

    def percentile(self, share: float) -> Floats:
        """Return a percentile of the latencies in the window."""
        if self._timing is None or self.all_times is None:
            return np.full(len(self.bad), np.nan)
        return self._timing.grid.percentile(self.all_times.total, share)

    def _histograms(self, timing: Timing, number: int) -> Counts:
        answered = self.requests
        late = self._track.late[number]
        if late > 0.0:
            answered = answered - self._times.generator.binomial(self.bad, late)
        levels, slower = timing.grid.levels, self._track.slower[number]
        shares = np.array(shares_of(levels, timing.law, slower, timing.timeout))
        return timing.grid.draw(self._times, answered, shares / shares.sum())


def ratio(part: Counts | Floats, whole: Counts | Floats) -> Floats:
    """Return a share of counts, NaN of nothing."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)
