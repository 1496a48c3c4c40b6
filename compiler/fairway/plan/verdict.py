"""What a gate says of a reading: the one place that knows, for whoever reads gates.

The commands that take the next step, the local run's controller, the simulator and the rendered
analyses all mean this.
"""

from __future__ import annotations

from math import isnan
from typing import Literal, NamedTuple, TypeAlias

from fairway.plan.release import Gate
from fairway.plan.saying import amount, bound

Word: TypeAlias = Literal["pass", "fail", "unknown"]

_COMPARING = ("within", "withinRelative")


class Reading(NamedTuple):
    """What was measured over a gate's window: the candidate's value, stable's, and on how many.

    ``value`` and ``reference`` are in the unit of ``Gate.bound``; NaN where nothing was measured.
    ``reference`` counts for gates that compare only. ``requests`` are the candidate's.
    """

    value: float
    reference: float
    requests: float


class Verdict(NamedTuple):
    """What a gate says, and why in a sentence. ``limit`` is what the value was held against."""

    word: Word
    limit: float
    why: str


def judge(gate: Gate, reading: Reading, min_requests: int) -> Verdict:
    """Hold a reading against a gate.

    Fewer than ``min_requests`` say nothing, good or bad; nor does a value that is not there. A
    value at its bound passes.
    """
    limit = limit_of(gate, reading)
    if says_nothing(gate, reading, min_requests):
        if reading.requests < min_requests:
            why = f"{reading.requests:.0f} requests; fewer than {min_requests} say nothing"
        else:
            whose = "candidate" if isnan(reading.value) else "stable version"
            why = f"no {gate.metric} of the {whose}, on {reading.requests:,.0f} requests"
        return Verdict("unknown", limit, why)
    bad = is_bad(gate, reading)
    return Verdict("fail" if bad else "pass", limit, _sentence(gate, reading, bad=bad))


def _sentence(gate: Gate, reading: Reading, *, bad: bool) -> str:
    """Return the reading beside its bound: ``error-ratio 27% above max 1%, on 3,013 requests``."""
    compares = gate.kind in _COMPARING
    wrong = "not" if compares else "below" if gate.kind == "min" else "above"
    against = f" ({amount(gate, reading.reference)})" if compares else ""
    return (
        f"{gate.metric} {amount(gate, reading.value)} {wrong if bad else 'keeps'}"
        f" {bound(gate)}{against}, on {reading.requests:,.0f} requests"
    )


def says_nothing(gate: Gate, reading: Reading, min_requests: int) -> bool:
    """Whether a reading is of too few requests, or of nothing.

    Like ``is_bad`` and ``limit_of`` it only compares and calculates, so that a reading whose
    fields are arrays gives an array: the verdicts of many readings at once.
    """
    few = reading.requests < min_requests
    missing = reading.value != reading.value  # NaN, and nothing else, is not itself
    if gate.kind in _COMPARING:
        missing = missing | (reading.reference != reading.reference)
    return few | missing


def is_bad(gate: Gate, reading: Reading) -> bool:
    """Whether the value is on the wrong side of the bound; at its bound it is not."""
    limit = limit_of(gate, reading)
    return reading.value < limit if gate.kind == "min" else reading.value > limit


def limit_of(gate: Gate, reading: Reading) -> float:
    """Return the bound on the candidate's value, NaN while stable's is not known."""
    if gate.kind == "within":
        return reading.reference + gate.bound
    if gate.kind == "withinRelative":
        return reading.reference * (1 + gate.bound)
    return gate.bound
