"""What a test report measured, for whoever judges the version by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.deployment import VersionEvidence


def with_measures(found: VersionEvidence, report: Mapping[str, Any]) -> VersionEvidence:
    """Add what the report measured; parts that are not there, or not numbers, stay unknown."""
    measured, examples = report.get("measured"), report.get("examples")
    latency = _number_map(measured, "latency")
    p50, p95, p99 = (latency.get(name, 0.0) / 1000 for name in ("p50", "p95", "p99"))
    return found._replace(
        examples=len(examples) if isinstance(examples, list) else 0,
        latency=(p50, p95, p99),
        throughput=_number_map(measured, "throughput").get("perSecond", 0.0),
    )


def _number_map(value: Any, key: str) -> dict[str, float]:
    part = value.get(key) if isinstance(value, dict) else None
    items = part.items() if isinstance(part, dict) else ()
    return {name: float(n) for name, n in items if type(n) in (int, float)}
