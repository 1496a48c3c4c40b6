"""Several metrics: Holm's procedure, against statsmodels and simulation."""

from __future__ import annotations

import gc
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from fairway.arithmetic.multiplicity import holm, planned_alpha


@pytest.fixture
def little_garbage():
    """Let the oracle, which collects garbage in each call, look at what the test made alone."""
    gc.freeze()
    yield
    gc.unfreeze()


P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.usefixtures("little_garbage")
@given(P_VALUES, st.floats(0.001, 0.3))
def test_against_statsmodels(p_values, alpha):
    rejected, adjusted, _, _ = multipletests(p_values, alpha, method="holm")
    found = holm(p_values, alpha)
    assert [each.p for each in found] == pytest.approx(list(adjusted))
    for mine, theirs, p in zip(found, rejected, adjusted, strict=True):
        assert mine.rejected == theirs or p == pytest.approx(alpha)


@given(P_VALUES, st.floats(0.001, 0.3))
def test_between_no_correction_and_bonferroni(p_values, alpha):
    planned = planned_alpha(alpha, len(p_values))
    for p, found in zip(p_values, holm(p_values, alpha), strict=True):
        assert p <= found.p <= min(1.0, len(p_values) * p) + 1e-12
        # What the plan counted on is always found.
        assert found.rejected or p > planned * (1 - 1e-12)


@given(P_VALUES, st.floats(0, 1))
def test_one_more_metric_never_helps(p_values, another):
    with_it = holm([*p_values, another], 0.05)
    for alone, together in zip(holm(p_values, 0.05), with_it, strict=False):
        assert together.p >= alone.p - 1e-12


def test_a_known_case():
    assert [round(each.p, 6) for each in holm([0.01, 0.04, 0.03, 0.005], 0.05)] == [
        0.03, 0.06, 0.06, 0.02,
    ]  # fmt: skip
    assert [each.rejected for each in holm([0.01, 0.04, 0.03, 0.005], 0.05)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert holm([], 0.05) == ()


def test_no_false_finding_in_more_than_alpha_of_all_experiments():
    rng = np.random.default_rng(3)
    runs = 20_000
    any_found = sum(
        any(each.rejected for each in holm(p.tolist(), 0.05)) for p in rng.random((runs, 4))
    )
    assert any_found / runs <= 0.05 + 4 * sqrt(0.05 * 0.95 / runs)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="at least one metric"):
        planned_alpha(0.05, 0)
    with pytest.raises(ValueError, match="alpha is between"):
        planned_alpha(0, 1)
    with pytest.raises(ValueError, match="a p-value is from 0 to 1"):
        holm([0.5, 1.5], 0.05)
