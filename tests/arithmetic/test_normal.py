"""The normal distribution, against SciPy's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from fairway.arithmetic.normal import cdf, density, quantile, tail, two_sided, upper


@pytest.mark.parametrize("exponent", range(1, 300, 7))
def test_upper_has_all_digits_in_the_far_tail(exponent):
    p = 10.0**-exponent
    assert upper(p) == pytest.approx(norm.isf(p), rel=1e-14)
    assert tail(upper(p)) == pytest.approx(p, rel=1e-11)


@given(st.floats(1e-12, 1 - 1e-12))
def test_quantile(p):
    assert quantile(p) == pytest.approx(norm.ppf(p), rel=1e-9, abs=1e-12)
    assert cdf(quantile(p)) == pytest.approx(p, rel=1e-9)
    assert quantile(p) == pytest.approx(-upper(p), rel=1e-9, abs=1e-12)


@given(st.floats(-37, 37))
def test_tails(x):
    assert cdf(x) == pytest.approx(norm.cdf(x), rel=1e-11)
    assert tail(x) == pytest.approx(norm.sf(x), rel=1e-11)
    assert density(x) == pytest.approx(norm.pdf(x), rel=1e-11)
    assert two_sided(x) == pytest.approx(2 * norm.sf(abs(x)), rel=1e-11)


@given(st.floats(1e-9, 1 - 1e-9), st.floats(1e-9, 1 - 1e-9))
def test_quantiles_rise(p, q):
    low, high = sorted((p, q))
    assert quantile(low) <= quantile(high)


@pytest.mark.parametrize("function", [quantile, upper])
@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(function, p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        function(p)
