"""Canaries that are played out: requests that come at random, gates that are read from a clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fairway.arithmetic.detection import GateBound, Reading


class Runs(NamedTuple):
    """For each run: seconds until a gate failed (infinite when none did), bad answers until then.

    Answers of one more interval are counted, that of the reaction.
    """

    seconds: NDArray[np.float64]
    bad: NDArray[np.int64]


def play(
    generator: np.random.Generator,
    runs: int,
    steps: Sequence[tuple[float, float]],
    gate: GateBound,
    reading: Reading,
    errors: float,
    stable_errors: float = 0.0,
) -> Runs:
    """Play ``steps`` (weight, hold) with Poisson arrivals; windows begin anew with each step."""
    seconds = np.full(runs, np.inf)
    bad = np.zeros(runs, dtype=np.int64)
    stopped = np.zeros(runs, dtype=np.int64)  # how many intervals after the gate failed
    now = 0.0
    window = round(reading.window / reading.interval)
    for weight, hold in steps:
        readings = round(hold / reading.interval)
        per = reading.rate * reading.interval
        came = generator.poisson(per * weight, (runs, readings))
        failed = generator.binomial(came, errors)
        others = generator.poisson(per * (1 - weight), (runs, readings))
        others_failed = generator.binomial(others, stable_errors)
        for index in range(readings):
            alive = stopped < 2
            stopped[stopped == 1] = 2
            bad[alive] += failed[alive, index]
            part = slice(max(0, index + 1 - window), index + 1)
            n, k = came[:, part].sum(1), failed[:, part].sum(1)
            m, j = others[:, part].sum(1), others_failed[:, part].sum(1)
            fails = (n >= max(1, reading.min_requests)) & _fails(gate, n, k, m, j)
            fresh = fails & np.isinf(seconds)
            seconds[fresh] = now + (index + 1) * reading.interval
            stopped[fresh] = 1
        now += hold
    return Runs(seconds, bad)


def _fails(
    gate: GateBound,
    n: NDArray[np.int64],
    k: NDArray[np.int64],
    m: NDArray[np.int64],
    j: NDArray[np.int64],
) -> NDArray[np.bool_]:
    ratio = k / np.maximum(1, n)
    if gate.kind == "max":
        return ratio > gate.bound
    reference = j / np.maximum(1, m)
    allowed = gate.bound if gate.kind == "within" else reference * gate.bound
    return (m > 0) & (ratio > reference + allowed)
