"""What counts say: one proportion, the difference of two, and pairs of answers.

Statistics and p-values are those of the test that the plan was made with (``power``): Wald's,
with the unpooled variance. Intervals that are shown are score intervals, which keep their level
for small counts too; at the edge of significance the two may disagree, and the p-value decides.

Wald's form is near its level while each arm has many outcomes. Simulated at alpha 5 % with one
unit in twenty for the candidate: 5.0 % with 850 outcomes expected there, 5.4 % with 50, 6.2 % with
16, nearly all of it against the candidate. ``FEW`` is what callers may warn below.
"""

from __future__ import annotations

from math import ceil, copysign, exp, expm1, floor, inf, lgamma, log, log1p, sqrt
from typing import NamedTuple

from fairway.arithmetic.normal import two_sided, upper

FEW = 50
"""With fewer outcomes, or fewer units without one, an arm's rate is skewed and not normal."""


class Count(NamedTuple):
    """How many of the units had the outcome."""

    outcomes: int
    units: int

    @property
    def rate(self) -> float:
        """The share of the units that had it; 0 without any."""
        return self.outcomes / self.units if self.units else 0.0


class Interval(NamedTuple):
    """From ``low`` to ``high``, both included."""

    low: float
    high: float


class Difference(NamedTuple):
    """Candidate minus stable: the estimate, its interval, the statistic and its p-value.

    ``standard_error`` is 0 where both rates are 0 or 1; then ``z`` is 0 and ``p`` 1 unless the
    rates differ, where ``z`` is infinite.
    """

    estimate: float
    interval: Interval
    standard_error: float
    z: float
    p: float


def wilson(count: Count, alpha: float) -> Interval:
    """Return the score interval of a proportion, with a confidence of ``1 - alpha``.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22
    (1927), 209-212. Without units it is everything, from 0 to 1.
    """
    _check(count)
    n = count.units
    if not n:
        return Interval(0.0, 1.0)
    z = upper(alpha / 2.0)
    rate = count.rate
    middle = (rate + z * z / (2.0 * n)) / (1.0 + z * z / n)
    reach = z * sqrt(rate * (1.0 - rate) / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n)
    low = 0.0 if not count.outcomes else max(0.0, middle - reach)
    high = 1.0 if count.outcomes == n else min(1.0, middle + reach)
    return Interval(low, high)


def newcombe(stable: Count, candidate: Count, alpha: float) -> Interval:
    """Return the interval of candidate's rate minus stable's, from the score interval of each.

    Source: Newcombe, Interval Estimation for the Difference between Independent Proportions,
    Statistics in Medicine 17 (1998), 873-890, method 10 (no continuity correction).
    """
    one, other = wilson(stable, alpha), wilson(candidate, alpha)
    p, q = stable.rate, candidate.rate
    estimate = q - p
    return Interval(
        estimate - sqrt((q - other.low) ** 2 + (one.high - p) ** 2),
        estimate + sqrt((other.high - q) ** 2 + (p - one.low) ** 2),
    )


def difference(stable: Count, candidate: Count, alpha: float) -> Difference:
    """Return the difference of two arms, with Newcombe's interval and Wald's unpooled test."""
    _check(stable)
    _check(candidate)
    interval = newcombe(stable, candidate, alpha)
    estimate = candidate.rate - stable.rate
    error = _standard_error(stable, candidate)
    z = estimate / error if error else copysign(inf, estimate) if estimate else 0.0
    return Difference(estimate, interval, error, z, two_sided(z))


def repeated_interval(stable: Count, candidate: Count, boundary: float) -> Interval:
    """Return the interval of the difference that is right at every look of a sequential design.

    ``boundary`` is the look's own (``sequential.boundaries``), so that the interval excludes 0
    exactly when the boundary is crossed. Wald's form: estimate +- boundary * standard error.
    Source: Jennison, Turnbull, Repeated Confidence Intervals for Group Sequential Clinical
    Trials, Controlled Clinical Trials 5 (1984), 33-45.
    """
    estimate = candidate.rate - stable.rate
    reach = boundary * _standard_error(stable, candidate)
    return Interval(max(-1.0, estimate - reach), min(1.0, estimate + reach))


def pairs_to_decide(rate: float, bound: float, alpha: float) -> int | None:
    """Return how many units put ``bound`` outside of Wilson's interval, if the rate stays.

    None when the rate is the bound. Wilson's interval is what the score test does not reject,
    so the bound leaves it when ``(rate - bound)^2 > z^2 bound (1 - bound) / n``.
    """
    if rate == bound:
        return None
    z = upper(alpha / 2.0)
    units = floor(z * z * bound * (1.0 - bound) / (rate - bound) ** 2) + 1
    return max(1, units)


def rule_of_three(units: int) -> float:
    """Return ``3 / units``: without one failure, the ratio is below it with 95 % confidence.

    Source: Hanley, Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, JAMA 249
    (1983), 1743-1745. It is never less than the exact bound.
    """
    return 3.0 / units if units else 1.0


def zero_failure_bound(units: int, alpha: float) -> float:
    """Return the failure ratio that no failure in ``units`` excludes: ``1 - alpha^(1 / units)``.

    The exact (Clopper-Pearson) one-sided bound with a confidence of ``1 - alpha``.
    """
    if not units:
        return 1.0
    # 1 - exp(x) of a small x loses the digits that expm1 keeps.
    return -expm1(log(alpha) / units)


def units_without_failure(ratio: float, alpha: float) -> int:
    """Return how many units without a failure prove a ratio of at most ``ratio``.

    A ratio of 0.1 % needs 2,995 at 95 %, and 3,000 by the rule of three.
    """
    if not 0.0 < ratio < 1.0:
        raise ValueError(f"a failure ratio is between 0 and 1, and this is {ratio:.4g}")
    return ceil(log(alpha) / log1p(-ratio))


def mcnemar(only_stable: int, only_candidate: int) -> float:
    """Return the exact p-value of paired outcomes: how many units had it in one arm only.

    Twice the smaller binomial tail at 1/2, at most 1. Source: McNemar, Note on the Sampling Error
    of the Difference between Correlated Proportions, Psychometrika 12 (1947), 153-157; exact form
    in Fleiss, Levin, Paik (2003), 13.1.
    """
    if only_stable < 0 or only_candidate < 0:
        raise ValueError("counts are not negative")
    total = only_stable + only_candidate
    fewest = min(only_stable, only_candidate)
    # The largest term of the tail first; those before it shrink by k / (total - k + 1).
    term = exp(lgamma(total + 1) - lgamma(fewest + 1) - lgamma(total - fewest + 1) - total * log(2))
    found = term
    for k in range(fewest, 0, -1):
        term *= k / (total - k + 1)
        found += term
        if term < found * 1e-17:
            break
    return min(1.0, 2.0 * found)


def _standard_error(stable: Count, candidate: Count) -> float:
    if not stable.units or not candidate.units:
        return 0.0
    return sqrt(
        stable.rate * (1.0 - stable.rate) / stable.units
        + candidate.rate * (1.0 - candidate.rate) / candidate.units
    )


def _check(count: Count) -> None:
    if not 0 <= count.outcomes <= count.units:
        raise ValueError(f"{count.outcomes} of {count.units} units is not a share")
