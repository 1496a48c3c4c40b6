"""The power of an A/B test: how many units each arm needs, and how long they take to come.

The test is the two-sided z-test of two proportions with the unpooled variance

    z = (p2 - p1) / sqrt(p1 (1 - p1) / n1 + p2 (1 - p2) / n2)

so that the sample at which ``p1`` and ``p2`` are told apart with probability ``power`` is

    n1 + n2 = (z_alpha + z_power)^2 / (p2 - p1)^2 * (p1 (1 - p1) / (1 - s) + p2 (1 - p2) / s)

with ``s`` the candidate's share of the units, ``z_alpha`` exceeded with probability alpha / 2 and
``z_power`` not exceeded with probability ``power``. Seeing a difference of the wrong sign is no
success, and not part of the power.

Source: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions (3rd ed., 2003), ch. 4;
Chow, Shao, Wang, Sample Size Calculations in Clinical Research (2nd ed., 2008), 4.2, equality.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, inf, sqrt
from typing import NamedTuple

from fairway.arithmetic.normal import cdf, upper

_HAIR = 1e-9  # a product that should be a whole number must not be rounded up to the next


class Sample(NamedTuple):
    """How many units each arm has: users where the split is sticky, otherwise requests."""

    stable: int
    candidate: int

    @property
    def total(self) -> int:
        """The units of both arms."""
        return self.stable + self.candidate


@lru_cache(maxsize=4096)
def required_sample(
    baseline: float,
    effect: float,
    alpha: float,
    power: float,
    share: float,
    inflation: float = 1.0,
) -> Sample:
    """Return the units that each arm needs, rounded up.

    ``baseline`` is the stable version's rate, ``effect`` the absolute difference to it, with its
    sign; ``share`` the candidate's share of all units; all between 0 and 1. ``inflation`` is the
    factor of a design with interim looks (``sequential.inflation``). Raises ``ValueError`` for
    rates that cannot be, and for a power that would need no units at all.
    """
    other = _other_rate(baseline, effect)
    _check_test(alpha, power)
    _check_share(share)
    if inflation < 1.0:
        raise ValueError(f"looks never make a test smaller, and the factor is {inflation}")
    z = upper(alpha / 2.0) - upper(power)
    variance = _variance(baseline) / (1.0 - share) + _variance(other) / share
    units = inflation * z * z * variance / (effect * effect)
    return Sample(_up(units * (1.0 - share)), _up(units * share))


def required_sample_either_way(
    baseline: float,
    effect: float,
    alpha: float,
    power: float,
    share: float,
    inflation: float = 1.0,
) -> Sample:
    """Return the units with which a rise of ``abs(effect)`` and a fall are both found.

    That is the larger of the two samples: the one nearer to a rate of 50 %. Where only one
    direction is possible (a rate of 0.1 % cannot fall by 0.5 points), it is that one's. For a
    guard metric, where a fall matters and a rise is welcome, give ``required_sample`` the sign.
    """
    size = abs(effect)
    directions = [way for way in (size, -size) if 0.0 < baseline + way < 1.0]
    return max(
        (
            required_sample(baseline, way, alpha, power, share, inflation)
            for way in directions or [effect]
        ),
        key=lambda sample: sample.total,
    )


def power_of(sample: Sample, baseline: float, effect: float, alpha: float) -> float:
    """Return the probability that a difference of ``effect`` is found with ``sample``."""
    other = _other_rate(baseline, effect)
    _check_alpha(alpha)
    return cdf(_drift(sample, baseline, other) - upper(alpha / 2.0))


def smallest_effect(
    sample: Sample, baseline: float, alpha: float, power: float, *, rise: bool = True
) -> float:
    """Return the smallest difference that ``sample`` finds with probability ``power``.

    It is positive for a rise and negative for a fall. Raises ``ValueError`` when no difference
    is large enough for so few units. The power grows with the difference, so the interval that
    holds the answer is halved until nothing is left of it.
    """
    _check_test(alpha, power)
    _check_rate(baseline)
    sign = 1.0 if rise else -1.0
    enough = upper(alpha / 2.0) - upper(power)
    low, high = 0.0, (1.0 - baseline if rise else baseline)
    if _drift(sample, baseline, baseline + sign * high) < enough:
        raise ValueError(
            f"{sample.stable} and {sample.candidate} units are too few to find any difference"
            f" from {baseline:.4g} with a power of {power:.4g}"
        )
    while (middle := 0.5 * (low + high)) not in (low, high):
        if _drift(sample, baseline, baseline + sign * middle) < enough:
            low = middle
        else:
            high = middle
    return sign * high


def time_to_reach(sample: Sample, rate: float, share: float) -> float:
    """Return the seconds until both arms are full; infinite without traffic.

    ``rate`` is the new units per second of both arms together, ``share`` the candidate's part.
    """
    _check_share(share)
    if not 0.0 <= rate < inf:
        raise ValueError(f"a rate of units is 0 or more, and this is {rate}")
    if rate == 0.0:
        return inf if sample.total else 0.0
    return max(sample.stable / (rate * (1.0 - share)), sample.candidate / (rate * share))


def _drift(sample: Sample, baseline: float, other: float) -> float:
    """Return the statistic that is expected when the arms' rates are these."""
    if sample.stable < 1 or sample.candidate < 1:
        return 0.0
    variance = _variance(baseline) / sample.stable + _variance(other) / sample.candidate
    return abs(other - baseline) / sqrt(variance)


def _variance(rate: float) -> float:
    return rate * (1.0 - rate)


def _up(units: float) -> int:
    return ceil(units * (1.0 - _HAIR))


def _other_rate(baseline: float, effect: float) -> float:
    _check_rate(baseline)
    if effect == 0.0:
        raise ValueError("no number of units finds a difference of 0")
    other = baseline + effect
    if not 0.0 < other < 1.0:
        raise ValueError(
            f"a rate of {baseline:.4g} and a difference of {effect:+.4g} give {other:.4g},"
            " and a rate is between 0 and 1"
        )
    return other


def _check_rate(baseline: float) -> None:
    if not 0.0 < baseline < 1.0:
        raise ValueError(f"a rate is between 0 and 1, and the baseline is {baseline:.4g}")


def _check_share(share: float) -> None:
    if not 0.0 < share < 1.0:
        raise ValueError(f"both arms need units, and the candidate's share is {share:.4g}")


def _check_alpha(alpha: float) -> None:
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is between 0 and 1, and this is {alpha:.4g}")


def _check_test(alpha: float, power: float) -> None:
    _check_alpha(alpha)
    if not alpha < power < 1.0:
        raise ValueError(
            f"a power is between alpha ({alpha:.4g}) and 1, and this is {power:.4g}:"
            " a test that looks at nothing already has alpha"
        )
