"""Counts are exact quantiles of their laws, and the same chance gives more where more is likely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fairway.simulate.engine.draws import Stream, binomial, poisson

# What a generator gives: whole multiples of 2^-53.
CHANCES = st.integers(1, 2**53 - 1).map(lambda number: number * 2.0**-53)


def arrays(chances: list[float]) -> np.ndarray:
    return np.array(chances, dtype=float)


@given(st.lists(CHANCES, min_size=1, max_size=20), st.floats(0, 1e5))
def test_poisson_is_the_exact_quantile(chances, mean):
    u = arrays(chances)
    found = poisson(u, np.full(len(u), mean))
    assert (stats.poisson.cdf(found, mean) >= u).all()
    assert ((found == 0) | (stats.poisson.cdf(found - 1, mean) < u)).all()


@given(st.lists(CHANCES, min_size=1, max_size=20), st.integers(0, 100_000), st.floats(0, 1))
def test_binomial_is_the_exact_quantile(chances, trials, ratio):
    u = arrays(chances)
    found = binomial(u, np.full(len(u), trials), ratio)
    law = stats.binom(trials, ratio)
    assert (found <= trials).all()
    # scipy's law is another implementation: their last digits may differ at a step.
    hair = 1e-12
    assert (law.cdf(found) >= u - hair).all()
    assert ((found == 0) | (law.cdf(found - 1) < u + hair)).all()


@given(CHANCES, st.integers(0, 5_000), st.integers(0, 5_000), st.floats(0, 1), st.floats(0, 1))
def test_more_trials_or_a_larger_ratio_never_give_fewer(chance, one, other, low, high):
    fewer, more = sorted((one, other))
    low, high = sorted((low, high))
    u = arrays([chance])
    least = binomial(u, np.array([fewer]), low)
    assert least <= binomial(u, np.array([more]), low)
    assert least <= binomial(u, np.array([fewer]), high)


@given(CHANCES, st.floats(0, 1e4), st.floats(0, 1e4))
def test_more_expected_never_gives_fewer(chance, one, other):
    low, high = sorted((one, other))
    u = arrays([chance])
    assert poisson(u, arrays([low])) <= poisson(u, arrays([high]))


@pytest.mark.parametrize("mean", [0.3, 7.0, 250.0, 1e6])
def test_a_stream_gives_the_law(mean):
    stream = Stream(3, "purpose", 20_000)
    found = poisson(stream.take(), np.full(20_000, mean))
    assert abs(found.mean() - mean) < 5 * (mean / 20_000) ** 0.5
    assert abs(found.var() / mean - 1) < 0.1


def test_streams_differ_by_purpose_and_by_seed_only():
    one = Stream(3, "purpose", 50).take()
    assert (one == Stream(3, "purpose", 50).take()).all()
    assert (one != Stream(3, "other", 50).take()).any()
    assert (one != Stream(4, "purpose", 50).take()).any()
