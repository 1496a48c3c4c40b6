"""Objectives that nothing measures are found at their lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from target.released import SLOS, STRATEGIES, found, spec


def findings(root: Path, slo: Mapping[str, Any], **changes: Any) -> list[tuple[str, str, str]]:
    """The rule, the route and the fix of each finding about a spec with one SLO."""
    given = spec(STRATEGIES["canary"], monitoring={**SLOS, "slos": [{"window": "30d", **slo}]})
    given.document["serving"] |= changes.pop("serving", {})
    given.document["release"]["strategy"] = {"rolling": {}}
    del given.document["release"]["candidate"]
    place = {"targets": ["docker", "prometheus"], **changes}
    return [
        (each.rule, ".".join(map(str, each.at.route)), each.fix.description if each.fix else "")
        for each in found(root, given, **place)
    ]


AVAILABLE = {"name": "availability", "objective": "99.9%"}
FAST = {"name": "latency", "objective": "99%", "threshold": "250ms"}
INSIDE = {"callers": [{"namespace": "checkout"}]}
IMAGE = {"runtime": "image", "image": {"repository": "ghcr.io/acme/scorer", "tag": "1"}}


@pytest.mark.parametrize(
    ("slo", "serving", "at", "fix"),
    [
        (AVAILABLE, {}, "", ""),
        (FAST, {}, "", ""),
        ({**AVAILABLE, "name": "avalability"}, {}, "name", "write availability"),
        ({**AVAILABLE, "name": "freshness"}, {}, "name", "write availability or latency"),
        ({**AVAILABLE, "threshold": "1s"}, {}, "threshold", "remove it, or call the objective la"),
        ({**FAST, "threshold": None}, {}, "", "add a `threshold`, such as 250ms"),
        ({**FAST, "threshold": "300ms"}, {}, "threshold", "write 250ms or 500ms"),
        ({**FAST, "threshold": "2h"}, {}, "threshold", "write 1h"),
        (AVAILABLE, INSIDE, "", ""),
        (FAST, INSIDE, "", ""),
        ({**FAST, "threshold": "400ms"}, INSIDE, "threshold", "write 300ms or 500ms"),
        (AVAILABLE, {**INSIDE, **IMAGE}, "name", "choose a router or a runtime that counts it"),
        (FAST, {**INSIDE, **IMAGE}, "name", "choose a router or a runtime that counts it"),
    ],
)
def test_what_cannot_be_measured_is_found(
    tmp_path: Path, slo: Mapping[str, Any], serving: Mapping[str, Any], at: str, fix: str
) -> None:
    given = {key: value for key, value in slo.items() if value is not None}
    changes = {"auth": None, **serving} if serving else {}
    expected = [("target/metric", f"monitoring.slos.0.{at}".rstrip("."))] if fix else []
    made = findings(tmp_path, given, serving=changes)
    assert [each[:2] for each in made] == expected
    assert all(each[2].startswith(fix) for each in made)


def test_a_receiver_is_no_template(tmp_path: Path) -> None:
    monitoring = {**SLOS, "alerts": {"page": "{{ $labels.team }}", "ticket": "jira"}}
    given = spec(STRATEGIES["rolling"], monitoring=monitoring)
    (finding,) = found(tmp_path, given, targets=["docker", "prometheus"])
    assert finding.at.route == ("monitoring", "alerts", "page")


def test_objectives_need_a_target(tmp_path: Path) -> None:
    given = spec(STRATEGIES["rolling"], monitoring=SLOS)
    (finding,) = found(tmp_path, given)
    assert finding.fix is not None
    assert "the target `prometheus` can" in finding.fix.description
