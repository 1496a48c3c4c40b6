"""When a canary's gates see a fault: at each step, by each gate, and never when never.

Gates are read every ``interval`` seconds over the last ``window`` seconds of the candidate's own
traffic. The candidate gets ``rate * weight`` requests a second, so that t seconds after a step
began there are n(t) = rate * weight * min(t, window) of them. The fault is there from the step's
begin; requests of earlier steps are not counted, so that what is said is rather late than early.

A gate sees the fault at the first reading from which on every reading fails with a probability of
at least ``CONFIDENCE``: n(t) must reach ``min_requests`` and the number that
``needed.requests_needed`` gives. Neither depends on the weight or the rate, so more of either
never means later.

A gate that compares with the stable version takes the sum of both versions' noise, as if the
stable version had no more requests than the candidate. That is cautious up to a weight of one
half; above it, the stable version's own noise may delay what is said here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor, sqrt
from typing import NamedTuple

from fairway.arithmetic.binomial import at_least
from fairway.arithmetic.needed import CONFIDENCE, NEVER, most_errors, requests_needed
from fairway.arithmetic.normal import tail, upper
from fairway.arithmetic.poisson import assured
from fairway.arithmetic.proportions import rule_of_three

ERROR_METRICS = frozenset({"error-ratio", "server-error-ratio"})
"""The metrics that errors show in; a latency, for one, knows nothing of them."""

_HAIR = 1e-9


class GateBound(NamedTuple):
    """What a gate lets pass: ``bound`` is a ratio where the metric is one.

    ``kind`` is ``max``, ``min``, ``within`` (of the stable version, absolute) or
    ``withinRelative``.
    """

    name: str
    metric: str
    kind: str
    bound: float


class Reading(NamedTuple):
    """How gates are read: ``rate`` of all requests per second; ``interval``, ``window`` in s.

    ``random`` says that requests come, or are split, at random, and that this counts.
    """

    rate: float
    interval: float
    window: float
    min_requests: int
    random: bool = False


class Fault(NamedTuple):
    """Error ratios from 0 to 1: the broken candidate's, and the stable version's."""

    errors: float
    stable_errors: float = 0.0


class Detection(NamedTuple):
    """When one gate sees the fault, in seconds from the step's begin; -1.0 when ``never``.

    ``needed`` is how many requests the window must hold, -1 when no number is enough;
    ``reason`` says why the fault is never seen, and is empty when it is.
    """

    gate: str
    never: bool
    seconds: float
    needed: int
    reason: str


class StepDetection(NamedTuple):
    """A step and what its gates see.

    ``requests`` come to the candidate in the step's ``hold`` (seconds), at most ``in_window`` of
    them in one window; ``enough`` says that they reach ``min_requests``. ``error_bound`` is the
    ratio that a step without one error rules out. ``gate`` is the first to see the fault, after
    ``seconds`` (-1.0 when ``never``); ``in_time`` says that it does before the step may end.
    ``false_alarm`` is the probability that a candidate no worse than the stable version fails
    some gate at the first reading that counts.
    """

    step: int
    weight: float
    hold: float
    requests: int
    in_window: int
    enough: bool
    error_bound: float
    gate: str
    never: bool
    seconds: float
    in_time: bool
    false_alarm: float
    gates: tuple[Detection, ...]


def detect(gate: GateBound, weight: float, reading: Reading, fault: Fault) -> Detection:
    """Return when ``gate`` sees ``fault`` in a candidate that gets the share ``weight``."""
    if gate.metric not in ERROR_METRICS or gate.kind == "min":
        return _never(gate, NEVER, "it does not measure errors")
    confidence = _half(CONFIDENCE) if reading.random else CONFIDENCE
    needed = _needed(gate, fault, confidence)
    if needed == NEVER:
        return _never(gate, NEVER, "its bound lets this fault pass")
    if gate.kind != "max" and weight >= 1.0:
        return _never(gate, needed, "no stable traffic is left to compare with")
    least, needed = reading.min_requests, max(needed, reading.min_requests)
    if reading.random:
        least, needed = assured(least, confidence), assured(needed, confidence)
    in_window = _requests(reading, weight, reading.window)
    if in_window < least:
        return _never(gate, needed, "the window never holds minRequests")
    if in_window < needed:
        return _never(gate, needed, "the window holds too few requests to tell")
    seconds = _reading_with(needed, weight, reading)
    return Detection(gate.name, False, seconds, needed, "")


def detect_step(
    step: int,
    weight: float,
    hold: float,
    gates: Sequence[GateBound],
    reading: Reading,
    fault: Fault,
) -> StepDetection:
    """Return what the gates see of ``fault`` at one step, its ``hold`` in seconds."""
    found = tuple(detect(gate, weight, reading, fault) for gate in gates)
    first = min(
        (each for each in found if not each.never), key=lambda each: each.seconds, default=None
    )
    requests = _requests(reading, weight, hold)
    in_window = _requests(reading, weight, min(hold, reading.window))
    return StepDetection(
        step=step,
        weight=weight,
        hold=hold,
        requests=requests,
        in_window=in_window,
        enough=in_window >= max(1, reading.min_requests),
        error_bound=min(1.0, rule_of_three(requests)),
        gate=first.gate if first else "",
        never=first is None,
        seconds=first.seconds if first else -1.0,
        in_time=first is not None and first.seconds <= hold * (1.0 + _HAIR),
        false_alarm=min(1.0, sum(false_alarm(gate, weight, reading, fault) for gate in gates)),
        gates=found,
    )


def false_alarm(gate: GateBound, weight: float, reading: Reading, fault: Fault) -> float:
    """Return the probability that a healthy candidate fails ``gate`` at the first reading.

    A healthy candidate has the stable version's error ratio; the first reading is the first that
    holds ``min_requests``. The windows of later readings overlap, so they are no new chances of
    the same size. Exact for ``max``; for comparisons the normal approximation of a difference of
    two proportions.
    """
    healthy = fault.stable_errors
    if gate.metric not in ERROR_METRICS or gate.kind == "min" or healthy <= 0.0:
        return 0.0
    needed = max(1, reading.min_requests)
    if _requests(reading, weight, reading.window) < needed:
        return 0.0
    after = _reading_with(needed, weight, reading)
    requests = _requests(reading, weight, min(after, reading.window))
    if gate.kind == "max":
        return _healthy_fails(requests, gate.bound, healthy)
    stable = _requests(reading, 1.0 - weight, min(after, reading.window))
    if stable <= 0:
        return 0.0
    spread = sqrt(healthy * (1.0 - healthy) * (1.0 / requests + _scale(gate) ** 2 / stable))
    return tail((_bound(gate, healthy) - healthy) / spread) if spread > 0.0 else 0.0


@lru_cache(maxsize=4096)
def _healthy_fails(requests: int, most: float, healthy: float) -> float:
    return at_least(most_errors(requests, most) + 1, requests, healthy)


def _half(confidence: float) -> float:
    """Return what two conditions need each, so that both hold with ``confidence``."""
    return 1.0 - (1.0 - confidence) / 2.0


@lru_cache(maxsize=4096)
def _needed(gate: GateBound, fault: Fault, confidence: float) -> int:
    """Return how many requests of the candidate tell the fault from the gate's bound."""
    bound = _bound(gate, fault.stable_errors)
    needed = requests_needed(fault.errors, bound, confidence)
    if gate.kind == "max" or needed == NEVER:
        return needed
    # n at which the difference of two proportions is above the bound by z standard errors, with
    # n requests each: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, ch. 4.
    reference = _scale(gate) ** 2 * fault.stable_errors * (1.0 - fault.stable_errors)
    noise = fault.errors * (1.0 - fault.errors) + reference
    both = upper(1.0 - confidence) ** 2 * noise / (fault.errors - bound) ** 2
    return max(needed, ceil(both))


def _bound(gate: GateBound, stable_errors: float) -> float:
    if gate.kind == "within":
        return stable_errors + gate.bound
    if gate.kind == "withinRelative":
        return stable_errors * (1.0 + gate.bound)
    return gate.bound


def _scale(gate: GateBound) -> float:
    """Return what the stable version's ratio, and so its noise, is multiplied with."""
    return 1.0 + gate.bound if gate.kind == "withinRelative" else 1.0


def _requests(reading: Reading, weight: float, seconds: float) -> int:
    """Return how many requests are expected, a product that is nearly whole taken as whole."""
    return floor(reading.rate * weight * seconds * (1.0 + 1e-12) + _HAIR)


def _reading_with(needed: int, weight: float, reading: Reading) -> float:
    """Return when the first reading is whose window holds ``needed`` requests."""
    readings = ceil(max(1, needed) / (reading.rate * weight * reading.interval) - _HAIR)
    return float(max(1, readings) * reading.interval)


def _never(gate: GateBound, needed: int, reason: str) -> Detection:
    return Detection(gate.name, True, -1.0, needed, reason)
