"""Mirrors: what many pairs of answers say is what ``fairway analyze`` would say of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from simulate.releases import conditions, ending, near, silent

from fairway.analyze.shadow import ALPHA
from fairway.arithmetic.proportions import Count, wilson
from fairway.plan.release import Shadow
from fairway.simulate.engine.shadow import ShadowPlan, judge, simulate_shadow

PLAN = ShadowPlan(Shadow(compared=True, most=0.02, tolerance=0.0), 0.5)
RUNS = 4000


def mirrored(plan, given, runs=RUNS):
    return simulate_shadow(plan, given, runs, 7, silent)


@given(st.integers(1, 20_000), st.floats(0, 1), st.sampled_from([0.0, 0.001, 0.02, 0.5, 1.0]))
def test_the_rule_is_that_of_the_interval(pairs, part, most):
    differing = round(pairs * min(1.0, part * 4 * most if most else part / 100))
    said = judge(np.array([differing]), np.array([pairs]), most)
    interval = wilson(Count(differing, pairs), ALPHA)
    # At the edge itself, two ways to calculate the same may differ in their last digit.
    if abs(interval.low - most) > 1e-12 and abs(interval.high - most) > 1e-12:
        assert said.passes[0] == (interval.high < most)
        assert said.fails[0] == (interval.low > most)


@pytest.mark.parametrize("disagreement", [0.0, 0.012, 0.02, 0.028, 0.5])
def test_the_chance_of_each_verdict_is_exact(disagreement):
    run = mirrored(PLAN, conditions(1.0, disagreement=disagreement, duration=3600))
    passes = fails = 0.0
    for pairs in range(1600, 2010):
        chance = stats.poisson.pmf(pairs, 1800)
        counts = np.arange(pairs + 1)
        said = judge(counts, np.full(pairs + 1, pairs), 0.02)
        each = stats.binom.pmf(counts, pairs, disagreement)
        passes += chance * each[said.passes].sum()
        fails += chance * each[said.fails].sum()
    assert near(ending(run, "promote").probability, passes, RUNS)
    assert near(ending(run, "abort").probability, fails, RUNS)


def test_errors_of_the_candidate_differ_and_reach_nobody():
    run = mirrored(PLAN, conditions(10.0, 0.3, duration=3600), 200)
    assert ending(run, "abort").outcome == "fails"
    assert ending(run, "abort").probability == 1.0
    assert run.bad.mean == 0
    assert run.minutes[0].watches[0].value.p50 == pytest.approx(0.3, abs=0.06)


def test_what_is_said_since_when():
    run = mirrored(PLAN, conditions(10.0, disagreement=0.2, duration=3600), 200)
    assert ending(run, "abort").seconds.p90 <= 120


def test_the_share_that_is_mirrored_is_what_is_seen():
    run = mirrored(PLAN._replace(mirrored=0.1), conditions(20.0, duration=1800), 400)
    assert run.minutes[0].requests == pytest.approx(120, rel=0.05)
