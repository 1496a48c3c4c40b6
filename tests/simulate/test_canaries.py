"""Canaries in many runs, against exact probabilities and against what the arithmetic predicts."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from simulate.releases import canary, conditions, ending, gate, near, simulated

from fairway.arithmetic.detection import Fault, GateBound, Reading, detect, detect_step
from fairway.arithmetic.exposure import exposure
from fairway.simulate.conditions import Outage
from fairway.simulate.curve import changing

RUNS = 4000


def one_reading(rate, weight, seconds, errors, most, least):
    """The exact probabilities of fail, pass and unknown at one reading of a ``max`` gate."""
    mean = rate * weight * seconds
    low, high = stats.poisson.ppf([1e-13, 1 - 1e-13], mean)
    fail = passes = 0.0
    for count in range(int(low), int(high) + 1):
        chance = stats.poisson.pmf(count, mean)
        if count < max(1, least):
            continue
        bad = stats.binom.sf(int(most * count + 1e-9), count, errors)
        fail += chance * bad
        passes += chance * (1 - bad)
    return fail, passes, 1 - fail - passes


@pytest.mark.parametrize(
    ("rate", "errors", "most", "least"),
    [
        (2.0, 0.01, 0.01, 60),  # as likely as not
        (2.0, 0.004, 0.01, 60),  # a false alarm
        (2.0, 0.03, 0.01, 60),  # a fault that is mostly found
        (1.1, 0.02, 0.01, 66),  # and one with too few requests, as likely as not
        (0.1, 0.5, 0.1, 0),
    ],
)
def test_one_reading_is_exact(rate, errors, most, least):
    plan = canary(((50, 120),), (gate("max", most),), interval=120, window=120, min_requests=least)
    run = simulated(plan, conditions(rate, errors, duration=120), RUNS)
    exact = one_reading(rate, 0.5, 120, errors, most, least)
    for kind, chance in zip(("abort", "promote", "neither"), exact, strict=True):
        assert near(ending(run, kind).probability, chance, RUNS), (kind, chance)


def test_total_failure_ends_at_the_first_reading_with_enough_requests():
    """Every reading with minRequests fails: P(ended by k) = P(Poisson(k per_reading) >= least)."""
    plan = canary(((5, 1800),), min_requests=1000)
    run = simulated(plan, conditions(40, 1.0), RUNS)
    assert ending(run, "abort").probability == 1.0
    for minute in run.minutes:
        exact = stats.poisson.sf(999, 40 * 0.05 * (minute.begin + 60))
        assert near(minute.aborted, exact, RUNS), minute.begin


def test_without_any_errors_everything_is_promoted_at_the_planned_time():
    gates = (gate(), gate("within", 0.005), gate("withinRelative", 0.1))
    run = simulated(canary(((5, 1800), (25, 3600), (50, 600)), gates), conditions(40))
    promoted = ending(run, "promote")
    assert promoted.probability == 1.0
    assert promoted.seconds == (6000.0, 6000.0, 6000.0)
    assert run.bad == (0.0, 0.0, 0.0)


def test_promotion_of_the_healthy_is_one_minus_the_false_alarms():
    """With one reading a step, independent windows: the product of the steps' chances to pass."""
    steps = ((10, 300), (50, 300))
    plan = canary(steps, (gate("max", 0.01),), interval=300, window=300, min_requests=0)
    run = simulated(plan, conditions(5, 0.0, 0.006, duration=600), RUNS)
    alarms = [one_reading(5, weight / 100, 300, 0.006, 0.01, 0)[0] for weight, _ in steps]
    exact = (1 - alarms[0]) * (1 - alarms[1])
    assert 0.3 < exact < 0.99
    assert near(ending(run, "promote").probability, exact, RUNS)
    assert near(ending(run, "abort").probability, 1 - exact, RUNS)


@pytest.mark.parametrize("kind", ["within", "withinRelative"])
def test_a_comparison_is_exact(kind):
    """Both versions fail independently: the candidate's share minus the stable one's."""
    bound = 0.02 if kind == "within" else 0.5
    plan = canary(((50, 60),), (gate(kind, bound),), interval=60, window=60, min_requests=0)
    run = simulated(plan, conditions(1.0, 0.1, 0.05, duration=60), RUNS)
    mean, fail = 30.0, 0.0
    counts = [(n, stats.poisson.pmf(n, mean)) for n in range(1, 70)]
    pairs = {}
    for ratio in (0.1, 0.05):
        pairs[ratio] = [
            (bad / n, chance * stats.binom.pmf(bad, n, ratio))
            for n, chance in counts
            for bad in range(n + 1)
            if chance * stats.binom.pmf(bad, n, ratio) > 1e-9
        ]
    for value, one in pairs[0.1]:
        for reference, other in pairs[0.05]:
            limit = reference + bound if kind == "within" else reference * (1 + bound)
            if value > limit:
                fail += one * other
    assert near(ending(run, "abort").probability, fail, RUNS)


