"""The sample of an A/B test, against published numbers, statsmodels, SciPy and simulation."""

from __future__ import annotations

from math import ceil, inf, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower, normal_sample_size_one_tail

from fairway.arithmetic.power import (
    Sample,
    power_of,
    required_sample,
    required_sample_either_way,
    smallest_effect,
    time_to_reach,
)

# baseline, effect, per arm at 1:1, candidates at 1:19, hours to have those at 10 units/s; samples
# were rounded to the nearest unit.
KNOWN = [
    (0.05, 0.005, 31_231, 17_103, 9.5),
    (0.05, 0.01, 8_155, 4_623, 2.6),
    (0.01, 0.005, 7_747, 4_802, 2.7),
    (0.001, 0.001, 23_507, 16_079, 8.9),
    (0.90, 0.01, 13_492, 6_800, 3.8),
]
RATES = st.floats(0.001, 0.999)
SHARES = st.floats(0.01, 0.99)
ALPHAS = st.floats(0.001, 0.2)
POWERS = st.floats(0.25, 0.99)
EFFECTS = st.floats(0.002, 0.5)


def exactly(baseline: float, effect: float, alpha: float, power: float, share: float) -> float:
    """The total of both arms before rounding, from statsmodels."""
    other = baseline + effect
    variance = baseline * (1 - baseline) / (1 - share) + other * (1 - other) / share
    return float(normal_sample_size_one_tail(effect, power, alpha / 2, std_null=sqrt(variance)))


@pytest.mark.parametrize(("baseline", "effect", "equal", "few", "hours"), KNOWN)
def test_known_numbers(baseline, effect, equal, few, hours):
    for share, candidates in ((0.5, equal), (0.05, few)):
        total = exactly(baseline, effect, 0.05, 0.8, share)
        assert round(total * share) == candidates
        sample = required_sample(baseline, effect, 0.05, 0.8, share)
        assert sample == (ceil(total * (1 - share)), ceil(total * share))
    assert time_to_reach(sample, 10, 0.05) / 3600 == pytest.approx(hours, abs=0.05)


@given(RATES, EFFECTS, ALPHAS, POWERS, SHARES)
def test_against_statsmodels(baseline, effect, alpha, power, share):
    assume(baseline + effect < 0.999)
    total = exactly(baseline, effect, alpha, power, share)
    sample = required_sample(baseline, effect, alpha, power, share)
    assert sample.candidate == pytest.approx(total * share, abs=1.0, rel=1e-8)
    assert sample.stable == pytest.approx(total * (1 - share), abs=1.0, rel=1e-8)
    assert sample.total == sample.stable + sample.candidate


@given(RATES, EFFECTS, st.integers(50, 10**6), st.floats(0.1, 10))
def test_power_against_statsmodels(baseline, effect, units, ratio):
    assume(baseline + effect < 0.999)
    sample = Sample(units, max(1, round(units * ratio)))
    other = baseline + effect
    # What statsmodels calls an effect is in standard deviations that both arms share.
    pooled = (
        baseline * (1 - baseline) / sample.stable + other * (1 - other) / sample.candidate
    ) / (1 / sample.stable + 1 / sample.candidate)
    expected = NormalIndPower().power(
        effect / sqrt(pooled),
        sample.stable,
        0.025,
        ratio=sample.candidate / sample.stable,
        alternative="larger",
    )
    assert power_of(sample, baseline, effect, 0.05) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("baseline", "effect", "share", "error_of_form"),
    [
        (0.05, 0.005, 0.5, 0.002),
        (0.01, 0.005, 0.5, 0.006),
        (0.9, -0.01, 0.5, 0.002),
        (0.9, -0.01, 0.05, 0.01),
        # 72 outcomes among the candidates: their rate is no longer normal, but skewed.
        (0.01, 0.005, 0.05, 0.03),
    ],
)
def test_power_by_simulation(baseline, effect, share, error_of_form):
    """The binomial truth, within what 40,000 experiments can tell and the normal form's error."""
    sample = required_sample(baseline, effect, 0.05, 0.8, share)
    rng = np.random.default_rng(5)
    runs = 40_000
    one = rng.binomial(sample.stable, baseline, runs) / sample.stable
    two = rng.binomial(sample.candidate, baseline + effect, runs) / sample.candidate
    error = np.sqrt(one * (1 - one) / sample.stable + two * (1 - two) / sample.candidate)
    found = float(np.mean((two - one) / error * np.sign(effect) > norm.isf(0.025)))
    assert found == pytest.approx(0.8, abs=4 * sqrt(0.8 * 0.2 / runs) + error_of_form)


@given(RATES, EFFECTS, ALPHAS, POWERS, SHARES)
def test_the_sample_has_the_power_and_one_fewer_has_not(baseline, effect, alpha, power, share):
    assume(baseline + effect < 0.999)
    sample = required_sample(baseline, effect, alpha, power, share)
    assert power_of(sample, baseline, effect, alpha) >= power - 1e-9
    fewer = Sample(sample.stable - 1, sample.candidate - 1)
    assert power_of(fewer, baseline, effect, alpha) < power + 1e-9


