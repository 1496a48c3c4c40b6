"""Drills: what they are asked with, the fault that they make, and what the release makes of it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from local.command import up
from local.reader import CANDIDATE, canary, chosen, document, write

from fairway.errors import UsageError
from fairway.local.drill import Drill, parse_drill

FAULTS = {
    "3.2.0: errors=30%": Drill("3.2.0", 300_000),
    " 3.2.0:errors=0.5% ": Drill("3.2.0", 5_000),
    "v1: latency=500ms": Drill("v1", 0, 0.5),
    "v1: errors=100%, latency=1s": Drill("v1", 1_000_000, 1.0),
}


@pytest.mark.parametrize(("text", "drill"), FAULTS.items(), ids=FAULTS.keys())
def test_a_fault(text: str, drill: Drill) -> None:
    assert parse_drill(text) == drill


REFUSED = {
    "errors=30%": "names no version and fault",
    "3.2.0:": "names no version and fault",
    "3.2.0: errors=30": "errors: `30` is not a percentage",
    "3.2.0: errors=130%": "errors: 130% is more than 100%",
    "3.2.0: latency=fast": "latency: `fast` is not a duration",
    "3.2.0: noise=3%": "there is no fault 'noise'",
    "3.2.0: errors=0%": "has no fault",
}


@pytest.mark.parametrize(("text", "words"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_no_fault(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_drill(text)
    assert words in refused.value.message
    assert "VERSION: errors=30%" in refused.value.fix


RATE, FAULT = 60, "30%"
GATED = canary(
    "50%",
    interval="3s",
    window="20s",
    minRequests=40,
    fault=FAULT,
    gates=[{"metric": "error-ratio", "max": "5%"}, {"metric": "latency-p95", "max": "5s"}],
)
SERVING = {"traffic": {"expected": f"{RATE}/s", "timeout": "20s"}}


@pytest.mark.slow
def test_a_broken_candidate_is_stopped_within_what_the_plan_predicts(tmp_path: Path) -> None:
    """The time, and the number of bad answers, with the interval that the plan gives."""
    plan = chosen(tmp_path, GATED, SERVING).plan
    ((canary_proof,), (step,)) = plan.proof.canary, plan.proof.steps
    assert canary_proof.blast.detected
    assert step.found.seconds == 3.0  # the first reading
    spec = write(tmp_path, document(GATED, SERVING))
    drill = f"{CANDIDATE}: errors={FAULT}"
    with up(spec, "--requests", f"{RATE}/s", "--for", "40s", "--drill", drill) as run:
        run.until(r"rolled back: error-ratio [\d.]+% above max 5%, on [\d,]+ requests")
        time.sleep(1.0)  # in which nothing more goes to the candidate
        taken = run.at("rolled back") - run.at("ready after")
        assert run.stop() == 1
    counted = re.findall(r"(\S+) answered (\d+) requests, (\d+) with an error", run.lines[-1].text)
    answered = {version: (int(requests), int(errors)) for version, requests, errors in counted}
    requests, bad = answered[CANDIDATE]
    assert bad <= canary_proof.blast.high, f"{bad} bad answers, of {canary_proof.blast}"
    assert 0.1 < bad / requests < 0.5
    assert answered["1.0.0"][1] == 0
    # A machine that is too slow to send the planned rate is later by as much; the loop looks
    # every quarter of a second, and a reading that misses the requests it needs has another.
    total = sum(requests for requests, _ in answered.values())
    elapsed = run.lines[-1].at - run.at("ready after")
    slowness = max(1.0, RATE * elapsed / total)
    predicted = canary_proof.blast.seconds
    assert taken <= predicted * slowness + 1.0, f"{taken:.2f} s, predicted {predicted} s"


@pytest.mark.slow
def test_a_slow_candidate_fails_its_latency_and_pauses(tmp_path: Path) -> None:
    gates = [{"metric": "latency-p50", "max": "900ms"}, {"metric": "error-ratio", "max": "5%"}]
    slow = canary("50%", interval="2s", window="30s", minRequests=10, gates=gates,
                  onFailure="pause")  # fmt: skip
    spec = write(tmp_path, document(slow))
    drill = f"{CANDIDATE}: latency=1500ms"
    with up(spec, "--requests", "20/s", "--for", "60s", "--drill", drill) as run:
        run.until(r"paused: latency-p50 \d{3,}(\.\d)?ms above max 900ms")
        assert run.stop() == 0
    assert "rolled back" not in run.said