@pytest.mark.parametrize("weight", [5, 25, 50])
@pytest.mark.parametrize(("errors", "kind", "bound"), [
    (0.1, "max", 0.01), (0.02, "max", 0.01), (1.0, "max", 0.05), (0.05, "within", 0.02),
])  # fmt: skip
def test_a_fault_is_seen_when_the_arithmetic_says(weight, errors, kind, bound):
    """It is seen by the time that is predicted with 95 %, and by most runs not much sooner."""
    about = GateBound("gate", "error-ratio", kind, bound)
    reading = Reading(40.0, 60.0, 1800.0, 1000)
    predicted = detect(about, weight / 100, reading, Fault(errors, 0.005))
    assert not predicted.never
    plan = canary(((weight, 7200),), (gate(kind, bound),))
    run = simulated(plan, conditions(40, errors, 0.005), 2000)
    aborted = {minute.begin + minute.seconds: minute.aborted for minute in run.minutes}
    # The arithmetic takes the expected number of requests for the one that comes.
    slack = 60.0 * max(1, ceil(3 * 1000**0.5 / (40 * weight / 100 * 60)))
    last = max(aborted)
    assert aborted[min(last, predicted.seconds + slack)] >= 0.95
    assert ending(run, "abort").seconds.p90 <= predicted.seconds + slack


def test_a_canary_that_never_sees_its_fault_promotes_it():
    about = GateBound("gate", "error-ratio", "max", 0.05)
    reading = Reading(40.0, 60.0, 1800.0, 1000)
    assert detect(about, 0.05, reading, Fault(0.03)).never
    run = simulated(canary(gates=(gate("max", 0.05),)), conditions(40, 0.03))
    assert ending(run, "promote").probability == 1.0


@pytest.mark.parametrize("errors", [0.05, 0.1, 0.5, 1.0])
def test_the_blast_radius_covers_the_bad_answers(errors):
    steps = ((5, 1800), (25, 1800))
    reading = Reading(40.0, 60.0, 1800.0, 1000)
    bounds = [GateBound("gate", "error-ratio", "max", 0.01)]
    found = [
        detect_step(number, weight / 100, hold, bounds, reading, Fault(errors))
        for number, (weight, hold) in enumerate(steps, 1)
    ]
    predicted = exposure(found, 40.0, errors, 60.0)
    assert predicted.detected
    run = simulated(canary(steps, (gate(),)), conditions(40, errors, reaction=60), 2000)
    assert ending(run, "abort").probability == 1.0
    # A reading more or less, for the minutes in which the least number of requests may come.
    per_minute = 40 * 0.05 * 60 * errors
    assert run.bad.mean == pytest.approx(predicted.bad, abs=1.1 * per_minute)
    assert run.bad.p90 <= predicted.high + 1.1 * per_minute


def test_time_to_react_comes_on_top():
    plan = canary(((5, 600), (25, 600)), min_requests=0)
    at_once = simulated(plan, conditions(40, 1.0))
    later = simulated(plan, conditions(40, 1.0, reaction=300))
    assert ending(at_once, "abort").seconds.median + 300 == ending(later, "abort").seconds.median
    assert later.bad.mean == pytest.approx(at_once.bad.mean * 6, rel=0.05)
    good = simulated(plan, conditions(40, reaction=300))
    assert ending(good, "promote").seconds.median == 1200 + 600


def test_a_gate_that_fails_while_the_next_step_is_taken_still_ends_it():
    plan = canary(((50, 600),), min_requests=0, window=120)
    run = simulated(plan, conditions(40, 1.0, start=660, reaction=300))
    assert ending(run, "abort").probability == 1.0


def test_nothing_is_read_without_metrics():
    plan = canary(((5, 600), (25, 600)), min_requests=0)
    blind = conditions(40, 1.0, outages=(Outage(0.0, 480.0),))
    run = simulated(plan, blind)
    assert [minute.aborted for minute in run.minutes] == [0.0] * 7 + [1.0]
    healthy = simulated(plan, conditions(40, outages=(Outage(500.0, 900.0),)))
    assert ending(healthy, "promote").seconds.median == 900 + 600


def test_too_little_traffic_decides_nothing():
    run = simulated(canary(((5, 1800),), min_requests=1000), conditions(0.5, 1.0))
    assert ending(run, "neither").probability == 1.0
    none = simulated(canary(((5, 1800),), min_requests=0), conditions(0.0))
    assert ending(none, "neither").probability == 1.0
    assert none.bad.mean == 0


def test_gates_wait_for_traffic_that_comes_later():
    curve = changing(0.0, [(2400.0, 400.0, 0.0)])
    run = simulated(canary(((5, 1800),)), conditions(curve))
    assert ending(run, "promote").seconds.median == pytest.approx(2400 + 60, abs=60)


