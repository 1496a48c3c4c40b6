"""Random counts for all runs at once, coupled: the same chance gives more where more is likely.

Every count is the quantile of one uniform number, P(X <= k) >= u for the least k. Two
simulations with one seed therefore differ only by what differs between their scenarios: with more
errors no run has fewer, so that two probabilities can be compared with fewer runs than either
needs alone. Source: common random numbers by inversion, Law, Simulation Modeling and Analysis
(5th ed., 2015), 11.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

_LEAST = 2.0**-54  # below what a generator gives, but for 0 itself


class Stream:
    """Uniform numbers for one purpose: one for every run each time, whatever they are used for."""

    def __init__(self, seed: int, purpose: str, runs: int) -> None:
        self.generator = np.random.default_rng([seed, crc32(purpose.encode())])
        self._runs = runs

    def take(self) -> Floats:
        """Return the next number of every run."""
        return self.generator.random(self._runs)


def poisson(chance: Floats, mean: Floats) -> Counts:
    """Return counts of events where ``mean`` are expected, one for each ``chance`` in [0, 1)."""
    chance = np.maximum(chance, _LEAST)
    z = special.ndtri(chance)
    guess = mean + z * np.sqrt(mean) + (z * z - 4.0) / 6.0
    return _quantile(guess, chance, lambda count, at: special.pdtr(count, mean[at]))


def binomial(chance: Floats, trials: Counts, ratio: float) -> Counts:
    """Return how many of the trials succeed when each does with the probability ``ratio``."""
    if ratio <= 0.0:
        return np.zeros_like(trials)
    if ratio >= 1.0:
        return trials.copy()
    chance = np.maximum(chance, _LEAST)
    z = special.ndtri(chance)
    root = np.sqrt(trials * ratio * (1.0 - ratio))
    guess = np.minimum(trials * ratio + z * root + (z * z - 4.0) / 6.0, trials)

    def reached(count: Counts, at: Counts) -> Floats:
        left = trials[at] - count
        # NIST DLMF 8.17.5: P(X <= k) = I_{1-p}(n - k, k + 1), and 1 where k is all of them.
        inside = special.betainc(np.maximum(left, 1), count + 1.0, 1.0 - ratio)
        return np.where(left <= 0, 1.0, inside)

    return _quantile(guess, chance, reached)


def _quantile(guess: Floats, chance: Floats, reached: Callable[[Counts, Counts], Floats]) -> Counts:
    """Return the least counts whose probability ``reached(count, at)`` is at least ``chance``."""
    counts = np.maximum(np.floor(guess), 0.0).astype(np.int64)
    at = np.arange(len(counts))
    enough = reached(counts, at) >= chance
    short = at[~enough]
    while len(short):
        counts[short] += 1
        short = short[reached(counts[short], short) < chance[short]]
    over = at[enough & (counts > 0)]
    while len(over):
        over = over[reached(counts[over] - 1, over) >= chance[over]]
        counts[over] -= 1
        over = over[counts[over] > 0]
    return counts
