"""Plans of small specs, made by the engine's own ways."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workspace import GATEWAY, PROJECT, Document, GeneratedSpec, Workspace

from fairway.plan.model import Plan

CANARY: Document = {
    "steps": [
        {"weight": "5%", "hold": "30m"},
        {"weight": "25%", "hold": "1h"},
        {"weight": "50%", "hold": "1h"},
    ],
    "gates": [
        {"metric": "error-ratio", "max": "1%"},
        {"metric": "latency-p95", "max": "200ms"},
        {"metric": "error-ratio", "against": "stable", "within": "0.5pp"},
    ],
    "minRequests": 3000,
}
AB: Document = {
    "split": {"by": "header", "name": "x-cohort", "candidate": ["beta", "gamma"]},
    "weight": "50%",
    "metric": "conversion",
    "baseline": "5%",
    "effect": "0.5pp",
    "duration": "14d",
}


def canary(**own: Any) -> Document:
    """Return a canary strategy."""
    return {"canary": {**CANARY, **own}}


def ab(**own: Any) -> Document:
    """Return an A/B strategy."""
    return {"ab": {**AB, **own}}


def spec_with(
    strategy: Document, *, candidate: bool = True, serving: Document | None = None, **parts: Any
) -> GeneratedSpec:
    """Return a spec with this strategy, version 1.0 stable and 2.0 on trial."""
    release: Document = {"stable": "1.0", "strategy": strategy}
    if candidate:
        release["candidate"] = "2.0"
    document: Document = {
        "apiVersion": "fairway.dev/v1",
        "kind": "ModelDeployment",
        "metadata": {"name": "scorer", "team": "team", "owners": ["@team"]},
        "model": {"framework": "onnx", "format": "onnx"},
        "versions": {"1.0": "./models/1.0", "2.0": "./models/2.0"},
        "serving": {
            "resources": {"cpu": "500m", "memory": "1Gi"},
            "scaling": {"min": 2, "max": 10},
            "traffic": {"expected": "40/s", "peak": "120/s"},
            "callers": [{"namespace": "checkout"}, {"gateway": GATEWAY}],
            **(serving or {}),
        },
        "release": {**release, **parts.pop("release", {})},
        "environments": {"staging": {}},
        **parts,
    }
    return GeneratedSpec(document)


def plan_of(
    root: Path, spec: GeneratedSpec, environment: Mapping[str, Any] | None = None, **project: Any
) -> Plan:
    """Return the plan of a spec for ``staging``, whose fields ``environment`` overrides."""
    staging = {**PROJECT["environments"]["staging"], **(environment or {})}
    environments = {**PROJECT["environments"], "staging": staging}
    workspace = Workspace(root, {**PROJECT, "environments": environments, **project})
    (plan,) = workspace.compile(spec).plans
    return plan
