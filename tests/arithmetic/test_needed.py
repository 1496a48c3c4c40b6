"""Tails of counts, and how many requests tell a fault, against SciPy and a search of every n."""

from __future__ import annotations

from math import ceil, log

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import beta, binom, chi2, norm, poisson

from fairway.arithmetic.binomial import at_least
from fairway.arithmetic.needed import NEVER, most_errors, requests_needed
from fairway.arithmetic.poisson import assured, likely_range, quantile

ratios = st.floats(1e-4, 0.9999)


@given(requests=st.integers(1, 100_000), ratio=ratios, at=st.floats(-6, 6))
def test_the_tail_is_that_of_the_binomial(requests: int, ratio: float, at: float) -> None:
    spread = (requests * ratio * (1 - ratio)) ** 0.5
    errors = int(requests * ratio + at * spread) + 1
    expected = binom.sf(errors - 1, requests, ratio)
    assert at_least(errors, requests, ratio) == pytest.approx(expected, rel=1e-8, abs=1e-13)


@given(errors=st.integers(1, 200), more=st.floats(0, 5_000), ratio=ratios)
def test_the_tail_between_whole_numbers_is_that_of_the_beta(
    errors: int, more: float, ratio: float
) -> None:
    expected = beta.cdf(ratio, errors, more + 1.0)
    assert at_least(errors, errors + more, ratio) == pytest.approx(expected, rel=1e-8, abs=1e-13)


def test_the_tail_at_its_edges() -> None:
    assert at_least(0, 0, 0.5) == at_least(-3, 10, 0.0) == at_least(3, 3, 1.0) == 1.0
    assert at_least(1, 10, 0.0) == at_least(4, 3, 1.0) == at_least(1, 0, 0.5) == 0.0


# A gate of 1 %, and what is known of no errors at all: ln 0.05 / ln (1 - e).
@pytest.mark.parametrize(
    ("errors", "most", "expected"),
    [
        (0.30, 0.01, 9),
        (0.10, 0.01, 29),
        (0.05, 0.01, 59),
        (0.02, 0.01, 523),
        (0.011, 0.01, 29_804),
        (0.10, 0.0, 29),
        (0.01, 0.0, 299),
        (0.001, 0.0, 2_995),
        (1.0, 0.5, 1),
        (1.0, 0.0, 1),
        (0.01, 0.01, NEVER),
        (0.0, 0.0, NEVER),
        (1.0, 1.0, NEVER),
    ],
)
def test_known_numbers(errors: float, most: float, expected: int) -> None:
    assert requests_needed(errors, most) == expected


def searched(errors: float, most: float, confidence: float) -> int:
    """Try every n up to where Chernoff's bound says that no later one can fail to see it."""
    entropy = most * log(most / errors) + (1 - most) * log((1 - most) / (1 - errors))
    every = np.arange(1, ceil(log(1 / (1 - confidence)) / entropy) + 2)
    few = np.floor(most * every + 1e-9)
    enough = binom.sf(few, every, errors) >= confidence
    return int(every[~enough][-1]) + 1 if not enough.all() else 1


@given(
    most=st.one_of(st.floats(3e-4, 0.6), st.sampled_from([0.001, 0.005, 0.01, 0.02, 0.05, 0.1])),
    times=st.floats(1.1, 40.0),
    confidence=st.sampled_from([0.8, 0.95, 0.975, 0.999]),
)
def test_every_number_of_requests_from_there_on_is_enough(
    most: float, times: float, confidence: float
) -> None:
    errors = min(0.999, most * times)
    # Beyond that the answer is a bound, which may be more than is needed.
    assume(errors > most)
    about = norm.isf(1 - confidence) ** 2 * errors * (1 - errors) / (errors - most) ** 2
    assume(about < 100_000)
    assert requests_needed(errors, most, confidence) == searched(errors, most, confidence)


@given(most=st.floats(0, 0.5), more=st.floats(0, 0.2), errors=ratios, worse=st.floats(0, 0.5))
def test_a_worse_fault_needs_no_more_and_a_looser_gate_no_fewer(
    most: float, more: float, errors: float, worse: float
) -> None:
    needed = requests_needed(errors, most)
    worst = requests_needed(min(1.0, errors + worse), most)
    looser = requests_needed(errors, most + more)
    assert needed == NEVER or NEVER < worst <= needed
    assert looser == NEVER or NEVER < needed <= looser


@pytest.mark.parametrize("most", [0.0005, 0.01, 0.3, 0.7])
def test_the_bound_for_many_requests_is_enough_and_not_far_from_what_is_needed(
    most: float,
) -> None:
    """Just beyond the exact numbers, where a search is still possible."""
    gap = (2.7055 * most * (1 - most) / 150_000) ** 0.5
    found, least = requests_needed(most + gap, most), searched(most + gap, most, 0.95)
    assert 100_000 < least <= found < 2.5 * least


def test_a_fault_that_is_hardly_one_needs_very_many() -> None:
    assert requests_needed(0.01 + 1e-12, 0.01) > 10**18
    assert requests_needed(1e-300, 0.0) > 10**18


@given(percent=st.integers(0, 1_000), requests=st.integers(0, 200_000))
def test_a_share_that_is_a_whole_number_of_errors_passes(percent: int, requests: int) -> None:
    assert most_errors(requests, percent / 1_000) == percent * requests // 1_000


# -- Poisson -----------------------------------------------------------------------------------


@given(mean=st.floats(0.001, 1e6), p=st.floats(1e-7, 1 - 1e-7))
def test_quantiles_are_those_of_the_poisson(mean: float, p: float) -> None:
    assert abs(quantile(p, mean) - poisson.ppf(p, mean)) <= (0 if mean <= 50 else 1)


@given(mean=st.floats(0, 1e5), confidence=st.sampled_from([0.8, 0.95, 0.999999]))
def test_the_likely_range_leaves_out_no_more_than_it_says(mean: float, confidence: float) -> None:
    low, high = likely_range(mean, confidence)
    slack = 1 if mean > 50 else 0
    left_out = (1 - confidence) / 2 + 1e-12
    assert poisson.cdf(low - 1 - slack, mean) <= left_out
    assert poisson.sf(high + slack, mean) <= left_out


@given(events=st.integers(1, 1_000_000), confidence=st.sampled_from([0.9, 0.95, 0.975]))
def test_what_is_assured_comes(events: int, confidence: float) -> None:
    exact = chi2.ppf(confidence, 2 * events) / 2
    assert exact - 0.001 <= assured(events, confidence) <= exact + 2
    assert assured(events + 1, confidence) >= assured(events, confidence)
    assert assured(0, confidence) == 0
