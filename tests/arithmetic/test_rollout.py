"""Pods and resources of rollouts, against a rolling update that is played out in every order."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import pytest
from arithmetic.rolling_update import play
from hypothesis import given
from hypothesis import strategies as st

from fairway.arithmetic.cost import HourPrices, hour_cost, rollout_cost
from fairway.arithmetic.deadlock import (
    controlled_deadlock,
    rolling_deadlock,
    side_by_side_deadlock,
)
from fairway.arithmetic.fleet import fleet_need
from fairway.arithmetic.pods import Fenceposts, resolve, rolling_peak
from fairway.arithmetic.resources import UNLIMITED, Resources, Shortfall, shortfall
from fairway.arithmetic.rollout import PodSet, Rollout, controlled, rolling, side_by_side

GIB = 1 << 30
POD = Resources(cpu=500, memory=2 * GIB, gpu=1)
ANY = Resources(UNLIMITED, UNLIMITED, UNLIMITED)

counts = st.integers(0, 40)
percentages = st.integers(0, 100).map(lambda each: f"{each}%")
resources = st.builds(Resources, st.integers(0, 5_000), st.integers(0, 8 * GIB), st.integers(0, 8))


# The examples in the comment of ResolveFenceposts, and the defaults of Kubernetes.
@pytest.mark.parametrize(
    ("pods", "unavailable", "surge", "expected"),
    [
        (2, "1%", "0%", Fenceposts(0, 1)),
        (1, "1%", "0%", Fenceposts(0, 1)),
        (2, "25%", "1%", Fenceposts(1, 0)),
        (1, "25%", "1%", Fenceposts(1, 0)),
        (2, "0%", "1%", Fenceposts(1, 0)),
        (1, "0%", "1%", Fenceposts(1, 0)),
        (10, "25%", "25%", Fenceposts(3, 2)),
        (10, 2, 3, Fenceposts(3, 2)),
        (3, 5, 0, Fenceposts(0, 3)),
        (0, 0, 0, Fenceposts(0, 0)),
    ],
)
def test_rounding_is_that_of_kubernetes(
    pods: int, unavailable: int | str, surge: int | str, expected: Fenceposts
) -> None:
    assert resolve(surge, unavailable, pods) == expected


@given(percent=st.integers(1, 100), pods=st.integers(0, 10_000))
def test_a_percentage_is_rounded_like_a_quotient_of_doubles(percent: int, pods: int) -> None:
    """Kubernetes divides floating-point numbers (``GetScaledValueFromIntOrPercent``)."""
    more, fewer = resolve(f"{percent}%", f"{percent}%", pods)
    assert more == ceil(float(percent) * float(pods) / 100)
    assert fewer == floor(float(percent) * float(pods) / 100)


@pytest.mark.parametrize("wanted", range(1, 7))
def test_the_peak_is_the_most_that_any_order_reaches(wanted: int) -> None:
    for surge in range(9):
        for unavailable in range(wanted + 2):
            limits = resolve(surge, unavailable, wanted)
            outcome = play(wanted, limits.surge, limits.unavailable)
            assert outcome.ends
            assert outcome.most == rolling_peak(wanted, surge)
            assert outcome.fewest_ready == wanted - limits.unavailable


@pytest.mark.parametrize("wanted", range(1, 6))
def test_a_rollout_is_stuck_where_no_order_ends_it(wanted: int) -> None:
    stuck = 0
    for surge in range(4):
        for unavailable in range(wanted + 1):
            workload = PodSet("a", wanted, wanted, Resources(gpu=1), surge, unavailable)
            limits = resolve(surge, unavailable, wanted)
            for gpus in range(wanted, wanted + 4):
                found = rolling_deadlock(workload, Resources(UNLIMITED, UNLIMITED, gpus))
                assert found.stuck is not play(wanted, *limits, places=gpus).ends
                stuck += found.stuck
    assert stuck == 3  # surges 1 to 3 with no pod unavailable and no GPU to spare


def test_a_deadlock_says_what_is_missing() -> None:
    workload = PodSet("a", 4, 8, POD, surge=1, unavailable=0)
    assert rolling_deadlock(workload, ANY._replace(gpu=4)) == (True, "gpu", 5, 4)
    assert rolling_deadlock(workload, ANY._replace(gpu=5)) == (False, "", 0, 0)
    assert rolling_deadlock(workload, ANY._replace(memory=9 * GIB)) == (
        (True, "memory", 10 * GIB, 9 * GIB)
    )
    assert rolling_deadlock(workload._replace(unavailable=1), ANY._replace(gpu=4)).stuck is False
    assert rolling_deadlock(workload._replace(unavailable=1), ANY._replace(gpu=3)).stuck is True
    assert rolling_deadlock(workload._replace(pods=0), ANY._replace(gpu=0)).stuck is False
    both = [workload, workload._replace(name="b", pods=3)]
    assert side_by_side_deadlock(both, ANY._replace(gpu=6)) == (True, "gpu", 7, 6)
    assert side_by_side_deadlock(both, ANY._replace(gpu=7)).stuck is False
    assert controlled_deadlock(workload, ANY._replace(gpu=7)) == (True, "gpu", 8, 7)
    assert controlled_deadlock(workload, ANY._replace(gpu=8)).stuck is False


@given(wanted=counts, one=st.one_of(counts, percentages), more=st.integers(0, 10), pods=counts)
def test_more_surge_and_more_pods_never_need_fewer(
    wanted: int, one: int | str, more: int, pods: int
) -> None:
    other = one + more if isinstance(one, int) else f"{min(100, int(one[:-1]) + more)}%"
    assert rolling_peak(wanted, other) >= rolling_peak(wanted, one) >= wanted
    assert rolling_peak(wanted + pods, one) >= rolling_peak(wanted, one) + pods


def shape(rollout: Rollout) -> list[tuple[str, list[Any]]]:
    return [
        (moment.label, [tuple(each) for each in moment.workloads]) for moment in rollout.moments
    ]


def test_moments_of_a_rolling_workload() -> None:
    found = rolling(PodSet("a", 4, 10, POD, surge="25%", unavailable=0))
    assert shape(found) == [
        ("now", [("a", 4, 10)]),
        ("replacing pods", [("a", 5, 13)]),
        ("after", [("a", 4, 10)]),
    ]
    assert (found.pods, found.pods_at_most) == (5, 13)
    assert found.peak == POD.times(5)
    assert found.peak_at_most == Resources(6_500, 26 * GIB, 13)
    assert found.steady == POD.times(10)


def test_moments_side_by_side() -> None:
    stable, candidate = PodSet("a", 2, 6, POD), PodSet("b", 2, 2, Resources(1_000, GIB, 0))
    found = side_by_side([stable], [stable, candidate], [candidate])
    assert shape(found) == [
        ("now", [("a", 2, 6)]),
        ("side by side", [("a", 2, 6), ("b", 2, 2)]),
        ("replacing pods", [("a", 3, 7), ("b", 3, 3)]),
        ("after", [("b", 2, 2)]),
    ]
    assert found.peak_at_most == Resources(6_500, 17 * GIB, 7)
    assert [moment.pods_at_most for moment in found.moments] == [6, 8, 10, 2]


def test_moments_of_a_controller() -> None:
    """The example of Argo's own tests: a share of pods is rounded up, without binary fractions."""
    found = controlled(PodSet("a", 10, 100, POD), [0.05, 0.07, 0.5])
    assert shape(found) == [
        ("now", [("a", 10, 100)]),
        ("step 1", [("a", 10, 100), ("a-candidate", 1, 5)]),
        ("step 2", [("a", 10, 100), ("a-candidate", 1, 7)]),
        ("step 3", [("a", 10, 100), ("a-candidate", 5, 50)]),
        ("promoted", [("a", 10, 100), ("a-candidate", 10, 100)]),
        ("after", [("a", 10, 100)]),
    ]
    assert (found.pods, found.pods_at_most, found.peak) == (20, 200, POD.times(20))


