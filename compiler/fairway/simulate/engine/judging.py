"""Gates read in all runs at once: what ``plan.verdict`` says of arrays of readings."""

from __future__ import annotations

import re
from typing import NamedTuple, cast

import numpy as np

from fairway.plan import verdict
from fairway.plan.release import Gate
from fairway.simulate.engine.draws import Flags, Floats
from fairway.simulate.engine.side import Side

_ERRORS = re.compile(r"(server-)?error-ratio\Z")
_LATENCY = re.compile(r"(server-)?latency-p([0-9]{1,2})\Z")


class Judged(NamedTuple):
    """What a gate says in each run: the value, what it was held against, and the verdict."""

    value: Floats
    limit: Floats
    bad: Flags
    nothing: Flags


def measures_errors(gate: Gate) -> bool:
    """Whether a gate is on the share of bad answers."""
    return _ERRORS.match(gate.metric) is not None


def latency_share(gate: Gate) -> float:
    """Return which share of the latencies a gate's percentile holds, 0 of another metric."""
    found = _LATENCY.match(gate.metric)
    return int(found.group(2)) / 100 if found else 0.0


def read(gate: Gate, candidate: Side, stable: Side, min_requests: int) -> Judged:
    """Read a gate's windows."""
    share = latency_share(gate)
    value, reference = (
        (side.percentile(share) if share else side.ratio()) for side in (candidate, stable)
    )
    return judge(gate, value, reference, candidate.all_requests.total.astype(float), min_requests)


def judge(
    gate: Gate, value: Floats, reference: Floats, requests: Floats, min_requests: int
) -> Judged:
    """Judge many readings.

    The functions of ``plan.verdict`` only compare and calculate, so arrays in a reading's fields
    give arrays; the tests hold them against single readings.
    """
    reading = cast("verdict.Reading", _Readings(value, reference, requests))
    nothing = cast("Flags", verdict.says_nothing(gate, reading, min_requests))
    bad = cast("Flags", verdict.is_bad(gate, reading))
    limit = np.broadcast_to(np.asarray(verdict.limit_of(gate, reading)), value.shape)
    return Judged(value, limit, bad & ~nothing, nothing)


class _Readings(NamedTuple):
    value: Floats
    reference: Floats
    requests: Floats
