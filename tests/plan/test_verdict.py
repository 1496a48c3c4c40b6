"""What a gate says of a reading, in the units that people read."""

from __future__ import annotations

from math import nan

import pytest

from fairway.plan.release import Gate
from fairway.plan.verdict import Reading, judge


def gate(metric: str, kind: str, bound: float, written: str) -> Gate:
    fields = {**dict.fromkeys(Gate._fields, ""), "limit": bound, "bound": bound}
    return Gate(**{**fields, "metric": metric, "kind": kind, "written": written})  # type: ignore[arg-type]


ERRORS = gate("error-ratio", "max", 0.01, "1%")
SLOW = gate("latency-p95", "max", 0.2, "200ms")
BESIDE = gate("error-ratio", "within", 0.005, "0.5pp")
SLOWER = gate("latency-p95", "withinRelative", 0.1, "10%")
READY = gate("ready-replicas", "min", 2.0, "2")
FEWER = gate("queue-length", "withinRelative", 0.1, "10%")


@pytest.mark.parametrize(
    ("given", "value", "reference", "word", "why"),
    [
        (ERRORS, 0.27, nan, "fail", "error-ratio 27% above max 1%, on 3,013 requests"),
        (ERRORS, 0.01, nan, "pass", "error-ratio 1% keeps max 1%, on 3,013 requests"),
        (SLOW, 0.0178752, nan, "pass", "latency-p95 17.88ms keeps max 200ms, on 3,013 requests"),
        (BESIDE, 0.27, 0.0, "fail",
         "error-ratio 27% not within 0.5pp of stable (0%), on 3,013 requests"),
        (SLOWER, 0.105, 0.1, "pass",
         "latency-p95 105ms keeps within 10% of stable (100ms), on 3,013 requests"),
        (READY, 1.0, nan, "fail", "ready-replicas 1 below min 2, on 3,013 requests"),
        (FEWER, 5.0, 4.0, "fail",
         "queue-length 5 not within 10% of stable (4), on 3,013 requests"),
        (ERRORS, nan, nan, "unknown", "no error-ratio of the candidate, on 3,013 requests"),
        (BESIDE, 0.1, nan, "unknown", "no error-ratio of the stable version, on 3,013 requests"),
    ],
)  # fmt: skip
def test_a_verdict_is_a_sentence(
    given: Gate, value: float, reference: float, word: str, why: str
) -> None:
    found = judge(given, Reading(value, reference, 3013.0), 3000)
    assert (found.word, found.why) == (word, why)


def test_few_requests_say_nothing() -> None:
    found = judge(ERRORS, Reading(0.5, nan, 202.0), 3000)
    assert (found.word, found.why) == ("unknown", "202 requests; fewer than 3000 say nothing")
