"""The lists of a spec as rules see them: each element with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]


def placed_parts(facts: Mapping[str, Any]) -> Data:
    """Return the lists of a deployment's facts, each element with its place."""
    canary = facts["release"]["strategy"].get("canary", {})
    steps, before = [], 0.0
    for number, step in enumerate(canary.get("steps", ()), 1):
        at = f"release.strategy.canary.steps[{number - 1}]"
        steps.append({"at": at, "number": number, "before": before, **step})
        before = step["weight"]
    slos = facts.get("monitoring", {}).get("slos", ())
    serving = facts["serving"]
    auth = serving.get("auth", {})
    jwt = auth.get("jwt", {})
    bounds = facts.get("evidence", {}).get("metrics", ())
    return {
        "steps": steps,
        "gates": _placed("gate", "release.strategy.canary.gates", canary.get("gates", ())),
        "slos": _placed("slo", "monitoring.slos", slos),
        "bounds": _placed("metric", "evidence.metrics", bounds),
        "callers": _placed("caller", "serving.callers", serving["callers"]),
        "egress": _placed("egress", "serving.egress", serving["egress"]),
        "variables": _placed("secret", "serving.secrets", serving["secrets"]),
        "hosts": _placed("text", "serving.hosts", serving["hosts"]),
        "principals": _placed("text", "serving.auth.mtls", auth.get("mtls", ())),
        "audiences": _placed("text", "serving.auth.jwt.audiences", jwt.get("audiences", ())),
    }


def _placed(name: str, route: str, values: Any) -> list[Data]:
    return [{"at": f"{route}[{index}]", name: value} for index, value in enumerate(values)]