def test_a_window_forgets():
    """A fault that was over before the gate's window began does not count any more."""
    plan = canary(((50, 3600),), (gate("max", 0.4),), window=600, min_requests=20_000)
    run = simulated(plan, conditions(40, 1.0, start=60, end=120))
    assert ending(run, "promote").probability == 0.0  # 600 s hold 12,000 requests: never enough
    plan = canary(((50, 3600),), (gate("max", 0.01),), window=600, min_requests=11_000)
    forgotten = simulated(plan, conditions(40, 0.5, start=0, end=60, outages=(Outage(0, 700),)))
    assert ending(forgotten, "promote").probability == 1.0
    remembered = simulated(plan, conditions(40, 0.5, start=0, end=60, outages=(Outage(0, 500),)))
    assert ending(remembered, "abort").probability == 1.0


def test_a_canary_can_begin_at_a_later_step():
    steps = ((5, 600), (25, 900))
    run = simulated(canary(steps, first=2), conditions(40))
    assert ending(run, "promote").seconds.median == 900
    assert [mark.label for mark in run.steps] == ["25 %"]


def test_without_gates_every_step_is_taken():
    run = simulated(canary(gates=()), conditions(40, 1.0))
    assert ending(run, "promote").probability == 1.0
    assert "no gate can stop this candidate" in run.notes


def test_what_no_scenario_can_say_is_left_out_and_said():
    gates = (gate(), gate("min", 1.0, "ready-replicas"), gate("max", 0.2, "latency-p95"))
    run = simulated(canary(gates=gates), conditions(40))
    assert [watch.metric for watch in run.watches] == ["error-ratio"]
    assert len(run.notes) == 2


# -- properties ----------------------------------------------------------------------------------

GATES = st.lists(
    st.builds(
        gate, st.sampled_from(["max", "within", "withinRelative"]), st.sampled_from([0.005, 0.02])
    ),
    min_size=1, max_size=3,
).map(tuple)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from([1, 5, 20, 50]), st.sampled_from([120, 300, 600])),
    min_size=1, max_size=3,
).map(tuple)  # fmt: skip
RATIOS = st.floats(0, 0.2)


@settings(max_examples=40)
@given(
    STEPS, GATES, st.sampled_from([0, 50, 400]), st.sampled_from([120, 600]),
    st.sampled_from([1.0, 8.0]), RATIOS, RATIOS, st.integers(0, 99),
)  # fmt: skip
def test_more_faults_never_abort_less_often(steps, gates, least, window, rate, one, other, seed):
    """With one seed the runs are coupled, so this holds for every single one of them."""
    few, many = sorted((one, other))
    plan = canary(steps, gates, window=window, min_requests=least)
    less = simulated(plan, conditions(rate, few, 0.01), 40, seed)
    more = simulated(plan, conditions(rate, many, 0.01), 40, seed)
    assert ending(less, "abort").runs <= ending(more, "abort").runs
    assert ending(less, "promote").runs >= ending(more, "promote").runs
    for before, after in zip(less.minutes, more.minutes, strict=False):
        assert before.aborted <= after.aborted


@settings(max_examples=25)
@given(STEPS, GATES, st.sampled_from([0, 50]), RATIOS, st.integers(0, 99))
def test_what_is_counted_adds_up(steps, gates, least, errors, seed):
    plan = canary(steps, gates, window=120, min_requests=least)
    run = simulated(plan, conditions(4.0, errors, 0.01), 50, seed)
    assert sum(each.runs for each in run.endings) == 50
    previous = 0.0
    for minute in run.minutes:
        assert minute.going + minute.promoted + minute.aborted == pytest.approx(1)
        assert 0 <= minute.errors <= minute.requests <= minute.total_requests
        assert minute.errors <= minute.total_errors
        assert minute.spent.p10 <= minute.spent.p50 <= minute.spent.p90
        assert minute.spent.p50 >= previous
        previous = minute.spent.p50
        for seen in minute.watches:
            assert seen.passes + seen.fails + seen.unknown == pytest.approx(1) or not (
                seen.passes + seen.fails + seen.unknown
            )
    for each in run.endings:
        assert each.low <= each.probability <= each.high
        assert not each.runs or each.bad.mean <= each.bad_total.mean
    assert sum(each.bad.mean * each.runs for each in run.endings if each.runs) == pytest.approx(
        50 * run.bad.mean
    )
    for histogram in run.histograms:
        wanted = 50 if histogram.unit == "number" else ending(run, "abort").runs
        assert sum(histogram.counts) == wanted


def test_one_seed_gives_one_result():
    plan = canary()
    one = repr(simulated(plan, conditions(40, 0.012, 0.005), 200, 5))
    assert one == repr(simulated(plan, conditions(40, 0.012, 0.005), 200, 5))
    assert one != repr(simulated(plan, conditions(40, 0.012, 0.005), 200, 6))
