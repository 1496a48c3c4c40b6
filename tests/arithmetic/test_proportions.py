"""What counts say, against statsmodels, SciPy and simulation."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare, norm
from statsmodels.stats import contingency_tables, proportion

from fairway.arithmetic.proportions import (
    Count,
    difference,
    mcnemar,
    newcombe,
    pairs_to_decide,
    repeated_interval,
    rule_of_three,
    units_without_failure,
    wilson,
    zero_failure_bound,
)
from fairway.arithmetic.split import MISMATCH, split_p_value

COUNTS = st.integers(1, 10**6).flatmap(
    lambda units: st.integers(0, units).map(lambda outcomes: Count(outcomes, units))
)
ALPHAS = st.floats(0.001, 0.3)


@given(COUNTS, ALPHAS)
def test_wilson(count, alpha):
    low, high = proportion.proportion_confint(count.outcomes, count.units, alpha, method="wilson")
    found = wilson(count, alpha)
    assert found == pytest.approx((low, high), abs=1e-12)
    assert 0 <= found.low <= count.rate <= found.high <= 1


@given(COUNTS, COUNTS, ALPHAS)
def test_newcombe(stable, candidate, alpha):
    low, high = proportion.confint_proportions_2indep(
        candidate.outcomes, candidate.units, stable.outcomes, stable.units,
        method="newcomb", compare="diff", alpha=alpha, correction=False,
    )  # fmt: skip
    found = newcombe(stable, candidate, alpha)
    assert found == pytest.approx((low, high), abs=1e-9)
    assert -1 <= found.low <= candidate.rate - stable.rate <= found.high <= 1


def test_newcombe_of_the_paper():
    """Table II of Newcombe (1998), method 10: 56/70 less 48/80, and 9/10 less 3/10."""
    assert newcombe(Count(48, 80), Count(56, 70), 0.05) == pytest.approx((0.0524, 0.3339), abs=6e-5)
    assert newcombe(Count(3, 10), Count(9, 10), 0.05) == pytest.approx((0.1705, 0.8090), abs=6e-5)


@given(COUNTS, COUNTS)
def test_the_test_is_walds_with_unpooled_variance(stable, candidate):
    assume(0 < stable.rate < 1 and 0 < candidate.rate < 1)  # or it divides by 0 for its ratios
    theirs = proportion.test_proportions_2indep(
        candidate.outcomes, candidate.units, stable.outcomes, stable.units,
        method="wald", compare="diff",
    )  # fmt: skip
    found = difference(stable, candidate, 0.05)
    assert found.estimate == pytest.approx(candidate.rate - stable.rate)
    assert found.z == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-9)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-300)
    assert found.interval == newcombe(stable, candidate, 0.05)
    # The wrong way round, the sign changes and nothing else.
    other = difference(candidate, stable, 0.05)
    assert (other.z, other.p) == pytest.approx((-found.z, found.p))


@pytest.mark.parametrize(
    ("stable", "candidate", "z", "p"),
    [
        (Count(0, 9), Count(0, 9), 0, 1),
        (Count(9, 9), Count(9, 9), 0, 1),
        (Count(0, 9), Count(9, 9), inf, 0),
        (Count(9, 9), Count(0, 9), -inf, 0),
        (Count(0, 0), Count(0, 0), 0, 1),
    ],
)
def test_without_variance(stable, candidate, z, p):
    found = difference(stable, candidate, 0.05)
    assert (found.z, found.p, found.standard_error) == (z, p, 0)


@given(COUNTS, COUNTS, st.floats(1.5, 5))
def test_a_repeated_interval_excludes_0_when_the_boundary_is_crossed(stable, candidate, boundary):
    found = difference(stable, candidate, 0.05)
    assume(found.standard_error > 0 and abs(abs(found.z) - boundary) > 1e-9)
    interval = repeated_interval(stable, candidate, boundary)
    assert (interval.low > 0 or interval.high < 0) == (abs(found.z) > boundary)
    assert -1 <= interval.low <= found.estimate <= interval.high <= 1


def test_coverage_by_simulation():
    rng = np.random.default_rng(4)
    runs = 4000
    covered = 0
    for one, two in zip(rng.binomial(300, 0.1, runs), rng.binomial(200, 0.16, runs), strict=True):
        low, high = newcombe(Count(int(one), 300), Count(int(two), 200), 0.05)
        covered += low <= 0.06 <= high
    assert covered / runs == pytest.approx(0.95, abs=4 * sqrt(0.05 * 0.95 / runs) + 0.005)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), ALPHAS)
def test_pairs_to_decide_is_where_wilson_parts_from_the_bound(rate, bound, alpha):
    assume(abs(rate - bound) > 1e-4)
    units = pairs_to_decide(rate, bound, alpha)
    z = norm.isf(alpha / 2)

    def excluded(n: int) -> bool:
        """The score interval at a rate that need not be a whole number of units."""
        middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
        reach = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return bound < middle - reach or bound > middle + reach

    assert excluded(units + 1)
    assert units <= 2 or not excluded(units - 1)


def test_pairs_to_decide_at_the_bound_itself():
    assert pairs_to_decide(0.02, 0.02, 0.05) is None


@given(st.integers(1, 10**7), ALPHAS)
def test_zero_failures(units, alpha):
    exact = binomtest(0, units).proportion_ci(1 - 2 * alpha, method="exact").high
    assert zero_failure_bound(units, alpha) == pytest.approx(exact, rel=1e-9)
    needed = units_without_failure(zero_failure_bound(units, alpha), alpha)
    assert needed == pytest.approx(units, abs=1, rel=1e-6)


@given(st.integers(1, 10**7))
def test_the_rule_of_three_is_on_the_safe_side(units):
    assert zero_failure_bound(units, 0.05) <= rule_of_three(units)
    assert zero_failure_bound(units + 1, 0.05) < zero_failure_bound(units, 0.05)


def test_known_numbers_of_no_failures():
    assert rule_of_three(3000) == pytest.approx(0.001)
    assert units_without_failure(0.001, 0.05) == 2995
    assert (zero_failure_bound(0, 0.05), rule_of_three(0)) == (1, 1)
    with pytest.raises(ValueError, match="a failure ratio"):
        units_without_failure(0, 0.05)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar(one, other):
    theirs = contingency_tables.mcnemar([[0, one], [other, 0]], exact=True).pvalue
    assert mcnemar(one, other) == pytest.approx(theirs, rel=1e-7, abs=1e-290)
    assert mcnemar(one, other) == mcnemar(other, one)


def test_mcnemar_of_large_counts():
    expected = binomtest(499_000, 1_000_000).pvalue
    assert mcnemar(499_000, 501_000) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="not negative"):
        mcnemar(-1, 2)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0.01, 0.99))
def test_split(stable, candidate, share):
    total = stable + candidate
    expected = chisquare([stable, candidate], [total * (1 - share), total * share]).pvalue
    assert split_p_value(stable, candidate, share) == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_a_right_split_is_rarely_called_wrong():
    rng = np.random.default_rng(9)
    runs = 100_000
    candidates = rng.binomial(20_000, 0.05, runs)
    wrong = sum(split_p_value(20_000 - int(n), int(n), 0.05) < MISMATCH for n in candidates)
    assert wrong / runs <= MISMATCH + 5 * sqrt(MISMATCH / runs)
    assert split_p_value(10_000, 10_500, 0.5) < MISMATCH
    assert split_p_value(0, 0, 0.5) == 1
    for bad in ((1, 1, 0.0), (-1, 1, 0.5)):
        with pytest.raises(ValueError):
            split_p_value(*bad)


def test_counts_that_cannot_be():
    for bad in (Count(2, 1), Count(-1, 1)):
        with pytest.raises(ValueError, match="is not a share"):
            wilson(bad, 0.05)
    assert wilson(Count(0, 0), 0.05) == (0, 1)
