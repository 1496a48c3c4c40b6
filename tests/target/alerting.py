"""Deployments with SLOs, and the groups of rules that they are rendered to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from target.released import SLOS, STRATEGIES, compiled, of, spec

from fairway.plan.model import Plan

STABLE, CANDIDATE = "fraud_fraud-3-1-0_80", "fraud_fraud-3-2-0_80"
GATEWAYS = ("envoy-gateway", "contour", "cilium", "istio", "traefik", "nginx")
# Traefik's default buckets end at 100 ms and 300 ms, the others' at 250 ms.
BOUNDS = {"traefik": "300ms"}


def slos(**changes: Any) -> dict[str, Any]:
    """Return the SLOs as a copy of its own, the second with ``changes``."""
    first, second = SLOS["slos"]
    return {**SLOS, "slos": [{**first}, {**second, **changes}]}


def rendered(
    root: Path, strategy: str, implementation: str = "contour", **parts: Any
) -> tuple[Plan, list[dict[str, Any]]]:
    """The plan and the groups of rules of a deployment with SLOs."""
    parts.setdefault("monitoring", slos(threshold=BOUNDS.get(implementation, "250ms")))
    gateway = {"name": "public", "namespace": "edge", "implementation": implementation}
    given = spec(STRATEGIES[strategy], **parts)
    if implementation == "nginx" and strategy == "canary":
        del given.document["release"]["strategy"]["canary"]["gates"]  # it counts nothing for them
    plan, objects = compiled(root, given, targets=["docker", "prometheus"], gateway=gateway)
    (rules,) = of(objects, "PrometheusRule").values()
    return plan, rules["spec"]["groups"]