@given(RATES, EFFECTS, ALPHAS, POWERS, SHARES)
def test_the_smallest_effect_is_the_inverse_of_the_sample(baseline, effect, alpha, power, share):
    assume(baseline + effect < 0.999)
    sample = required_sample(baseline, effect, alpha, power, share)
    found = smallest_effect(sample, baseline, alpha, power)
    assert found <= effect * (1 + 1e-9)
    assert power_of(sample, baseline, found, alpha) == pytest.approx(power, abs=1e-7)


@given(RATES, EFFECTS, ALPHAS, POWERS, SHARES)
def test_a_fall_is_the_rise_of_what_did_not_happen(baseline, effect, alpha, power, share):
    assume(baseline - effect > 0.001)
    fall = required_sample(baseline, -effect, alpha, power, share)
    assert fall == pytest.approx(
        required_sample(1 - baseline, effect, alpha, power, share), abs=1, rel=1e-6
    )
    assert smallest_effect(fall, baseline, alpha, power, rise=False) >= -effect * (1 + 1e-9)


@given(RATES, EFFECTS, SHARES, st.floats(1.01, 3))
def test_larger_effects_and_lower_power_never_need_more(baseline, effect, share, factor):
    assume(baseline + effect * factor < 0.999)
    needed = required_sample(baseline, effect, 0.05, 0.8, share)
    larger = required_sample(baseline, effect * factor, 0.05, 0.8, share)
    assert larger.total <= needed.total
    for easier in (
        required_sample(baseline, effect, 0.05, 0.8 / factor, share),
        required_sample(baseline, effect, min(0.05 * factor, 0.7), 0.8, share),
    ):
        assert easier.stable <= needed.stable
        assert easier.candidate <= needed.candidate
    inflated = required_sample(baseline, effect, 0.05, 0.8, share, inflation=factor)
    assert inflated.total >= needed.total


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0.1, 1e4), st.floats(1, 100), SHARES)
def test_more_traffic_never_needs_longer(stable, candidate, rate, factor, share):
    sample = Sample(stable, candidate)
    assert time_to_reach(sample, rate * factor, share) <= time_to_reach(sample, rate, share)


@given(st.floats(0.01, 0.45), st.floats(1.01, 2))
def test_a_share_nearer_to_half_never_needs_longer(share, factor):
    near = min(0.5, share * factor)
    slow, fast = (
        time_to_reach(required_sample(0.05, 0.005, 0.05, 0.8, each), 10, each)
        for each in (share, near)
    )
    assert fast <= slow + 1 / (10 * share)  # a unit more or less by rounding up


def test_time_waits_for_the_slower_arm():
    assert time_to_reach(Sample(900, 10), 10, 0.1) == pytest.approx(100)
    assert time_to_reach(Sample(90, 100), 10, 0.1) == pytest.approx(100)
    assert time_to_reach(Sample(1, 1), 0, 0.5) == inf
    assert time_to_reach(Sample(0, 0), 0, 0.5) == 0


def test_either_way_is_the_larger_of_both_where_both_can_be():
    up, down = (required_sample(0.9, way, 0.05, 0.8, 0.5) for way in (0.01, -0.01))
    assert down.total > up.total
    for sign in (1, -1):
        assert required_sample_either_way(0.9, sign * 0.01, 0.05, 0.8, 0.5) == down
    only_up = required_sample(0.001, 0.005, 0.05, 0.8, 0.5)
    assert required_sample_either_way(0.001, -0.005, 0.05, 0.8, 0.5) == only_up
    with pytest.raises(ValueError, match="between 0 and 1"):
        required_sample_either_way(0.5, 0.6, 0.05, 0.8, 0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"effect": 0.95}, r"0.05 and a difference of \+0.95 give 1,"),
        ({"effect": -0.05}, r"a difference of -0.05 give 0,"),
        ({"effect": 0.0}, "no number of units finds a difference of 0"),
        ({"baseline": 0.0}, "the baseline is 0"),
        ({"baseline": 1.0}, "the baseline is 1"),
        ({"alpha": 0.0}, "alpha is between 0 and 1"),
        ({"alpha": 1.0}, "alpha is between 0 and 1"),
        ({"power": 1.0}, "a power is between alpha"),
        ({"power": 0.05}, "a power is between alpha"),
        ({"share": 0.0}, "the candidate's share is 0"),
        ({"share": 1.0}, "the candidate's share is 1"),
        ({"inflation": 0.9}, "the factor is 0.9"),
    ],
)
def test_what_cannot_be_is_refused(change, words):
    right = {"baseline": 0.05, "effect": 0.005, "alpha": 0.05, "power": 0.8, "share": 0.5}
    with pytest.raises(ValueError, match=words):
        required_sample(**{**right, **change})


def test_too_few_units_find_nothing():
    with pytest.raises(ValueError, match="3 and 3 units are too few"):
        smallest_effect(Sample(3, 3), 0.05, 0.05, 0.8, rise=False)
    with pytest.raises(ValueError, match="too few"):
        smallest_effect(Sample(0, 100), 0.05, 0.05, 0.8)
    assert power_of(Sample(0, 100), 0.05, 0.01, 0.05) == pytest.approx(0.025)
    with pytest.raises(ValueError, match="a rate of units"):
        time_to_reach(Sample(1, 1), -1, 0.5)
