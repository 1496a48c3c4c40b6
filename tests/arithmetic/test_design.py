"""The design of an experiment: its parts put together, and what it promises by simulation."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.arithmetic.design import design
from fairway.arithmetic.multiplicity import holm
from fairway.arithmetic.power import required_sample
from fairway.arithmetic.sequential import boundaries, equal_looks, inflation

SPENDINGS = ("obrien-fleming", "pocock")


def test_one_look_at_one_outcome_is_the_fixed_test():
    found = design(((0.05, 0.005),), 0.05, 0.8, 0.5)
    assert found.sample == (31_231, 31_231)
    assert found.samples == (found.sample,)
    assert (found.alpha_each, found.fractions, found.inflation) == (0.05, (1.0,), 1.0)
    assert found.boundaries == pytest.approx((1.959964,))


def test_several_outcomes_share_alpha_and_the_hardest_sets_the_sample():
    found = design(((0.05, 0.01), (0.02, 0.001)), 0.05, 0.8, 0.3)
    assert found.alpha_each == 0.025
    assert found.samples == (
        required_sample(0.05, 0.01, 0.025, 0.8, 0.3),
        required_sample(0.02, 0.001, 0.025, 0.8, 0.3),
    )
    assert found.sample == found.samples[1]


def test_looks_inflate_the_sample():
    found = design(((0.05, 0.005),), 0.05, 0.8, 0.5, 4, "pocock")
    fractions = equal_looks(4)
    factor = inflation(fractions, 0.05, 0.8, "pocock")
    assert found.sample == required_sample(0.05, 0.005, 0.05, 0.8, 0.5, factor)
    assert found.boundaries == boundaries(fractions, 0.05, "pocock")
    assert found.inflation == factor > 1.15


@pytest.mark.parametrize("baseline", [0.5, 0.995])
def test_an_effect_that_cannot_be_a_rise_is_refused(baseline):
    with pytest.raises(ValueError, match="between 0 and 1"):
        design(((baseline, 0.6),), 0.05, 0.8, 0.5)


@given(
    st.integers(1, 8), st.integers(1, 4), st.sampled_from(SPENDINGS), st.floats(0.02, 0.98)
)  # fmt: skip
@settings(max_examples=30)
def test_one_more_outcome_or_look_never_needs_fewer_units(looks, outcomes, spending, share):
    def total(looks: int, outcomes: int) -> int:
        return design(((0.1, 0.02),) * outcomes, 0.05, 0.8, share, looks, spending).sample.total

    here = total(looks, outcomes)
    assert total(looks, outcomes + 1) > here
    assert total(looks + 1, outcomes) >= here


@pytest.mark.parametrize("spending", SPENDINGS)
def test_the_power_that_was_planned(spending):
    """Two outcomes, three looks, real counts: each outcome is found as often as was promised."""
    outcomes = ((0.1, 0.02), (0.4, 0.03))
    found = design(outcomes, 0.05, 0.8, 0.4, 3, spending)
    rng = np.random.default_rng(21)
    runs = 20_000
    for (baseline, effect), sample in zip(outcomes, found.samples, strict=True):
        arms = []
        for units, rate in ((sample.stable, baseline), (sample.candidate, baseline + effect)):
            size = np.round(units * np.array(found.fractions)).astype(int)
            new = np.diff([0, *size])
            arms.append((np.cumsum(rng.binomial(new, rate, (runs, 3)), axis=1) / size, size))
        (one, n1), (two, n2) = arms
        z = (two - one) / np.sqrt(one * (1 - one) / n1 + two * (1 - two) / n2)
        ends = np.mean(np.any(z >= np.array(found.boundaries), axis=1))
        assert ends == pytest.approx(0.8, abs=4 * sqrt(0.16 / runs) + 0.008)


def test_holm_finds_whatever_a_boundary_of_the_plan_finds():
    found = design(((0.1, 0.02), (0.4, 0.03)), 0.05, 0.8, 0.4)
    assert holm([found.alpha_each, 0.9], 0.05)[0].rejected
