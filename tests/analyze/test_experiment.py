"""Who wins an A/B test, and when: by the plan's rule, for all that can be counted."""

from __future__ import annotations

from math import ceil, inf, sqrt

import numpy as np
import pytest
from analyze.experiments import SAMPLE, at, counts, experiment
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairway.analyze.experiment import FINAL, due, judge, plan_of
from fairway.arithmetic.sequential import boundaries
from fairway.errors import UsageError

RATES = st.floats(0.01, 0.2)


@pytest.mark.parametrize(
    ("units", "stable", "candidate", "word"),
    [
        (SAMPLE, 0.05, 0.055, "candidate wins"),
        (SAMPLE, 0.05, 0.045, "stable wins"),
        (SAMPLE, 0.05, 0.0515, "no difference of the size planned for"),
        (SAMPLE - 1, 0.05, 0.055, "not yet"),
        (SAMPLE - 1, 0.05, 0.5, "not yet"),
        (3 * SAMPLE, 0.05, 0.0515, "no difference of the size planned for"),
        (3 * SAMPLE, 0.05, 0.0525, "candidate wins"),
        (0, 0, 0, "not yet"),
    ],
)
def test_the_fixed_rule(units, stable, candidate, word):
    assert judge(experiment(), at(units, (stable, candidate)), 10).word == word


def test_what_is_missing():
    result = judge(experiment(), counts((20_000, 1000), (19_900, 1100)), 10)
    assert result.missing == (SAMPLE - 20_000, SAMPLE - 19_900)
    assert result.seconds == pytest.approx((SAMPLE - 19_900) / 5)
    assert judge(experiment(), at(10, (0.1, 0.1)), 0).seconds == inf
    done = judge(experiment(), at(SAMPLE, (0.05, 0.055)), 10)
    assert (done.missing, done.seconds) == ((0, 0), 0)


@pytest.mark.parametrize("candidate", [28_000, 34_800])
def test_a_split_that_is_off_decides_nothing(candidate):
    """Even a difference that nobody could miss, long after the planned sample."""
    result = judge(experiment(), counts((2 * SAMPLE, 3000), (candidate * 2, 9000)), 10)
    assert result.word == "the split is wrong"
    assert result.split < 1e-3


