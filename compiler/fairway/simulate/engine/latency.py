"""Latencies as histograms, from which percentiles are read as Prometheus reads them.

A sample of n times is drawn as how many of them lie between the levels of a grid: a multinomial
count, which costs the same for ten requests and for ten million. Percentiles are interpolated
between two levels, evenly in the logarithm. The bounds of gates are levels themselves, so whether
a percentile is above one is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import exp, log

import numpy as np

from fairway.simulate.conditions import Lognormal
from fairway.simulate.engine.draws import Counts, Floats, Stream

_LEVELS = 24
_BELOW, _ABOVE = 1.5, 2.5  # how far the grid reaches around a percentile, in its log odds


class Grid:
    """Levels in seconds, rising; the counts of a sample have one more."""

    def __init__(self, levels: tuple[float, ...]) -> None:
        self.levels = levels
        logs = np.log(np.array(levels))
        # What is outside of the grid is taken as one more range of the same size.
        self._edges = np.concatenate([[2 * logs[0] - logs[1]], logs, [2 * logs[-1] - logs[-2]]])

    def draw(self, stream: Stream, answered: Counts, shares: Floats) -> Counts:
        """Return histograms of the answers' times; ``shares`` is the probability of each range."""
        return stream.generator.multinomial(answered, shares)

    def percentile(self, histograms: Counts, share: float) -> Floats:
        """Return the time within which ``share`` of each histogram lies, NaN of an empty one."""
        reached = np.cumsum(histograms, axis=1)
        total = reached[:, -1]
        rank = share * total
        at = np.minimum((reached < rank[:, None]).sum(axis=1), histograms.shape[1] - 1)
        rows = np.arange(len(histograms))
        inside = np.maximum(histograms[rows, at], 1)
        before = reached[rows, at] - histograms[rows, at]
        part = np.clip((rank - before) / inside, 0.0, 1.0)
        low, high = self._edges[at], self._edges[at + 1]
        return np.where(total > 0, np.exp(low + part * (high - low)), np.nan)


def make_grid(
    laws: Iterable[tuple[Lognormal, float]], shares: Iterable[float], bounds: Iterable[float]
) -> Grid:
    """Return a grid on which ``shares`` of each law, made slower by seconds, can be read."""
    wanted = list(shares)
    ends = [
        slower + law.percentile(_moved(share, by))
        for law, slower in laws
        for share in wanted
        for by in (-_BELOW, _ABOVE)
    ]
    low, high = log(min(ends)), log(max(ends))
    step = max((high - low) / (_LEVELS - 1), 1e-3)
    levels = {exp(low + number * step) for number in range(_LEVELS)}
    # A bound far outside of the grid changes nothing but how the grid is drawn out.
    levels |= {bound for bound in bounds if bound > 0}
    return Grid(tuple(sorted(levels)))


@lru_cache(maxsize=256)
def shares_of(
    levels: tuple[float, ...], law: Lognormal, slower: float, timeout: float
) -> tuple[float, ...]:
    """Return the probability of each range for an answer that comes before ``timeout``."""
    whole = law.below(timeout - slower)
    reached = [min(1.0, law.below(level - slower) / whole) if whole else 1.0 for level in levels]
    rises = [after - before for before, after in zip([0.0, *reached], [*reached, 1.0], strict=True)]
    return tuple(max(0.0, rise) for rise in rises)


def _moved(share: float, by: float) -> float:
    odds = log(share / (1.0 - share)) + by
    return 1.0 / (1.0 + exp(-odds))
