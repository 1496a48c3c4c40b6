"""Group-sequential designs, against published tables, a multivariate normal and simulation.

* R's gsDesign (sfLDOF, sfLDPocock; its one-sided alpha is half of the two-sided one): boundaries
  and inflation factors at power 0.8.
* Reboussin, DeMets, Kim, Lan, Controlled Clinical Trials 21 (2000), 190-207: five equal looks.
* Jennison, Turnbull (2000), tables 2.1 and 2.3: the constants of Pocock and O'Brien-Fleming.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from fairway.arithmetic.brownian import START, crossing, next_grid
from fairway.arithmetic.sequential import (
    boundaries,
    equal_looks,
    expected_share,
    inflation,
    power_at,
    repeated_p_value,
    spent,
    stages,
)

OBF, POCOCK = "obrien-fleming", "pocock"
TABLES = [
    (3, 0.05, OBF, [3.710303, 2.511427, 1.993048], 1.012795),
    (4, 0.05, OBF, [4.332634, 2.963131, 2.359044, 2.014090], 1.019637),
    (5, 0.05, OBF, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310], None),
    (3, 0.10, OBF, [3.200102, 2.140815, 1.694812], 1.020305),
    (3, 0.05, POCOCK, [2.279428, 2.294910, 2.295939], 1.170419),
    (5, 0.05, POCOCK, [2.437977, 2.426814, 2.410194, 2.396649, 2.386000], 1.212613),
]
SPENDINGS = st.sampled_from([OBF, POCOCK])
FRACTIONS = (
    st.lists(st.integers(2, 97), min_size=0, max_size=5, unique=True)
    .map(lambda cuts: (*(cut / 100 for cut in sorted(cuts)), 1.0))
)  # fmt: skip


@pytest.mark.parametrize(("looks", "alpha", "spending", "bounds", "factor"), TABLES)
def test_published_tables(looks, alpha, spending, bounds, factor):
    fractions = equal_looks(looks)
    assert boundaries(fractions, alpha, spending) == pytest.approx(bounds, abs=2e-4)
    if factor is not None:
        assert inflation(fractions, alpha, 0.8, spending) == pytest.approx(factor, abs=2e-4)


def leaving(bounds: list[float], drift: float = 0.0) -> list[float]:
    """The probability of leaving at each of equal looks, for boundaries in z."""
    looks = len(bounds)
    times = equal_looks(looks)
    grid, found = START, []
    for look, (time, bound) in enumerate(zip(times, bounds, strict=True)):
        found.append(sum(crossing(grid, time, bound * sqrt(time), drift)))
        if look + 1 < looks:
            grid = next_grid(grid, time, bound * sqrt(time), times[look + 1])
    return found


@pytest.mark.parametrize(
    ("looks", "constant"), [(1, 1.960), (2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413), (10, 2.555)]
)
def test_pocock_constants(looks, constant):
    for off, more in ((-6e-4, True), (6e-4, False)):
        assert (sum(leaving([constant + off] * looks)) > 0.05) == more


@pytest.mark.parametrize(
    ("looks", "constant"), [(1, 1.960), (2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040), (10, 2.087)]
)
def test_obrien_fleming_constants(looks, constant):
    for off, more in ((-6e-4, True), (6e-4, False)):
        bounds = [(constant + off) * sqrt(looks / look) for look in range(1, looks + 1)]
        assert (sum(leaving(bounds)) > 0.05) == more


@pytest.mark.parametrize("drift", [0.0, 1.5, 3.0])
@pytest.mark.parametrize(
    ("bounds", "times"),
    [
        ([2.5, 2.0], [0.5, 1.0]),
        ([3.0, 2.4, 2.1], [0.3, 0.55, 1.0]),
        ([2.2, 2.2, 2.2], [0.1, 0.2, 1.0]),
        ([2.8, 2.6, 2.2, 2.0], [0.4, 0.41, 0.9, 0.96]),
    ],
)
def test_against_a_multivariate_normal(bounds, times, drift):
    t, b = np.array(times), np.array(bounds)
    covariance = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    stays = multivariate_normal.cdf(
        b, mean=drift * np.sqrt(t), cov=covariance, lower_limit=-b, abseps=1e-8, releps=1e-8
    )
    grid, left = START, 0.0
    for look, (time, bound) in enumerate(zip(times, bounds, strict=True)):
        left += sum(crossing(grid, time, bound * sqrt(time), drift))
        if look + 1 < len(times):
            grid = next_grid(grid, time, bound * sqrt(time), times[look + 1])
    assert left == pytest.approx(1 - stays, abs=5e-6)


@given(FRACTIONS, st.floats(0.001, 0.2), SPENDINGS)
@settings(max_examples=60, deadline=None)
def test_looks_never_widen_alpha(fractions, alpha, spending):
    found = stages(fractions, alpha, spending)
    used = np.cumsum([way.above + way.below for way in found])
    assert used == pytest.approx([spent(t, alpha, spending) for t in fractions], abs=1e-7)
    assert used[-1] == pytest.approx(alpha, abs=1e-7)
    fixed = norm.isf(alpha / 2)
    bounds = boundaries(fractions, alpha, spending)
    assert all(bound >= fixed - 1e-9 for bound in bounds)
    if len(fractions) == 1:
        assert bounds[0] == pytest.approx(fixed)


@given(FRACTIONS, SPENDINGS, st.floats(0.3, 0.97))
@settings(max_examples=40, deadline=None)
def test_the_inflated_sample_has_the_power(fractions, spending, power):
    factor = inflation(fractions, 0.05, power, spending)
    fixed = norm.isf(0.025) + norm.ppf(power)
    drift = fixed * sqrt(factor)
    assert factor >= 1
    assert power_at(fractions, 0.05, spending, drift) == pytest.approx(power, abs=1e-6)
    # With the fixed sample it is too small, and on average less than all of it is used.
    assert power_at(fractions, 0.05, spending, fixed) <= power + 1e-9
    assert expected_share(fractions, 0.05, spending, drift) <= 1 + 1e-12


@given(FRACTIONS, SPENDINGS, st.floats(0, 5), st.floats(0.01, 2))
@settings(max_examples=40, deadline=None)
def test_more_drift_is_found_more_often_and_sooner(fractions, spending, drift, more):
    low, high = (power_at(fractions, 0.05, spending, each) for each in (drift, drift + more))
    assert high > low
    assert high < 1
    shares = [expected_share(fractions, 0.05, spending, each) for each in (drift, drift + more)]
    assert shares[1] <= shares[0] + 1e-9


@pytest.mark.parametrize("spending", [OBF, POCOCK])
def test_more_looks_cost_more(spending):
    factors = [inflation(equal_looks(looks), 0.05, 0.8, spending) for looks in range(1, 9)]
    assert factors[0] == pytest.approx(1, abs=1e-8)
    assert all(one < other for one, other in pairwise(factors))


@pytest.mark.parametrize("drift", [0.0, 2.8])
@pytest.mark.parametrize("spending", [OBF, POCOCK])
def test_by_simulation(spending, drift):
    fractions = (0.2, 0.5, 0.65, 1.0)
    runs = 200_000
    rng = np.random.default_rng(11)
    times = np.diff([0.0, *fractions])
    paths = np.cumsum(rng.normal(drift * times, np.sqrt(times), (runs, 4)), axis=1)
    bands = np.array(boundaries(fractions, 0.05, spending)) * np.sqrt(fractions)
    left = np.zeros(runs, bool)
    for look, way in enumerate(stages(fractions, 0.05, spending, drift)):
        for expected, outside in (
            (way.above, paths[:, look] > bands[look]),
            (way.below, paths[:, look] < -bands[look]),
        ):
            seen = np.mean(outside & ~left)
            assert seen == pytest.approx(expected, abs=4.5 * sqrt(expected / runs) + 1e-5)
        left |= np.abs(paths[:, look]) > bands[look]


def test_type_one_error_of_binomial_data():
    """The whole of it: two arms with the same rate, looked at five times as they grow."""
    fractions, units, runs = equal_looks(5), 4000, 20_000
    rng = np.random.default_rng(8)
    arms = [
        np.cumsum(rng.binomial(units // 5, 0.1, (runs, 5)), axis=1) / (np.arange(1, 6) * units // 5)
        for _ in range(2)
    ]
    size = np.arange(1, 6) * units // 5
    z = (arms[1] - arms[0]) / np.sqrt(sum(arm * (1 - arm) / size for arm in arms))
    found = np.mean(np.any(np.abs(z) >= boundaries(fractions, 0.05, POCOCK), axis=1))
    assert found == pytest.approx(0.05, abs=4 * sqrt(0.05 * 0.95 / runs) + 0.002)


@given(FRACTIONS, SPENDINGS, st.floats(0.002, 0.2))
@settings(max_examples=10, deadline=None)
def test_a_repeated_p_value_agrees_with_the_boundary(fractions, spending, alpha):
    for look in range(1, len(fractions) + 1):
        taken = fractions[:look]
        bound = boundaries(taken, alpha, spending)[-1]
        if bound > 7:
            continue
        assert repeated_p_value(bound * 1.002, taken, spending) <= alpha
        assert repeated_p_value(-bound * 0.998, taken, spending) > alpha


def test_one_look_is_the_fixed_test():
    assert repeated_p_value(2.5, (1.0,), OBF) == pytest.approx(2 * norm.sf(2.5))
    assert repeated_p_value(0.1, (0.25, 0.5), OBF) == 1.0
    assert repeated_p_value(40.0, (0.5, 1.0), OBF) <= 1e-12


def test_a_last_look_with_more_data_than_planned_spends_the_rest():
    late = (0.5, 1.2)
    found = stages(late, 0.05, OBF)
    assert sum(way.above + way.below for way in found) == pytest.approx(0.05, abs=1e-9)


def test_a_look_too_early_to_spend_anything_is_never_crossed():
    assert boundaries((0.002, 1.0), 0.05, OBF)[0] == 12.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: boundaries((), 0.05, OBF), "at least one look"),
        (lambda: boundaries((0.5, 0.5), 0.05, OBF), "0.5 follows 0.5"),
        (lambda: boundaries((0.5, 0.4), 0.05, OBF), "0.4 follows 0.5"),
        (lambda: boundaries((0.0, 1.0), 0.05, OBF), "0 follows 0"),
        (lambda: boundaries((1.0,), 1.5, OBF), "alpha is between"),
        (lambda: boundaries((1.0,), 0.05, "linear"), "and this is linear"),
        (lambda: equal_looks(0), "and this 0 times"),
        (lambda: inflation((1.0,), 0.05, 0.01, OBF), "a power is between"),
        (lambda: power_at((1.0,), 0.05, OBF, 100), "beyond what any test needs"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
