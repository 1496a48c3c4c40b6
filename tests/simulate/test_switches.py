"""Blue/green switches and rolling updates: they go on until an alert pages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulate.releases import conditions, ending, silent

from fairway.arithmetic.burn import burn_alerts, time_to_fire
from fairway.simulate.conditions import Lognormal, Outage
from fairway.simulate.engine.paged import SwitchPlan, simulate_switch
from fairway.simulate.subject import Objective

MONTH = 30 * 86_400.0
AVAILABILITY = Objective("availability", 0.001, 0.0, MONTH)
LATENCY = Objective("latency", 0.01, 0.25, MONTH)
BLUE_GREEN = SwitchPlan(1, 1, 0.0, 6 * 3600.0, (AVAILABILITY,), True)
ROLLING = SwitchPlan(10, 2, 60.0, 6 * 3600.0, (AVAILABILITY,), True)


def switched(plan, given, runs=200, seed=7):
    return simulate_switch(plan, given, runs, seed, silent)


@pytest.mark.parametrize("errors", [0.02, 0.05, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("stable_errors", [0.0, 0.0005])
def test_a_page_comes_when_the_formula_says(errors, stable_errors):
    fast = burn_alerts(MONTH)[0]
    predicted = time_to_fire(fast, 0.001, 1.0, errors, stable_errors)
    run = switched(BLUE_GREEN, conditions(200, errors, stable_errors))
    aborted = ending(run, "abort")
    assert aborted.probability == 1.0
    # Alerts are evaluated every minute.
    assert predicted.seconds <= aborted.seconds.median <= predicted.seconds + 120
    assert run.watches[0].stopped == 1.0
    assert aborted.bad.mean == pytest.approx(200 * errors * aborted.seconds.mean, rel=0.03)


def test_a_fault_below_the_slowest_page_is_kept():
    run = switched(BLUE_GREEN, conditions(200, 0.005))
    assert ending(run, "promote").outcome == "keep"
    assert ending(run, "promote").probability == 1.0
    assert run.bad.mean == pytest.approx(200 * 0.005 * 6 * 3600, rel=0.01)


def test_the_slow_alert_pages_where_the_fast_one_does_not():
    fast, slow = burn_alerts(MONTH)[:2]
    assert time_to_fire(fast, 0.001, 1.0, 0.012).never
    run = switched(BLUE_GREEN, conditions(200, 0.012))
    predicted = time_to_fire(slow, 0.001, 1.0, 0.012).seconds
    assert ending(run, "abort").seconds.median == pytest.approx(predicted, abs=300)
    assert [watch.stopped for watch in run.watches] == [0.0, 1.0]


def test_latency_objectives_page_too():
    plan = BLUE_GREEN._replace(objectives=(AVAILABILITY, LATENCY))
    law = Lognormal(0.04, 0.11)
    slow = conditions(200, slower=0.2, latency=law)
    run = switched(plan, slow)
    assert ending(run, "abort").probability == 1.0
    assert run.bad.mean == 0
    stopped = {watch.name: watch.stopped for watch in run.watches}
    assert stopped["latency-1h"] == 1.0
    fast = burn_alerts(MONTH)[0]
    ratio = 1 - law.below(0.05)
    predicted = time_to_fire(fast, 0.01, 1.0, ratio, 1 - law.below(0.25)).seconds
    assert predicted <= ending(run, "abort").seconds.median <= predicted + 120


def test_reaction_comes_on_top_and_an_outage_delays():
    at_once = ending(switched(BLUE_GREEN, conditions(200, 0.5)), "abort").seconds.median
    later = ending(switched(BLUE_GREEN, conditions(200, 0.5, reaction=600)), "abort")
    assert later.seconds.median == at_once + 600
    dark = conditions(200, 0.5, outages=(Outage(0, 1800),))
    assert ending(switched(BLUE_GREEN, dark), "abort").seconds.median == 1800


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"objectives": ()}, "nothing stops it: the spec has no objectives (`monitoring.slos`)"),
        ({"paged": False}, "nobody is paged: the spec has no `monitoring.alerts.page`"),
        (
            {"objectives": (Objective("loose", 0.5, 0.0, MONTH),)},
            "no alert of its objectives pages",
        ),
    ],
)
def test_where_nobody_is_paged_it_goes_on(change, note):
    run = switched(BLUE_GREEN._replace(**change), conditions(200, 1.0))
    assert ending(run, "promote").probability == 1.0
    assert note in run.notes


def test_a_rolling_update_replaces_pods_in_waves_and_back():
    run = switched(ROLLING, conditions(200, 1.0))
    # After four minutes 0.2 + 0.4 + 0.6 of 60 minutes' requests have failed: that is 2 %.
    assert [minute.share.p50 for minute in run.minutes] == [0.2, 0.4, 0.6, 0.4, 0.2, 0.0]
    assert ending(run, "abort").seconds.median == 360
    slow = ROLLING._replace(wave=1, ready=300.0)
    first = switched(slow, conditions(200, 0.05)).minutes
    assert [m.share.p50 for m in first[:11]] == [0.0] * 4 + [0.1] * 5 + [0.2] * 2


@settings(max_examples=20)
@given(st.floats(0, 0.1), st.floats(0, 0.1), st.sampled_from([BLUE_GREEN, ROLLING]))
def test_more_faults_never_stop_it_later(one, other, plan):
    few, many = sorted((one, other))
    quick = plan._replace(seconds=3600.0)
    less, more = (switched(quick, conditions(50, each), 30) for each in (few, many))
    assert ending(less, "abort").runs <= ending(more, "abort").runs


def test_a_long_look_has_few_rows():
    run = switched(BLUE_GREEN._replace(seconds=30 * 3600.0), conditions(20), 20)
    assert 60 < len(run.minutes) <= 600
    assert run.minutes[-1].begin + run.minutes[-1].seconds == 30 * 3600.0
