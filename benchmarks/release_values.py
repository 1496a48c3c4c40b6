"""What generated specs say of their releases: every strategy, with numbers that can work."""

from __future__ import annotations

import random
from typing import Any

_STRATEGIES = {"rolling": 35, "blueGreen": 24, "canary": 28, "shadow": 6, "ab": 7}
"""How often each is drawn; one spec in six has one version only, and rolls."""


def draw_release(source: random.Random, versions: list[str], expected: int) -> dict[str, Any]:
    """Return a release of some of a spec's versions, for ``expected`` requests a second."""
    stable = source.choice(versions)
    others = [version for version in versions if version != stable]
    name = source.choices(list(_STRATEGIES), list(_STRATEGIES.values()))[0]
    if others and name != "rolling":
        release: dict[str, Any] = {"stable": stable, "candidate": source.choice(others)}
        if name == "blueGreen":
            active = source.choice(("stable", "stable", "candidate"))
            release["strategy"] = {"blueGreen": {"active": active}}
            if source.random() < 0.05:
                release["handover"] = "rolling"
        elif name == "canary":
            release["strategy"] = {"canary": _canary(source, expected)}
        else:
            release["strategy"] = {name: _shadow(source) if name == "shadow" else _ab(source)}
        return release
    release = {"stable": stable}
    if source.random() < 0.8:
        rolling: dict[str, Any] = {"surge": source.choice((1, 2, "25%", "50%"))}
        if source.random() < 0.6:
            rolling["unavailable"] = source.choice((0, 0, "10%"))
        release["strategy"] = {"rolling": rolling}
    return release


def _canary(source: random.Random, expected: int) -> dict[str, Any]:
    first = source.choice(("2%", "5%", "10%"))
    weights = (first, *source.choice((("25%", "50%"), ("50%",), ("20%", "40%", "75%"))))
    holds = ("6h", "1d") if expected < 20 else ("30m", "1h", "2h")
    gates: list[dict[str, Any]] = [
        {"metric": "error-ratio", "max": "1%"},
        {"metric": "latency-p95", "max": source.choice(("100ms", "250ms"))},
        {"metric": "error-ratio", "against": "stable", "within": "0.5pp"},
        {"metric": "latency-p99", "against": "stable", "withinRelative": "10%"},
    ]
    canary: dict[str, Any] = {
        "step": source.randint(0, len(weights)),
        "steps": [{"weight": weight, "hold": source.choice(holds)} for weight in weights],
        "gates": gates[: source.randint(1, len(gates))],
        "minRequests": 500 if first == "2%" else 1000,
    }
    if source.random() < 0.3:
        canary |= {"fault": "5%", "budget": 2000 + 10 * expected}
    return canary


def _shadow(source: random.Random) -> dict[str, Any]:
    compare = {"metric": "disagreement", "max": source.choice(("2%", "5%"))}
    return {"mirror": source.choice(("100%", "10%", "1%")), "compare": compare}


def _ab(source: random.Random) -> dict[str, Any]:
    by = source.choice(("header", "cookie"))
    ab: dict[str, Any] = {
        "split": {"by": by, "name": "x-cohort", "candidate": ["beta", "staff"]},
        "weight": source.choice(("50%", "20%")),
        "users": source.choice(("10/m", "2/s")),
        "metric": "conversion",
        "baseline": source.choice(("5%", "20%")),
        "effect": "1pp",
        "duration": source.choice(("14d", "4w")),
    }
    if source.random() < 0.3:
        ab["secondary"] = [{"metric": "refunds", "baseline": "2%", "effect": "1pp"}]
    if source.random() < 0.3:
        ab["looks"] = 4
    return ab


def is_split(release: dict[str, Any]) -> bool:
    """Whether requests are split or copied, which the gateway does."""
    return bool(release.get("strategy", {}).keys() & {"canary", "shadow", "ab"})
