"""How many events may come where a number of them is expected: quantiles of the Poisson law."""

from __future__ import annotations

from math import ceil, exp, sqrt
from typing import NamedTuple

from fairway.arithmetic.normal import quantile as normal_quantile
from fairway.arithmetic.normal import upper

_LARGEST_SUM = 50.0


class Range(NamedTuple):
    """The least and the largest number of events, both included."""

    low: int
    high: int


def likely_range(mean: float, confidence: float = 0.95) -> Range:
    """Return between which numbers of events all but ``1 - confidence`` of the chances lie.

    Half of what is left out is below, half above. ``mean`` is the expected number. It is a
    prediction for one run, not an estimate of the mean from a count.
    """
    left_out = (1.0 - confidence) / 2.0
    return Range(quantile(left_out, mean), _upper_quantile(left_out, mean))


def quantile(p: float, mean: float) -> int:
    """Return the least number that is not exceeded with probability ``p`` or more.

    Exact up to a mean of 50. Beyond it, to about one event, the expansion of Cornish and Fisher
    with the cumulants, which all are the mean. Source: Johnson, Kemp, Kotz, Univariate Discrete
    Distributions (3rd ed., 2005), 4.5 and 4.7.
    """
    if mean <= 0.0 or p <= 0.0:
        return 0
    if mean > _LARGEST_SUM:
        return _expanded(normal_quantile(p), mean)
    count, term = 0, exp(-mean)
    reached = term
    while reached < p:
        count += 1
        term *= mean / count
        reached += term
        if term < 1e-17 and count > mean:
            break  # what is left is lost in the sum's last digit
    return count


def assured(events: int, confidence: float) -> int:
    """Return how many events must be expected for ``events`` to come with ``confidence``.

    P(Poisson(mean) >= n) = P(Gamma(n) <= mean), so it is that quantile of the gamma distribution,
    rounded up. Source: Wilson, Hilferty, The Distribution of Chi-Square, PNAS 17 (1931), 684-688,
    wrong by less than one event in what is rounded.
    """
    if events <= 0:
        return 0
    cube = 1.0 - 1.0 / (9.0 * events) + upper(1.0 - confidence) / (3.0 * sqrt(events))
    return ceil(events * cube**3)


def _upper_quantile(left: float, mean: float) -> int:
    """Return the least number that is exceeded with probability ``left`` or less."""
    if mean > _LARGEST_SUM:
        return _expanded(upper(left), mean)
    return quantile(1.0 - left, mean)


def _expanded(z: float, mean: float) -> int:
    root = sqrt(mean)
    about = mean + z * root + (z * z - 1.0) / 6.0 + (z - z**3) / (72.0 * root)
    return max(0, ceil(about - 0.5))
