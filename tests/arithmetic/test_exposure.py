"""The blast radius: known plans, and canaries that are played out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from arithmetic.canary_run import play
from hypothesis import given
from hypothesis import strategies as st

from fairway.arithmetic.detection import (
    Fault,
    GateBound,
    Reading,
    StepDetection,
    detect_step,
)
from fairway.arithmetic.exposure import exposure

GATE = GateBound("errors", "error-ratio", "max", 0.01)
STEPS = ((0.05, 1_800.0), (0.25, 3_600.0), (0.5, 3_600.0))
EXAMPLE = Reading(rate=40.0, interval=60.0, window=1_800.0, min_requests=3_000)


def seen(
    reading: Reading,
    fault: Fault,
    steps: Sequence[tuple[float, float]] = STEPS,
    gates: Sequence[GateBound] = (GATE,),
) -> tuple[StepDetection, ...]:
    return tuple(
        detect_step(number, weight, hold, gates, reading, fault)
        for number, (weight, hold) in enumerate(steps, 1)
    )


def test_the_example_stops_at_the_first_step() -> None:
    found = exposure(seen(EXAMPLE, Fault(0.1)), 40.0, 0.1, 60.0)
    assert (found.detected, found.step, found.seconds) == (True, 1, 1_560.0)
    assert (found.requests, found.bad) == pytest.approx((3_120.0, 312.0))
    assert (found.low, found.high) == (278, 347)
    assert [tuple(each) for each in found.steps] == [
        (1, 0.05, 1_560.0, pytest.approx(3_120.0), pytest.approx(312.0), True)
    ]


def test_a_step_that_ends_too_early_leaves_it_to_the_next() -> None:
    steps = ((0.05, 1_200.0), (0.25, 3_600.0))
    found = exposure(seen(EXAMPLE, Fault(0.1), steps), 40.0, 0.1, 60.0)
    assert (found.detected, found.step, found.seconds) == (True, 2, 1_200.0 + 300.0 + 60.0)
    assert [each.bad for each in found.steps] == pytest.approx([240.0, 360.0])
    assert [each.detected for each in found.steps] == [False, True]
    later = exposure(seen(EXAMPLE, Fault(0.1), steps), 40.0, 0.1, 60.0, live=2)
    assert (later.step, later.seconds, later.bad) == (2, 360.0, pytest.approx(360.0))
    without = seen(EXAMPLE, Fault(0.1), ((0.0, 600.0), *steps))[1:]  # a step without traffic
    assert exposure(without, 40.0, 0.1, 60.0, live=3).bad == pytest.approx(360.0)


def test_what_no_gate_sees_reaches_everybody_until_the_end() -> None:
    blind = GATE._replace(metric="latency-p95")
    found = exposure(seen(EXAMPLE, Fault(0.1), gates=(blind,)), 40.0, 0.1, 60.0, live=0)
    assert (found.detected, found.step, found.seconds) == (False, 0, 9_000.0)
    assert found.bad == pytest.approx(40 * 0.1 * (0.05 * 1_800 + 0.25 * 3_600 + 0.5 * 3_600))
    assert exposure((), 40.0, 0.1, 60.0) == (False, 0, 0, 0, 0, 0, 0, ())


@given(
    reading=st.builds(
        Reading,
        rate=st.floats(0.1, 500.0),
        interval=st.sampled_from([10.0, 60.0]),
        window=st.sampled_from([300.0, 1_800.0]),
        min_requests=st.integers(0, 5_000),
    ),
    errors=st.floats(0.02, 1.0),
    more=st.integers(0, 3_000),
    reaction=st.floats(0, 600),
)
def test_a_longer_wait_never_costs_less(
    reading: Reading, errors: float, more: int, reaction: float
) -> None:
    """Steps that grow, as those of a canary do, make every delay cost more."""
    found = exposure(seen(reading, Fault(errors)), reading.rate, errors, 0.0)
    slower = exposure(seen(reading, Fault(errors)), reading.rate, errors, reaction)
    assert slower.bad >= found.bad * (1 - 1e-12)
    assert (slower.step, slower.low >= found.low, slower.high >= found.high) == (
        (found.step, True, True)
    )
    strict = reading._replace(min_requests=reading.min_requests + more)
    waits = exposure(seen(strict, Fault(errors)), reading.rate, errors, 0.0)
    assert waits.bad >= found.bad * (1 - 1e-12)
    assert found.low <= found.bad <= found.high + 1
    assert found.bad == pytest.approx(sum(each.bad for each in found.steps))
    assert found.detected or waits.detected is False


@pytest.mark.parametrize(
    ("steps", "rate", "least", "errors"),
    [
        (((0.05, 600.0), (0.25, 600.0)), 20.0, 200, 0.30),
        (((0.05, 300.0), (0.25, 600.0)), 20.0, 1_000, 0.10),
        (((0.02, 300.0), (0.10, 600.0), (0.50, 600.0)), 20.0, 50, 0.03),
    ],
)
def test_runs_of_random_requests_cost_no_more_than_it_says(
    steps: tuple[tuple[float, float], ...], rate: float, least: int, errors: float
) -> None:
    reading = Reading(rate, 10.0, 300.0, least, random=True)
    found = exposure(seen(reading, Fault(errors), steps), rate, errors, reading.interval)
    assert found.detected
    generator = np.random.default_rng(11)
    runs = play(generator, 4_000, steps, GATE, reading, errors)
    # 95 % have seen it by then, and 2.5 % of those that ran so long are above the range.
    assert float((runs.seconds <= found.seconds - reading.interval).mean()) >= 0.95 - 0.014
    assert float((runs.bad <= found.high).mean()) >= 0.95 - 0.014
    assert float(runs.bad.mean()) <= found.bad * 1.02
