"""Group-sequential designs: looks at an experiment on its way that keep its alpha.

A design has looks at shares of the planned sample (``fractions``, the last is 1). A spending
function says how much of alpha may have been used up by then; the two-sided symmetric boundary of
each look is the z at which exactly that is used. The price is a sample that is larger by
``inflation`` when the test runs to its end.

Source: Lan, DeMets, Discrete Sequential Boundaries for Clinical Trials, Biometrika 70 (1983),
659-663, applied to each side with half of alpha as in R's gsDesign (sfLDOF, sfLDPocock,
test.type = 2) and ldbounds; Jennison, Turnbull, Group Sequential Methods (2000), ch. 7 and 9.
"""

from __future__ import annotations

from functools import lru_cache
from math import e, log1p, sqrt
from typing import Literal, NamedTuple, TypeAlias

from fairway.arithmetic.brownian import (
    START,
    Crossing,
    Grid,
    band_for,
    check_times,
    crossing,
    next_grid,
)
from fairway.arithmetic.normal import tail, two_sided, upper

Spending: TypeAlias = Literal["obrien-fleming", "pocock"]
Fractions: TypeAlias = tuple[float, ...]

NEVER = 12.0
"""A boundary in z that nothing reaches: what is left to spend is less than 1e-30."""


class _Design(NamedTuple):
    boundaries: tuple[float, ...]
    grids: tuple[Grid, ...]  # what stays until before each look


def equal_looks(looks: int) -> Fractions:
    """Return the shares of the sample at which ``looks`` equally spaced looks are."""
    if looks < 1:
        raise ValueError(f"an experiment is looked at once at least, and this {looks} times")
    return tuple(look / looks for look in range(1, looks + 1))


def spent(fraction: float, alpha: float, spending: Spending) -> float:
    """Return how much of the two-sided ``alpha`` may be used up at a share of the sample.

    With a = alpha / 2 for each side: O'Brien-Fleming type 2 - 2 Phi(z_{a/2} / sqrt(t)), Pocock
    type a ln(1 + (e - 1) t).
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is between 0 and 1, and this is {alpha:.4g}")
    if fraction <= 0.0:
        return 0.0
    time = min(fraction, 1.0)
    if spending == "obrien-fleming":
        return 4.0 * tail(upper(alpha / 4.0) / sqrt(time))
    if spending == "pocock":
        return alpha * log1p((e - 1.0) * time)
    raise ValueError(f"spending is obrien-fleming or pocock, and this is {spending}")


def boundaries(fractions: Fractions, alpha: float, spending: Spending) -> tuple[float, ...]:
    """Return for each look the ``abs(z)`` at which the experiment ends with a difference.

    A last look beyond 1 has more data than was planned; all of alpha is spent there.
    """
    return _design(tuple(fractions), alpha, spending).boundaries


def stages(
    fractions: Fractions, alpha: float, spending: Spending, drift: float = 0.0
) -> tuple[Crossing, ...]:
    """Return the probability of ending at each look, above and below, for a true difference.

    ``drift`` is the z that is expected at the full sample: 0 without a difference.
    """
    design = _design(tuple(fractions), alpha, spending)
    return tuple(
        crossing(grid, time, bound * sqrt(time), drift)
        for grid, time, bound in zip(design.grids, fractions, design.boundaries, strict=True)
    )


def power_at(fractions: Fractions, alpha: float, spending: Spending, drift: float) -> float:
    """Return the probability of finding a difference of this drift, with the right sign."""
    ways = stages(fractions, alpha, spending, abs(drift))
    return sum(way.above for way in ways)


def expected_share(fractions: Fractions, alpha: float, spending: Spending, drift: float) -> float:
    """Return the share of the full sample that is used on average until the test ends."""
    left, share = 1.0, 0.0
    for time, way in zip(fractions, stages(fractions, alpha, spending, drift), strict=True):
        ends = left if time == fractions[-1] else way.above + way.below
        share += ends * time
        left -= ends
    return share


@lru_cache(maxsize=512)
def inflation(fractions: Fractions, alpha: float, power: float, spending: Spending) -> float:
    """Return how many times the fixed sample is needed to find the same difference.

    It is the squared ratio of the drifts with which the two tests have ``power``.
    """
    if not alpha < power < 1.0:
        raise ValueError(f"a power is between alpha and 1, and this is {power:.4g}")
    fixed = upper(alpha / 2.0) - upper(power)
    low, high = fixed, fixed
    while power_at(fractions, alpha, spending, high) < power:
        low, high = high, high * 1.25
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        if power_at(fractions, alpha, spending, middle) < power:
            low = middle
        else:
            high = middle
    return max(1.0, (high / fixed) ** 2)


def repeated_p_value(z: float, fractions: Fractions, spending: Spending) -> float:
    """Return the smallest alpha with which the last of ``fractions`` would have ended the test.

    It may be compared with alpha at every look, and be part of Holm's procedure. ``fractions``
    are the looks up to now. Source: Jennison, Turnbull (2000), 9.4, repeated p-values.
    """
    if len(fractions) == 1 and fractions[0] >= 1.0:
        return two_sided(z)
    low, high = 1e-12, 0.5
    if abs(z) < boundaries(fractions, high, spending)[-1]:
        return 1.0
    if abs(z) >= boundaries(fractions, low, spending)[-1]:
        return low
    while high / low > 1.0 + 1e-6:
        middle = sqrt(low * high)
        if abs(z) >= boundaries(fractions, middle, spending)[-1]:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=512)
def _design(fractions: Fractions, alpha: float, spending: Spending) -> _Design:
    check_times(fractions)
    grid, before = START, 0.0
    bounds, grids = [], []
    for look, time in enumerate(fractions):
        grids.append(grid)
        now = spent(time, alpha, spending)
        bound = NEVER
        if now - before > 1e-30:
            bound = min(NEVER, band_for(grid, time, now - before) / sqrt(time))
        bounds.append(bound)
        if look + 1 < len(fractions):
            grid = next_grid(grid, time, bound * sqrt(time), fractions[look + 1])
        before = now
    return _Design(tuple(bounds), tuple(grids))