@given(sets=st.lists(st.tuples(counts, counts, resources), min_size=1, max_size=4))
def test_the_peak_is_the_most_of_each_resource_over_the_moments(sets: list[Any]) -> None:
    workloads = [
        PodSet(f"w{index}", low, low + more, each) for index, (low, more, each) in enumerate(sets)
    ]
    found = side_by_side(workloads[:1], workloads, workloads[-1:])
    sizes = {workload.name: workload.each for workload in workloads}
    for index in range(3):
        assert found.peak[index] == max(
            sum(each.pods * sizes[each.workload][index] for each in moment.workloads)
            for moment in found.moments
        )
        assert found.peak_at_most[index] == max(
            sum(each.pods_at_most * sizes[each.workload][index] for each in moment.workloads)
            for moment in found.moments
        )


@given(needed=resources, limit=resources)
def test_a_shortfall_mends_itself(needed: Resources, limit: Resources) -> None:
    found = shortfall(needed, limit)
    assert found.short == any(found[1:])
    assert shortfall(needed, limit.plus(Resources(*found[1:]))).short is False
    assert shortfall(needed, ANY) == Shortfall(False, 0, 0, 0)


@given(fleet=st.lists(st.tuples(resources, resources), max_size=6))
def test_a_fleet_takes_no_less_when_rollouts_overlap(fleet: list[Any]) -> None:
    pairs = [(usual, usual.at_least(peak)) for usual, peak in fleet]
    found = fleet_need(pairs)
    for index in range(3):
        steady = sum(usual[index] for usual, _ in pairs)
        alone = [steady - usual[index] + peak[index] for usual, peak in pairs]
        assert found.steady[index] == steady
        assert found.one_at_a_time[index] == max(alone, default=0)
        assert found.all_at_once[index] == sum(peak[index] for _, peak in pairs)
        assert steady <= found.one_at_a_time[index] <= found.all_at_once[index]


def test_costs_of_an_hour() -> None:
    prices = HourPrices(cpu=0.04, memory_gi=0.005, gpu=2.5)
    each = Resources(cpu=1_500, memory=2 * GIB, gpu=1)
    assert hour_cost(each, prices) == pytest.approx(0.06 + 0.01 + 2.5)
    stable, candidate = PodSet("a", 2, 4, each), PodSet("b", 2, 2, Resources(500, GIB, 0))
    found = rollout_cost(side_by_side([stable], [stable, candidate], [candidate]), prices)
    assert found == pytest.approx((5.14, 7.785, 0.05, 10.28, 12.925, 0.05))
