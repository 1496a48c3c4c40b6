"""The report for programs: what moved or was refused, with numbers and times as data."""

from __future__ import annotations

import json
from typing import Any

from stepping.setting import GOOD, LOCK, SPEC, Repository, at


def report(repository: Repository, *arguments: str, time: str, code: int) -> Any:
    done = repository.move(*arguments, "--format", "json", time=time)
    assert done.code == code, done.out + done.err
    return json.loads(done.out)


def test_a_move_is_told_whole(repository: Repository) -> None:
    repository.commit(repository.step(0))
    began = repository.commit(repository.step(1), at(hours=1))
    metrics = repository.measured(at(hours=2))
    given = ("advance", SPEC, "--metrics", metrics)
    data = report(repository, *given, "--commit", time=at(hours=2), code=0)
    diff, message, release = data.pop("diff"), data.pop("message"), data.pop("release")
    assert diff.startswith(f"--- a/{SPEC}\n")
    assert f"--- a/{LOCK}\n" in diff
    assert f"Fairway-Release: {release}\n" in message
    assert data.pop("commit") == repository.git("rev-parse", "HEAD").strip()
    assert [(each["gate"], each["says"], each["limit"]) for each in data.pop("gates")] == [
        ("error-ratio-max-1", "pass", 0.01),
        ("latency-p95-max-2", "pass", 0.2),
        ("error-ratio-within-3", "pass", 0.008),
    ]
    assert [each["version"] for each in data.pop("records")] == ["1.1.0", "1.0.0", "1.1.0"]
    assert data == {
        "reportVersion": 1,
        "action": "advance",
        "deployment": "churn",
        "environment": "production",
        "strategy": "canary",
        "versions": {"stable": "1.0.0", "candidate": "1.1.0"},
        "verdict": "moved",
        "title": "1.1.0 to 25%",
        "changes": [
            {
                "route": "release.strategy.canary.step",
                "before": "1",
                "after": "2",
                "meaning": "5% → 25%",
                "file": SPEC,
                "line": 23,
            }
        ],
        "measured": [{"from": at(hours=1, minutes=30), "to": at(hours=2), "source": metrics}],
        "held": [
            {
                "what": "step 1 (5%)",
                "commit": began,
                "since": at(hours=1),
                "seconds": 3600.0,
                "needed": 1800.0,
                "atLeast": False,
            }
        ],
        "refusals": [],
        "findings": [],
        "notes": [],
        "next": {
            "what": "fairway compile, and apply what it renders; hold it for 1h, then",
            "action": "advance",
        },
    }


def test_a_refusal_is_told_whole(repository: Repository) -> None:
    repository.commit(repository.step(1))
    bad = {**GOOD, "error-ratio-max-1": {"value": None, "requests": 9000}}
    bad["latency-p95-max-2"] = {"value": 0.3, "requests": 9000}
    metrics = repository.measured(at(hours=1), bad)
    data = report(repository, "advance", SPEC, "--metrics", metrics, time=at(hours=1), code=1)
    assert data["verdict"] == "refused"
    assert [data[key] for key in ("changes", "records", "diff", "message", "commit", "next")] == [
        [], [], "", None, None, None,
    ]  # fmt: skip
    assert [each["says"] for each in data["gates"]] == ["unknown", "fail", "pass"]
    assert data["gates"][0]["value"] is None
    unknown, failed = data["refusals"]
    assert unknown["fix"] == "find out why nothing was measured"
    assert failed == {
        "why": "gate latency-p95-max-2: latency-p95 is 300ms of 9,000 requests; the bound is max"
        " 200ms",
        "fix": "`fairway rollback` (`onFailure: rollback`)",
        "canBeForced": True,
    }
    assert repository.git("status", "--porcelain") == ""
