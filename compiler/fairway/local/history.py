"""What was counted when: samples of a proxy's counters, and what gates read from them.

With a time scale, a second here stands for ``scale`` seconds of the plan, and a request here for
``scale`` requests. Rates then are the same here and in the plan, and so are the numbers of
requests that a window of the plan's length holds, which ``minRequests`` counts; what a request
less or more means is not: everything is as noisy as ``scale`` times fewer requests are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from fairway.local.stats import NOTHING, Counters, between, error_ratio, quantile
from fairway.plan.release import Gate, Release
from fairway.plan.verdict import Reading

_LATENCY: Final = re.compile(r"latency-p(\d\d)\Z")
_MOST: Final = 2000
_NAN: Final = float("nan")


class Sample(NamedTuple):
    """The counters of every workload at a moment, ``at`` in seconds here."""

    at: float
    counters: Mapping[str, Counters]


class Span(NamedTuple):
    """What a workload's counters did over ``seconds`` here."""

    counters: Counters
    seconds: float


class History(NamedTuple):
    """The samples of the last ``kept`` seconds here, oldest first, and one from before.

    There are at most ``_MOST`` of them or so, however long that is.
    """

    kept: float
    samples: tuple[Sample, ...] = ()

    def and_now(self, sample: Sample) -> History:
        """Return the history with one more sample, and without those that nothing looks back to."""
        first = max(0, self._position(sample.at - self.kept))
        kept = self.samples[first:]
        if len(kept) > 1 and kept[-1].at - kept[-2].at < self.kept / _MOST:
            kept = kept[:-1]
        return self._replace(samples=(*kept, sample))

    def span(self, workload: str, since: float) -> Span:
        """Return what was counted since ``since``, as exactly as there are samples.

        It begins at the last sample that is not after ``since``, or at the first there is.
        """
        if not self.samples:
            return Span(NOTHING, 0.0)
        last, start = self.samples[-1], self.samples[max(0, self._position(since))]
        before = start.counters.get(workload, NOTHING)
        after = last.counters.get(workload, NOTHING)
        return Span(between(before, after), last.at - start.at)

    def _position(self, at: float) -> int:
        """Return the place of the last sample that is not after ``at``, -1 when all are."""
        return bisect_right(self.samples, at, key=lambda sample: sample.at) - 1


def read_gate(
    history: History, release: Release, gate: Gate, since: float, scale: float
) -> Reading:
    """Return what ``gate`` reads of the time since ``since`` (seconds here).

    The value is NaN for a metric that the proxy does not count, and so is the reference where
    the gate does not compare.
    """
    metric = METRICS.get(gate.metric) or _latency(gate.metric)
    workloads = {variant.role: variant.workload for variant in release.variants}
    candidate = history.span(workloads.get("candidate", workloads["stable"]), since)
    stable = history.span(workloads["stable"], since)
    if metric is None:
        return Reading(_NAN, _NAN, candidate.counters.completed * scale)
    return Reading(
        value=metric(candidate, scale),
        reference=metric(stable, scale) if gate.reference else _NAN,
        requests=candidate.counters.completed * scale,
    )


def _latency(name: str) -> Callable[[Span, float], float] | None:
    found = _LATENCY.match(name)
    if found is None:
        return None
    share = int(found[1]) / 100
    return lambda span, scale: quantile(span.counters, share)


def _rate(span: Span, scale: float) -> float:
    del scale  # as many a second as in the plan
    return span.counters.completed / span.seconds if span.seconds else _NAN


METRICS: Final[Mapping[str, Callable[[Span, float], float]]] = {
    "error-ratio": lambda span, scale: error_ratio(span.counters),
    "request-rate": _rate,
    "request-count": lambda span, scale: span.counters.completed * scale,
}
"""How each metric that the proxy counts comes from a span; percentiles of latency are besides."""
