"""A/B tests: the rule for many results is that for one, and its power is what was planned."""

from __future__ import annotations

import numpy as np
import pytest
from analyze.experiments import counts, experiment
from hypothesis import given, settings
from hypothesis import strategies as st
from simulate.releases import conditions, near, silent

from fairway.analyze.experiment import judge, plan_of
from fairway.arithmetic.power import power_of
from fairway.arithmetic.sequential import stages
from fairway.simulate.engine.deciding import (
    Arm,
    first_differs,
    levels,
    split_is_wrong,
    statistics,
)
from fairway.simulate.engine.experiment import simulate_experiment

RUNS = 2000
THREE = (("conversion", 0.05, 0.005), ("refunds", 0.02, 0.004), ("visits", 0.3, 0.02))


def result_of(planned, true=(), rate=20.0, runs=RUNS, **others):
    given = conditions(rate, outcomes=tuple(true), **others)
    return simulate_experiment(planned, given, runs, 7, silent)


def share(run, outcome):
    return next(each.probability for each in run.endings if each.outcome == outcome)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([1, 3]), st.sampled_from(["obrien-fleming", "pocock"]), st.integers(1, 3),
    st.lists(st.floats(-3.5, 3.5), min_size=3, max_size=3), st.data(),
)  # fmt: skip
def test_many_results_are_decided_as_one(looks, spending, metrics, z, data):
    planned = experiment(looks, spending, outcomes=THREE[:metrics])
    plan = plan_of(planned)
    look = data.draw(st.integers(0, looks - 1))
    units = -(-plan.sample.stable // looks) * (look + 1)
    rates = [outcome.baseline for outcome in planned.outcomes]
    deviations = [(2 * rate * (1 - rate) / units) ** 0.5 for rate in rates]
    stable = tuple(round(units * rate) for rate in rates)
    candidate = tuple(
        round(units * (rate + each * deviation))
        for rate, each, deviation in zip(rates, z, deviations, strict=False)
    )
    result = judge(
        planned, counts((units, *stable), (units, *candidate)), 0.0, plan.fractions[:look]
    )
    arms = [
        Arm(np.array([units]), tuple(np.array([had]) for had in each))
        for each in (stable, candidate)
    ]
    found = statistics(*arms)
    assert [each[0] for each in found] == pytest.approx(
        [outcome.found.z for outcome in result.outcomes]
    )
    bounds = levels(planned, plan, look)
    # Away from the boundaries, which the analysis calculates at the units that came.
    if all(abs(abs(each[0]) - bound) > 0.01 for each in found for bound in bounds):
        assert first_differs(found, bounds)[0] == result.outcomes[0].differs


@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from([0.1, 0.5]))
def test_a_wrong_split_is_seen_as_by_the_analysis(stable, candidate, part):
    from fairway.arithmetic.split import MISMATCH, split_p_value

    p = split_p_value(stable, candidate, part)
    if abs(p / MISMATCH - 1) > 1e-6:
        wrong = split_is_wrong(np.array([stable]), np.array([candidate]), part)
        assert wrong[0] == (p < MISMATCH)


def test_a_rate_of_none_or_all_has_no_standard_error():
    arm = Arm(np.array([100, 100]), (np.array([0, 100]),))
    other = Arm(np.array([100, 100]), (np.array([0, 0]),))
    (z,) = statistics(arm, other)
    assert z[0] == 0.0
    assert z[1] == -np.inf


@pytest.mark.parametrize("part", [0.5, 0.1])
def test_the_planned_difference_is_found_with_the_planned_power(part):
    planned = experiment(share=part)
    plan = plan_of(planned)
    exact = power_of(plan.sample, 0.05, 0.005, 0.05)
    run = result_of(planned, [("conversion", 0.055)])
    # One in a thousand splits looks wrong; bins bring a little more than the sample.
    assert share(run, "candidate wins") == pytest.approx(exact, abs=5 * (0.16 / RUNS) ** 0.5 + 0.01)
    assert share(run, "stable wins") < 0.005


def test_without_a_difference_hardly_anybody_wins():
    run = result_of(experiment())
    assert near(share(run, "candidate wins"), 0.025, RUNS)
    assert near(share(run, "stable wins"), 0.025, RUNS)
    assert share(run, "no difference") > 0.93


def test_a_worse_candidate_loses():
    run = result_of(experiment(), [("conversion", 0.043)])
    assert share(run, "stable wins") > 0.95


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_looks_end_it_as_often_as_the_design_says(spending):
    planned = experiment(4, spending)
    plan = plan_of(planned)
    drift = 0.005 / (
        (0.05 * 0.95 / plan.sample.stable + 0.055 * 0.945 / plan.sample.candidate) ** 0.5
    )
    ways = stages(plan.fractions, 0.05, spending, drift)
    run = result_of(planned, [("conversion", 0.055)])
    wins = next(each for each in run.endings if each.outcome == "candidate wins")
    assert near(wins.probability, sum(way.above for way in ways), RUNS, 6)
    planned_seconds = plan.sample.total / 20.0
    so_far = 0.0
    for fraction, way in zip(plan.fractions[:-1], ways[:-1], strict=True):
        so_far += way.above
        # A row just after the look, before the next one.
        at = (fraction + 0.12) * planned_seconds
        row = next(m for m in run.minutes if m.begin + m.seconds >= at)
        assert near(row.promoted, so_far, RUNS, 6)


def test_holm_over_several_outcomes_keeps_alpha():
    run = result_of(experiment(outcomes=THREE))
    assert share(run, "candidate wins") + share(run, "stable wins") <= 0.05


def test_too_little_traffic_decides_nothing():
    run = result_of(experiment(), rate=0.01, runs=50)
    assert share(run, "not yet decided") == 1.0
    assert {each.outcome for each in run.endings if each.runs} == {"not yet decided"}


def test_errors_meet_the_candidates_share():
    run = result_of(experiment(share=0.1), errors=0.5, runs=50)
    minute = run.minutes[0]
    assert minute.requests == pytest.approx(120, rel=0.05)
    assert minute.errors == pytest.approx(60, rel=0.1)
