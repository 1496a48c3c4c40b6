"""Curves: their means are their integrals, and what they are made of is what they say."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.simulate.curve import changing, constant, daily, fault, repeated, through

TIMES = st.floats(0, 5_000)


def value_at(curve, time):
    piece = next(p for p in curve.pieces if p.start <= time < p.end)
    return piece.at(time)


def by_hand(curve, width, count, fine=400):
    """The means by a sum over many points."""
    step = width / fine
    return [
        sum(value_at(curve, n * width + (i + 0.5) * step) for i in range(fine)) / fine
        for n in range(count)
    ]


@given(st.lists(st.tuples(TIMES, st.floats(0, 10)), max_size=6), st.floats(1, 500))
def test_means_are_integrals(points, width):
    curve = through(sorted(points, key=lambda p: p[0]), 1.0)
    expected = by_hand(curve, width, 8)
    assert curve.means(width, 8) == pytest.approx(expected, abs=10 * 3 / 400 * (len(points) + 1))


@given(st.lists(st.tuples(TIMES, st.floats(0, 10)), max_size=6))
def test_a_mean_over_two_bins_is_the_mean_of_both(points):
    curve = through(sorted(points, key=lambda p: p[0]))
    fine = curve.means(30.0, 200)
    coarse = curve.means(60.0, 100)
    pairs = [(one + two) / 2 for one, two in zip(fine[::2], fine[1::2], strict=True)]
    assert coarse == pytest.approx(pairs, abs=1e-9)


@pytest.mark.parametrize(
    ("made", "means"),
    [
        (constant(3.0), [3, 3, 3, 3]),
        (fault(60, inf, 0, 0.3), [0, 0.3, 0.3, 0.3]),
        (fault(60, 120, 0, 0.3), [0, 0.3, 0, 0]),
        (fault(30, inf, 0, 0.3), [0.15, 0.3, 0.3, 0.3]),
        (fault(60, inf, 120, 0.4), [0, 0.1, 0.3, 0.4]),
        (fault(60, 120, 120, 0.4), [0, 0.1, 0, 0]),
        (changing(10, [(60, 20, 0)]), [10, 20, 20, 20]),
        (changing(10, [(0, 20, 120)]), [12.5, 17.5, 20, 20]),
        (changing(10, [(0, 20, 120), (60, 15, 0)]), [12.5, 15, 15, 15]),
        (changing(10, []), [10, 10, 10, 10]),
        (repeated([(5, 7)], 100), [7, 7, 7, 7]),
    ],
)
def test_courses(made, means):
    assert made.means(60, 4) == pytest.approx(means)


def test_a_day_rises_to_its_peak_and_falls_as_far():
    curve = daily(constant(100.0), 0.6, 8 * 3600.0, 86_400.0)
    hours = curve.means(3600.0, 24)
    assert max(hours) == pytest.approx(160, rel=0.01)
    assert hours.index(max(hours)) in (7, 8)
    assert min(hours) == pytest.approx(40, rel=0.02)
    assert sum(hours) / 24 == pytest.approx(100, rel=0.01)


def test_a_recording_of_seconds_is_not_begun_again_without_end():
    curve = repeated([(float(n), 1.0) for n in range(10)], 14 * 86_400.0)
    assert len(curve.pieces) < 200_000
    assert curve.pieces[-1].first == 1.0


def test_a_recording_begins_again_when_it_ends():
    curve = repeated([(100, 1.0), (160, 2.0), (220, 3.0)], 1000)
    means = curve.means(180, 4)
    assert means[0] == pytest.approx(means[1], rel=0.01)
    assert means[1] == pytest.approx(means[2], rel=0.01)
    assert value_at(curve, 60.0) == 2.0
    assert value_at(curve, 180.0 + 60.0) == pytest.approx(2.0)
