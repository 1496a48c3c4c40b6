"""The blast radius of a broken candidate: how many bad answers it gives until it is stopped.

From the step that is live on, a candidate with the error ratio e gives rate * weight * e bad
answers a second. A step lasts until its gates see the fault (``detection``), and for the reaction
time after that; where they do not in time, the step is held to its end and the next one begins
with its own, usually greater, weight. Where no step sees it, every request to the candidate until
the last step's end counts, and ``detected`` is false: then the candidate is promoted.

A gate's time is the one by which it has seen the fault with 95 % confidence, so the number is
cautious: most runs stop sooner. Around it the number of bad answers of one run varies as a
Poisson variable: requests that come independently, each bad with probability e. Source: the
colouring theorem, Kingman, Poisson Processes (1993), 5.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fairway.arithmetic.detection import StepDetection
from fairway.arithmetic.poisson import likely_range


class StepExposure(NamedTuple):
    """What one step costs: ``requests`` and ``bad`` answers of the candidate in ``seconds``."""

    step: int
    weight: float
    seconds: float
    requests: float
    bad: float
    detected: bool


class Exposure(NamedTuple):
    """What a broken candidate costs until it is stopped.

    ``step`` is the one that sees the fault, 0 when none does. ``bad`` is the expected number of
    bad answers; a run gives from ``low`` to ``high`` with the confidence that was asked for.
    """

    detected: bool
    step: int
    seconds: float
    requests: float
    bad: float
    low: int
    high: int
    steps: tuple[StepExposure, ...]


def exposure(
    steps: Sequence[StepDetection],
    rate: float,
    errors: float,
    reaction: float,
    live: int = 1,
    confidence: float = 0.95,
) -> Exposure:
    """Return the blast radius of a candidate with the ratio ``errors`` of bad answers.

    ``rate`` is that of all requests per second; ``reaction`` is how long (seconds) traffic still
    flows after the gate was read, usually the interval of the readings; ``live`` is the number
    of the step that the fault begins at, and 0 (before the first) means the first.
    """
    parts: list[StepExposure] = []
    for step in (each for each in steps if each.step >= live):
        seconds = step.seconds + reaction if step.in_time else step.hold
        requests = rate * step.weight * seconds
        bad = requests * errors
        parts.append(StepExposure(step.step, step.weight, seconds, requests, bad, step.in_time))
        if step.in_time:
            break
    bad = sum(part.bad for part in parts)
    low, high = likely_range(bad, confidence)
    detected = bool(parts) and parts[-1].detected
    return Exposure(
        detected=detected,
        step=parts[-1].step if detected else 0,
        seconds=sum(part.seconds for part in parts),
        requests=sum(part.requests for part in parts),
        bad=bad,
        low=low,
        high=high,
        steps=tuple(parts),
    )