def test_the_split_is_the_planned_one():
    few = experiment(share=0.05)
    sample = plan_of(few).sample
    assert sample.candidate == 17_103
    right = counts((sample.stable, sample.stable // 20), (sample.candidate, 1000))
    assert judge(few, right, 10).word != "the split is wrong"
    assert judge(experiment(), right, 10).word == "the split is wrong"


@given(
    st.integers(1, 200_000),
    RATES,
    RATES,
    st.integers(1, 6),
    st.sampled_from(["obrien-fleming", "pocock"]),
)
@settings(max_examples=60)
def test_no_winner_before_the_plan_allows_one(units, stable, candidate, looks, spending):
    test = experiment(looks, spending)
    plan = plan_of(test)
    result = judge(test, at(units, (stable, candidate)), 10)
    first = ceil(plan.sample.stable * plan.fractions[0])
    if units < first:
        assert result.word == "not yet"
        assert result.missing == (first - units, first - units)
    elif result.word in FINAL:
        z = abs(result.outcomes[0].found.z)
        if result.word.startswith("no"):
            assert units >= plan.sample.stable
        else:
            assert z >= result.look.boundary * (1 - 1e-5)
    else:
        assert units < plan.sample.stable


@given(st.integers(1, 4), RATES, RATES, st.sampled_from(["obrien-fleming", "pocock"]))
@settings(max_examples=30)
def test_a_boundary_decides_and_nothing_else(look, stable, candidate, spending):
    test = experiment(4, spending)
    plan = plan_of(test)
    result = judge(test, at(ceil(plan.sample.stable * look / 4), (stable, candidate)), 10)
    z = result.outcomes[0].found.z
    assume(abs(abs(z) - result.look.boundary) > 1e-3)
    assert result.look.number == look
    assert result.look.boundary == pytest.approx(plan.boundaries[look - 1], abs=2e-3)
    crossed = abs(z) > result.look.boundary
    assert (result.word in ("candidate wins", "stable wins")) == crossed
    interval = result.outcomes[0].interval
    assert (interval.low > 0 or interval.high < 0) == crossed


def test_a_look_that_comes_late_has_the_boundary_of_its_own_moment():
    test = experiment(4)
    plan = plan_of(test)
    late = judge(test, at(round(plan.sample.stable * 0.6), (0.05, 0.05)), 10)
    expected = boundaries((0.25, late.look.fraction), 0.05, "obrien-fleming")[-1]
    assert late.look.boundary == expected < plan.boundaries[1]
    # Known earlier looks take the place of the planned ones.
    known = judge(test, at(round(plan.sample.stable * 0.6), (0.05, 0.05)), 10, (0.4,))
    assert known.look.boundary == boundaries((0.4, late.look.fraction), 0.05, "obrien-fleming")[-1]


def test_a_look_that_was_taken_is_not_taken_again():
    test = experiment(4)
    units = round(plan_of(test).sample.stable * 0.6)
    now = at(units, (0.05, 0.08))
    assert judge(test, now, 10, ()).word == "candidate wins"
    again = judge(test, now, 10, (0.5,), taken=True)
    assert (again.word, again.look.due) == ("not yet", False)
    assert again.missing.stable == ceil(plan_of(test).sample.stable * 0.75) - units
    # Nor is one that follows the last one at once.
    assert not judge(test, now, 10, (units / plan_of(test).sample.stable - 1e-4,)).look.due


def test_looks_cost_units():
    samples = [plan_of(experiment(looks, "pocock")).sample.stable for looks in (1, 2, 4, 8)]
    assert samples == sorted(set(samples))


SEVERAL = (("conversion", 0.05, 0.005), ("refunds", 0.02, 0.004))


def test_several_outcomes_are_corrected():
    test = experiment(outcomes=SEVERAL)
    units = plan_of(test).sample.stable
    alone = judge(experiment(), at(units, (0.05, 0.0533)), 10)
    assert (alone.word, alone.outcomes[0].adjusted) == ("candidate wins", alone.outcomes[0].p)
    # 0.02 < p < 0.05: alone it would do, as one of two only if the other is clear.
    assert 0.025 < alone.outcomes[0].p < 0.05
    for refunds, word in (
        (0.02, "no difference of the size planned for"),
        (0.03, "candidate wins"),
    ):
        result = judge(test, at(units, (0.05, 0.0533), (0.02, refunds)), 10)
        assert result.word == word
        assert result.outcomes[0].adjusted >= result.outcomes[0].p


def test_other_outcomes_that_differ_are_named_with_the_decision():
    test = experiment(outcomes=SEVERAL)
    units = plan_of(test).sample.stable
    worse = judge(test, at(units, (0.05, 0.06), (0.02, 0.03)), 10)
    assert worse.notes == (
        "refunds is higher with the candidate, more than chance explains",
    )  # fmt: skip
    assert judge(test, at(units, (0.05, 0.06), (0.02, 0.0202)), 10).notes == ()
    early = judge(test, at(units // 2, (0.05, 0.06), (0.02, 0.03)), 10)
    assert (early.word, early.notes) == ("not yet", ())


def test_a_rate_that_is_not_the_planned_one_is_named():
    """With a rate of 50 % the sample is too small for what it was made for."""
    result = judge(experiment(), at(SAMPLE, (0.5, 0.505)), 10)
    assert result.word == "no difference of the size planned for"
    (note,) = result.notes
    assert note.startswith("stable's conversion is 50%, not as planned: a difference of 0.5pp")
    assert note.endswith("with a power of 24% only")


def test_few_outcomes_are_named():
    rare = experiment(outcomes=(("fraud", 0.001, 0.002),))
    result = judge(rare, at(plan_of(rare).sample.stable, (0.001, 0.003)), 10)
    assert result.word == "candidate wins"
    assert "below 50 the p-value is only roughly right" in result.notes[-1]


def test_a_plan_that_cannot_work():
    with pytest.raises(UsageError, match="the plan cannot work: no number of units"):
        plan_of(experiment(outcomes=(("conversion", 0.05, 0.0),)))


def test_due_needs_both_arms():
    plan = plan_of(experiment(2))
    half, whole = ceil(plan.sample.stable / 2), plan.sample.stable
    for arms, expected in (
        ((half - 1, whole), 0), ((half, half), 1), ((whole, half), 1), ((whole, whole), 2),
    ):  # fmt: skip
        assert due(counts((arms[0], 0), (arms[1], 0)), plan) == expected


@pytest.mark.slow
@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_alike_versions_rarely_have_a_winner(spending):
    """The whole rule, by simulation: two outcomes, three looks, arms split by chance."""
    outcomes = (("conversion", 0.1, 0.03), ("refunds", 0.3, 0.05))
    test = experiment(3, spending, 0.4, outcomes)
    sample = plan_of(test).sample
    rng = np.random.default_rng(17)
    runs, winners = 300, 0
    for _ in range(runs):
        arms = np.zeros((2, 3), int)
        while True:
            new = sample.total // 3 + 60
            candidates = int(rng.binomial(new, 0.4))
            for row, units in enumerate((new - candidates, candidates)):
                arms[row] += (units, rng.binomial(units, 0.1), rng.binomial(units, 0.3))
            result = judge(test, counts(tuple(arms[0].tolist()), tuple(arms[1].tolist())), 10)
            if result.word != "not yet":
                break
        winners += "wins" in result.word
    # Each outcome alone has 2.5 %, and more where the other is rejected too, which is rare.
    assert winners / runs <= 0.025 + 4 * sqrt(0.025 * 0.975 / runs)


@pytest.mark.parametrize(
    ("units", "rate", "said"),
    [(SAMPLE, 0.9, True), (1000, 0.9, True), (SAMPLE, 0.05, False), (SAMPLE, 0.054, False)],
)
def test_a_rate_far_from_the_planned_one_is_said(units, rate, said):
    """More than the effect that is looked for, whatever else is said of the plan."""
    notes = judge(experiment(), at(units, (rate, rate)), 10).notes
    note = "the sample was planned for conversion at 5%, and stable has 90%"
    far = [each for each in notes if each.startswith(note)]
    weaker = [each for each in notes if "not as planned" in each and "90%" in each]
    assert bool(far or weaker) == said


def test_an_outcome_counted_the_wrong_way_round_is_said():
    """Planned for what goes well, and counted what fails: no power is lost by it."""
    planned = experiment(outcomes=(("answered", 0.97, 0.005),))
    (note,) = judge(planned, at(1000, (0.03, 0.03)), 10).notes
    assert note.startswith("the sample was planned for answered at 97%, and stable has 3%")
