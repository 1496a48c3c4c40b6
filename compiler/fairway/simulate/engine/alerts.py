"""Burn alerts read in all runs at once: they look at all traffic, and page when it is too bad.

An alert fires while the ratio is above its threshold in both of its windows. What was before the
release's begin is taken as the stable version's own ratio at its rate then.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fairway.arithmetic.burn import BurnAlert, burn_alerts
from fairway.simulate.conditions import Behaviour, Conditions
from fairway.simulate.curve import fault
from fairway.simulate.engine.beat import Beat
from fairway.simulate.engine.draws import Counts, Floats, Stream, binomial
from fairway.simulate.engine.judging import Judged
from fairway.simulate.engine.side import Side, ratio
from fairway.simulate.engine.sliding import Sliding
from fairway.simulate.engine.tape import Tape
from fairway.simulate.result import Watch
from fairway.simulate.subject import Objective
from fairway.simulate.wording import duration


class Page(NamedTuple):
    """An alert of an objective that wakes somebody; ``threshold`` is the ratio it fires above."""

    objective: Objective
    alert: BurnAlert
    threshold: float

    def watch(self) -> Watch:
        """Return what the result says of it."""
        alert = self.alert
        long, short = duration(alert.long), duration(alert.short)
        name = f"{self.objective.name}-{long.replace(' ', '')}"
        metric = f"{self.objective.name} over {long}"
        of = f"and {short}, of all traffic"
        return Watch(name, metric, f"burn {alert.factor:.3g}x", of, "ratio", 0.0)


def pages_of(objectives: tuple[Objective, ...]) -> tuple[Page, ...]:
    """Return the alerts of all objectives that page, each with its threshold."""
    return tuple(
        Page(objective, alert, alert.factor * objective.budget)
        for objective in objectives
        for alert in burn_alerts(objective.window)
        if alert.severity == "page" and alert.factor * objective.budget < 1.0
    )


class Alerts:
    """The windows of all alerts that page."""

    def __init__(
        self, pages: tuple[Page, ...], conditions: Conditions, tape: Tape, beat: Beat,
        runs: int, seed: int,
    ) -> None:  # fmt: skip
        self._pages = pages
        objectives = tuple(dict.fromkeys(page.objective for page in pages))
        self._counters = {each: _Counter(each, conditions, tape, runs, seed) for each in objectives}
        self._windows = [
            tuple(
                _Window(max(1, beat.bins(length)), self._counters[page.objective], tape, runs)
                for length in (page.alert.long, page.alert.short)
            )
            for page in pages
        ]

    def pass_bin(self, number: int, stable: Side, candidate: Side) -> None:
        """Count what a bin brought."""
        requests = stable.requests + candidate.requests
        bad = {
            objective: counter.count(number, stable, candidate)
            for objective, counter in self._counters.items()
        }
        for page, windows in zip(self._pages, self._windows, strict=True):
            for window in windows:
                window.add(requests, bad[page.objective])

    def read(self, index: int) -> Judged:
        """Return what an alert says; its value is the better one of its two windows."""
        threshold = self._pages[index].threshold
        long, short = (window.ratio() for window in self._windows[index])
        value = np.minimum(long, short)
        nothing = np.isnan(value)
        bad = ~nothing & (value > threshold)
        return Judged(value, np.full(len(value), threshold), bad, nothing)


class _Counter:
    """Counts the requests that an objective calls bad: errors, or those that took too long."""

    def __init__(
        self, objective: Objective, conditions: Conditions, tape: Tape, runs: int, seed: int
    ) -> None:
        self._slow = objective.threshold > 0
        self._shares = [
            _slow(behaviour, objective.threshold, tape)
            for behaviour in (conditions.stable, conditions.candidate)
        ]
        self._streams = [
            Stream(seed, f"{objective.name} {role}", runs) for role in ("stable", "candidate")
        ]
        self.usual = self._shares[0][0] if self._slow else tape.stable.bad[0]

    def count(self, number: int, stable: Side, candidate: Side) -> Counts:
        if not self._slow:
            return stable.bad + candidate.bad
        found = [
            binomial(stream.take(), side.requests, shares[number])
            for side, stream, shares in zip(
                (stable, candidate), self._streams, self._shares, strict=True
            )
        ]
        return found[0] + found[1]


def _slow(behaviour: Behaviour, threshold: float, tape: Tape) -> list[float]:
    """Return the share of answers that take longer than ``threshold`` in each bin."""
    count = len(tape.requests)
    if not threshold or not behaviour.latency:
        return [0.0] * count
    added = [
        (each.slower, fault(each.start, each.end, each.over, 1.0).means(tape.width, count))
        for each in behaviour.faults
    ]
    law = behaviour.latency[0]
    return [
        1.0 - law.below(threshold - sum(size * part[number] for size, part in added))
        for number in range(count)
    ]


class _Window:
    """The requests of a window, and those from before the begin that it still holds."""

    def __init__(self, bins: int, counter: _Counter, tape: Tape, runs: int) -> None:
        self._bins = bins
        self._requests, self._bad = Sliding(bins, (runs,)), Sliding(bins, (runs,))
        self._before = tape.requests[0]
        self._usual = counter.usual
        self._added = 0

    def add(self, requests: Counts, bad: Counts) -> None:
        self._requests.add(requests)
        self._bad.add(bad)
        self._added += 1

    def ratio(self) -> Floats:
        left = max(0, self._bins - self._added) * self._before
        bad = self._bad.total.astype(np.float64) + left * self._usual
        return ratio(bad, self._requests.total.astype(np.float64) + left)
