"""How runs end, counted: shares of the runs, times, bad answers, and how they are spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairway.arithmetic.proportions import Count, wilson
from fairway.simulate.engine.draws import Flags, Floats
from fairway.simulate.result import Band, Ending, Histogram, Kind, Spread, Unit

_NONE = float("nan")
_BARS = 30
_SHARES = np.array([0.1, 0.5, 0.9])


class Ends:
    """Where each run is: how it ended and when, and the bad answers that it gave so far."""

    def __init__(self, runs: int) -> None:
        self.live: Flags = np.ones(runs, dtype=np.bool_)
        self.aborted: Flags = np.zeros(runs, dtype=np.bool_)
        self.promoted: Flags = np.zeros(runs, dtype=np.bool_)
        self.seconds: Floats = np.full(runs, _NONE)
        self.bad: Floats = np.zeros(runs)
        self.bad_total: Floats = np.zeros(runs)

    def end(self, which: Flags, ending: Flags, seconds: float) -> None:
        """End the runs that ``which`` marks, as ``ending``, which is one of this object's."""
        ending |= which
        self.live &= ~which
        self.seconds[which] = seconds

    def endings(self, last: float, promoted: str = "promote") -> tuple[Ending, ...]:
        """Return the ways to end, the most frequent first.

        ``promoted`` is what the strategy calls that; what still goes on after ``last`` seconds
        is undecided.
        """
        seconds = np.where(self.live, last, self.seconds)
        return sorted_endings(
            (
                self.ending("promote", promoted, self.promoted, seconds),
                self.ending("abort", "abort", self.aborted, seconds),
                self.ending("neither", "undecided", self.live, seconds),
            )
        )

    def ending(self, kind: Kind, name: str, which: Flags, seconds: Floats) -> Ending:
        """Return the ending of the runs that ``which`` marks, each after its ``seconds``."""
        runs, total = int(which.sum()), len(which)
        interval = wilson(Count(runs, total), 0.05)
        return Ending(
            kind=kind,
            outcome=name,
            runs=runs,
            probability=runs / total,
            low=interval.low,
            high=interval.high,
            seconds=spread(seconds[which]),
            bad=spread(self.bad[which]),
            bad_total=spread(self.bad_total[which]),
        )

    def histograms(self) -> tuple[Histogram, ...]:
        """Return how the times to abort and the candidate's bad answers are spread."""
        return (
            histogram("time to abort", "seconds", self.seconds[self.aborted]),
            histogram("bad answers of the candidate", "number", self.bad),
        )


def sorted_endings(endings: Sequence[Ending]) -> tuple[Ending, ...]:
    """Return endings, the most frequent first; of equal ones the order stays."""
    return tuple(sorted(endings, key=lambda each: -each.runs))


def spread(values: Floats) -> Spread:
    """Return the mean, the median and the 90th percentile, NaN of nothing."""
    if not len(values):
        return Spread(_NONE, _NONE, _NONE)
    median, p90 = np.quantile(values, [0.5, 0.9])
    return Spread(float(values.mean()), float(median), float(p90))


def band(values: Floats) -> Band:
    """Return the 10th, 50th and 90th percentile of the values that are not NaN."""
    there = np.sort(values[~np.isnan(values)])
    if not len(there):
        return Band(_NONE, _NONE, _NONE)
    # np.quantile says the same, in five times the time: it is asked some thousand times.
    low, middle, high = np.interp(_SHARES * (len(there) - 1), np.arange(len(there)), there)
    return Band(float(low), float(middle), float(high))


def histogram(name: str, unit: Unit, values: Floats) -> Histogram:
    """Return the counts of values in at most 30 equal ranges."""
    if not len(values):
        return Histogram(name, unit, 0.0, 0.0, ())
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return Histogram(name, unit, low, high, (len(values),))
    # Times are whole minutes and answers are whole: a range holds as many of them as the next.
    step = 60.0 if unit == "seconds" else 1.0
    each = max(1.0, np.ceil((high - low + step) / step / _BARS)) * step
    bars = int((high - low) // each) + 1
    counts, _ = np.histogram(values, bins=bars, range=(low, low + bars * each))
    return Histogram(name, unit, low, low + bars * each, tuple(int(count) for count in counts))
