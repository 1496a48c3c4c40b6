"""What is known of a version's evidence, for whoever judges the version by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class VersionEvidence(NamedTuple):
    """The evidence of one version: ``counts`` when nothing speaks against it.

    ``result`` is PASSED, WARNED or FAILED and ``time`` when it was made, as far as they could be
    read; ``key_id`` is the trusted key that signed it. WARNED says that the version is worse than
    stable by more than chance explains. ``examples`` is how many of the contract's were tried;
    ``latency`` (p50, p95, p99 in seconds) and ``throughput`` (requests per second) are what one
    server measured, 0 where they are not known.
    """

    present: bool = False
    counts: bool = False
    result: str = ""
    time: datetime | None = None
    key_id: str = ""
    examples: int = 0
    latency: tuple[float, float, float] = (0.0, 0.0, 0.0)
    throughput: float = 0.0


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
