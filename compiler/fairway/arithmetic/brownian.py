"""Where a Brownian motion that is looked at a few times first leaves a band around zero.

The statistic of accumulating data, times the root of the share of the data that is there, behaves
as a Brownian motion B(t) with the drift that a true difference gives it. What has not left the
band at look k has a density on the band; carried to the next look by the normal kernel it gives
the next density, and what falls outside is what left there. The densities are those without a
drift, even functions kept for x >= 0; a drift multiplies a path's probability by
exp(drift * x - drift^2 * t / 2) (Girsanov), so that every drift is read from the same densities.

Source: Armitage, McPherson, Rowe, Repeated Significance Tests on Accumulating Data, JRSS A 132
(1969), 235-244; the quadrature as in Jennison, Turnbull, Group Sequential Methods with
Applications to Clinical Trials (2000), 19.2, with Simpson's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import NamedTuple

from fairway.arithmetic.normal import density, tail, upper

SMALLEST_STEP = 1e-3
"""Looks nearer to each other, in shares of the planned sample, are one look."""
_WIDEST = 8.0  # standard deviations; what is beyond them is less than 1e-15
_PER_DEVIATION = 6.0  # points of the grid in a standard deviation of the kernel
_LARGEST_DRIFT = 40.0


class Grid(NamedTuple):
    """A density on ``[0, band]`` at one look, the mirrored half left out.

    ``mass`` is the density at each of ``points`` times its weight in Simpson's rule.
    """

    time: float
    points: tuple[float, ...]
    mass: tuple[float, ...]


class Crossing(NamedTuple):
    """The probabilities of leaving the band at one look, and not before."""

    above: float
    below: float


START = Grid(0.0, (0.0,), (0.5,))  # half of the probability, for the half that is kept


def next_grid(grid: Grid, time: float, band: float, next_time: float) -> Grid:
    """Return the density at ``time`` of what stays within ``band`` (in values of B).

    ``next_time`` is that of the following look, which says how fine the points must be.
    """
    step = sqrt(time - grid.time)
    finest = min(step, sqrt(next_time - time)) if next_time > time else step
    width = min(band, _WIDEST * sqrt(time))
    pieces = max(4, round(width / finest * _PER_DEVIATION))
    pieces += pieces % 2
    gap = width / pieces
    points = tuple(i * gap for i in range(pieces + 1))
    before = [(x / step, mass / step) for x, mass in zip(grid.points, grid.mass, strict=True)]
    scale = density(0.0)
    mass = []
    for i, y in enumerate(points):
        at = y / step
        value = sum(
            weight * (exp(-0.5 * (at - x) * (at - x)) + exp(-0.5 * (at + x) * (at + x)))
            for x, weight in before
        )
        simpson = 1.0 if i in (0, pieces) else 4.0 if i % 2 else 2.0
        mass.append(value * scale * simpson * gap / 3.0)
    return Grid(time, points, tuple(mass))


def crossing(grid: Grid, time: float, band: float, drift: float) -> Crossing:
    """Return the probabilities of being outside of ``band`` at ``time``, after ``grid``."""
    if abs(drift) > _LARGEST_DRIFT:
        raise ValueError(f"a drift of {drift:.4g} is beyond what any test needs")
    return Crossing(_above(grid, time, band, drift), _above(grid, time, band, -drift))


def _above(grid: Grid, time: float, band: float, drift: float) -> float:
    step = sqrt(time - grid.time)
    moved = band - drift * (time - grid.time)
    found = 0.0
    for x, mass in zip(grid.points, grid.mass, strict=True):
        found += mass * (
            exp(drift * x) * tail((moved - x) / step) + exp(-drift * x) * tail((moved + x) / step)
        )
    return found * exp(-0.5 * drift * drift * grid.time)


def band_for(grid: Grid, time: float, probability: float) -> float:
    """Return the band that is left at ``time``, and not before, with ``probability``.

    Newton's method on the logarithm of the probability, from the band that would be right if
    nothing had left before. The logarithm is concave in the band, so the steps go down to the
    answer and never past it.
    """
    step = sqrt(time - grid.time)
    band = upper(0.5 * probability) * sqrt(time)
    for _ in range(60):
        found = 2.0 * _above(grid, time, band, 0.0)
        slope = sum(
            mass * (density((band - x) / step) + density((band + x) / step))
            for x, mass in zip(grid.points, grid.mass, strict=True)
        )
        move = log(found / probability) * found * step / (2.0 * slope)
        band += move
        if abs(move) < 1e-10:
            break
    return max(band, 0.0)


def check_times(times: Sequence[float]) -> None:
    """Raise ``ValueError`` unless the times of the looks rise, from more than 0."""
    before = 0.0
    for time in times:
        if not time - before >= SMALLEST_STEP * 0.999:
            raise ValueError(
                f"looks are at rising shares of the sample, {SMALLEST_STEP:g} apart, and"
                f" {time:.4g} follows {before:.4g}"
            )
        before = time
    if not times:
        raise ValueError("a design has at least one look")
