"""Latencies: a percentile of a sample is distributed as an order statistic, and gates read it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from simulate.releases import canary, conditions, ending, gate, near, simulated

from fairway.simulate.conditions import Behaviour, Lognormal
from fairway.simulate.curve import constant
from fairway.simulate.engine.draws import Stream
from fairway.simulate.engine.latency import make_grid, shares_of

LAW = Lognormal(0.040, 0.110)
RUNS = 4000


@given(st.floats(1e-4, 10), st.floats(1, 50), st.floats(0.001, 0.999))
def test_a_law_has_the_percentiles_that_it_is_given_by(p50, times, share):
    law = Lognormal(p50, p50 * times)
    assert law.below(p50) == pytest.approx(0.5)
    if times > 1.001:
        assert law.below(p50 * times) == pytest.approx(0.95, abs=1e-6)
    assert law.below(law.percentile(share)) == pytest.approx(share, abs=1e-6)
    assert law.below(0.0) == law.below(-1.0) == 0.0


@pytest.mark.parametrize("size", [200, 5_000])
@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_a_percentile_is_an_order_statistic(size, share):
    """F of the k-th of n values is Beta(k, n - k + 1); the grid costs a little of the detail."""
    grid = make_grid([(LAW, 0.0)], [share], [])
    chances = np.array(shares_of(grid.levels, LAW, 0.0, 30.0))
    histograms = grid.draw(Stream(1, "x", RUNS), np.full(RUNS, size), chances)
    found = grid.percentile(histograms, share)
    rank = int(np.ceil(share * size))
    law = stats.beta(rank, size - rank + 1)
    exact = [LAW.percentile(float(law.ppf(q))) for q in (0.1, 0.5, 0.9)]
    # Two values above the 99th percentile of 200: there, a straight line between levels shows.
    assert np.quantile(found, [0.1, 0.5, 0.9]) == pytest.approx(exact, rel=0.015 + 5 / size)


def test_percentiles_of_samples_drawn_one_by_one_agree():
    """Against numpy's own lognormal draws, for a mixture of a slow and a fast half."""
    slow = 0.05
    grid = make_grid([(LAW, 0.0), (LAW, slow)], [0.95], [])
    halves = [np.array(shares_of(grid.levels, LAW, added, 30.0)) for added in (0.0, slow)]
    stream = Stream(2, "x", RUNS)
    counts = sum(grid.draw(stream, np.full(RUNS, 300), chances) for chances in halves)
    drawn = np.random.default_rng(3).lognormal(np.log(LAW.p50), LAW.sigma, (RUNS, 600))
    drawn[:, :300] += slow
    expected = np.quantile(np.quantile(drawn, 0.95, axis=1), [0.1, 0.5, 0.9])
    found = np.quantile(grid.percentile(counts, 0.95), [0.1, 0.5, 0.9])
    assert found == pytest.approx(expected, rel=0.02)


def test_whether_a_percentile_is_above_a_bound_is_exact():
    """p95 > bound exactly when fewer than 95 % of the answers are at most the bound."""
    bound, size = 0.112, 400
    grid = make_grid([(LAW, 0.0)], [0.95], [bound])
    chances = np.array(shares_of(grid.levels, LAW, 0.0, 30.0))
    histograms = grid.draw(Stream(4, "x", RUNS), np.full(RUNS, size), chances)
    above = grid.percentile(histograms, 0.95) > bound * (1 + 1e-12)
    within = histograms[:, : grid.levels.index(bound) + 1].sum(axis=1)
    assert (above == (within < 0.95 * size)).all()
    exact = stats.binom.cdf(0.95 * size - 1, size, LAW.below(bound))
    assert near(above.mean(), exact, RUNS)


def test_a_gate_on_a_percentile_is_exact():
    bound = 0.115
    plan = canary(
        ((50, 120),), (gate("max", bound, "latency-p95"),), interval=120, window=120, min_requests=1
    )
    run = simulated(plan, conditions(4.0, latency=LAW, duration=120), RUNS)
    slow, mean, fail = 1 - LAW.below(bound), 240.0, 0.0
    for n in range(150, 340):
        # Above the bound: more than 5 % of n are slower than it.
        fail += stats.poisson.pmf(n, mean) * stats.binom.sf(int(0.05 * n + 1e-9), n, slow)
    assert 0.1 < fail < 0.9
    assert near(ending(run, "abort").probability, fail, RUNS)


def test_a_slow_candidate_is_stopped_by_its_latency_only():
    gates = (gate(), gate("max", 0.2, "latency-p95"))
    run = simulated(canary(gates=gates), conditions(40, slower=0.15, start=600, latency=LAW))
    assert ending(run, "abort").probability == 1.0
    assert [watch.stopped for watch in run.watches] == [0.0, 1.0]
    assert run.bad.mean == 0


def test_a_relative_latency_gate_compares_with_stable():
    relative = (gate("withinRelative", 0.2, "latency-p95"),)
    plan = canary(((50, 1800),), relative)
    assert ending(simulated(plan, conditions(40, latency=LAW)), "promote").probability > 0.99
    slow = conditions(40, slower=0.05, latency=LAW)
    assert ending(simulated(plan, slow), "abort").probability == 1.0


def test_what_comes_after_the_timeout_is_an_error_and_not_in_the_histogram():
    gates = (gate(), gate("max", 0.2, "latency-p95"))
    given = conditions(40, slower=0.2, latency=LAW, timeout=0.25)
    run = simulated(canary(((50, 1800),), gates), given)
    late = 1 - LAW.below(0.05)
    assert run.minutes[0].errors / run.minutes[0].requests == pytest.approx(late, rel=0.05)
    assert run.watches[0].stopped == 1.0
    # What is left in the histogram took at most 250 ms.
    assert all(minute.watches[1].value.p90 <= 0.2501 for minute in run.minutes)


def test_a_latency_that_nobody_knows_is_that_of_the_other_version():
    only = conditions(40)._replace(stable=Behaviour(constant(0.0), (LAW,)))
    run = simulated(canary(gates=(gate("max", 0.2, "latency-p95"),)), only)
    assert run.notes  # the engine itself does not guess; assume.py does
