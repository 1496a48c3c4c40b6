"""A shadow passes, fails, or needs more pairs: by the interval of the share that differs."""

from __future__ import annotations

from math import floor, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from fairway.analyze.pairs import Pair, Pairs
from fairway.analyze.shadow import judge
from fairway.errors import UsageError
from fairway.plan.release import Shadow

RULE = Shadow(compared=True, most=0.02, tolerance=1e-6)


def pairs(different: int, total: int, **more: int) -> Pairs:
    """Pairs of which the first ones differ."""
    return Pairs(
        tuple(Pair(str(i), [1.0], [2.0 if i < different else 1.0]) for i in range(total)), **more
    )


@given(st.integers(1, 3000), st.floats(0, 1), st.floats(0.001, 0.5))
def test_by_the_interval_of_statsmodels(total, part, most):
    different = round(total * part)
    result = judge(Shadow(True, most, 0.0), pairs(different, total), 10, 1.0)
    low, high = proportion_confint(different, total, 0.05, method="wilson")
    assert result.interval == pytest.approx((low, high), abs=1e-12)
    expected = "passes" if high < most else "fails" if low > most else "undecided"
    assert result.word == expected
    assert result.differing == (different, total)
    if expected != "undecided":
        assert result.needed == 0


@pytest.mark.parametrize(("different", "total"), [(0, 100), (1, 200), (3, 400), (9, 300), (2, 30)])
def test_the_pairs_that_are_missing_decide_when_they_come(different, total):
    result = judge(RULE, pairs(different, total), 10, 0.5)
    assert result.word == "undecided"
    assert result.seconds == pytest.approx(result.needed / 5)
    whole = total + result.needed
    expected = "passes" if different / total < 0.02 else "fails"
    # A whole number of them, on the side that the share is on.
    same = floor(whole * different / total) + (expected == "fails")
    assert judge(RULE, pairs(same, whole), 10, 0.5).word == expected


def test_known_cases():
    passes = judge(RULE, pairs(0, 189), 10, 1.0)
    assert (passes.word, passes.examples, passes.notes) == ("passes", (), ())
    assert judge(RULE, pairs(0, 188), 10, 1.0).needed == 1
    fails = judge(RULE, pairs(20, 300), 10, 1.0)
    assert fails.word == "fails"
    assert [each.id for each in fails.examples] == ["0", "1", "2", "3", "4"]
    assert fails.examples[0].found == ("outputs[0]", 1.0, 2.0)


def test_a_share_at_the_bound_is_never_decided():
    result = judge(RULE, pairs(2, 100), 10, 1.0)
    assert (result.word, result.needed, result.seconds) == ("undecided", None, inf)
    never = judge(Shadow(True, 0.0, 0.0), pairs(0, 100), 10, 1.0)
    assert (never.word, never.needed) == ("undecided", None)
    assert judge(Shadow(True, 0.0, 0.0), pairs(1, 100), 10, 1.0).word == "fails"


def test_no_answer_is_not_stables_answer():
    silent = Pairs(tuple(Pair(str(i), [1], None, answered=False) for i in range(300)))
    result = judge(RULE, silent, 10, 1.0)
    assert (result.word, result.differing.outcomes) == ("fails", 300)
    assert result.notes == (
        "the candidate gave no answer to 300 requests; they count as different",
    )


def test_what_found_no_pair_is_named():
    notes = judge(
        RULE, pairs(0, 300, stable_alone=20, candidate_alone=3, repeated=2), 10, 0.9
    ).notes
    assert notes == (
        "2 ids come more than once, and are left out",
        "3 requests have no answer of stable",
        "20 requests have no answer of the candidate",
    )
    (note,) = judge(RULE, pairs(0, 300, stable_alone=20), 10, 1.0).notes
    assert note.startswith("20 requests have no answer of the candidate, although all are mirrored")


def test_refused():
    with pytest.raises(UsageError, match="the release compares nothing"):
        judge(Shadow(False, 0.0, 0.0), pairs(0, 1), 10, 1.0)
    with pytest.raises(UsageError, match="there is no request that both versions answered"):
        judge(RULE, Pairs(()), 10, 1.0)
    assert judge(RULE, pairs(0, 10), 0, 1.0).seconds == inf
