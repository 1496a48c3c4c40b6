"""What generated specs say: plausible deployments, different in everything that a spec may vary.

Every spec uses only what the targets ``kubernetes`` and ``gateway-api`` express, so that each
of them is free of findings.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from release_values import draw_release, is_split
from yaml_style import Alias, Anchor

_TEAMS = (
    "payments", "risk", "logistics", "search", "pricing", "oncology", "claims", "energy",
    "mailroom", "growth", "support", "fleet-ops", "underwriting", "storefront",
)  # fmt: skip
_SUBJECTS = (
    "fraud", "churn", "demand", "parcel", "tumour", "claim", "load", "price", "ticket", "query",
    "digit", "credit", "route", "stock", "lead", "outage", "return", "basket", "sepsis", "turbine",
)  # fmt: skip
_TASKS = (
    "detector", "forecast", "ranker", "screening", "scorer", "router", "reader", "progression",
    "classifier", "estimator",
)  # fmt: skip
_NAMESPACES = (
    "checkout", "sorting", "pathology", "care-planning", "web", "mobile", "batch-jobs", "crm",
)  # fmt: skip
_KINDS = (
    ("sklearn", "skops", 9), ("sklearn", "onnx", 3), ("sklearn", "joblib", 2), ("onnx", "onnx", 4),
    ("python", "python", 2), ("tensorflow", "savedmodel", 1), ("xgboost", "joblib", 1),
)  # fmt: skip
COMMENTS = (
    "see the runbook",
    "raised after the load test: p99 was too close to the limit",
    "the platform team asked for this",
    "TODO: lower it again when the cache is back",
    "half of what the old service needed",
    "größer wäre Verschwendung",
    "as agreed with checkout: 100% of calls, no retries",
)


@dataclass(frozen=True, slots=True)
class GeneratedSpec:
    """A spec's values, and what its files must be: each version's format, and the contracts."""

    name: str
    values: dict[str, Any]
    formats: dict[str, str]
    contracts: tuple[str, ...]
    python: bool
    requirements: bool = field(default=False)


def generate_spec(source: random.Random, index: int) -> GeneratedSpec:
    """Return the spec number ``index`` of a fleet; its name holds that number, so it is unique."""
    name = f"{source.choice(_SUBJECTS)}-{source.choice(_TASKS)}-{index:05d}"
    team = source.choice(_TEAMS)
    framework, form, _ = source.choices(_KINDS, [share for _, _, share in _KINDS])[0]
    # What our own server does not serve brings an image of its own; others sometimes do.
    ready_made = form == "savedmodel" or source.random() < 0.06
    versions, formats, contracts = _versions(source, framework, form)
    python, requirements = framework == "python", framework == "python" and source.random() < 0.5
    model: dict[str, Any] = {"framework": framework, "format": form}
    if source.random() < 0.5:
        model["contract"] = "contract.json"
    if python:
        model["entrypoint"] = "model.py:Model"
    if requirements:
        model["requirements"] = "requirements.txt"
    if source.random() < 0.7:
        model["risk"] = source.choice(("low", "medium"))
    expected = source.choice((2, 5, 20, 40, 150, 600))
    release = draw_release(source, list(versions), expected)
    values: dict[str, Any] = {
        "apiVersion": "fairway.dev/v1",
        "kind": "ModelDeployment",
        "metadata": _metadata(source, name, team),
    }
    sections = {
        "model": model,
        "versions": versions,
        "serving": _serving(source, name, ready_made, expected, split=is_split(release)),
        "release": release,
        "evidence": _evidence(source),
    }
    order = list(sections)
    if source.random() < 0.2:
        source.shuffle(order)
    values |= {key: sections[key] for key in order}
    overrides = _environments(source, release)
    if overrides is not None:
        values["environments"] = overrides
    return GeneratedSpec(name, values, formats, contracts, python, requirements)


def _metadata(source: random.Random, name: str, team: str) -> dict[str, Any]:
    owners = [f"@{team}-ml"]
    if source.random() < 0.4:
        owners.append(f"{team}@example.com")
    metadata: dict[str, Any] = {"name": name, "team": team, "owners": owners}
    chance = source.random()
    words = name.rsplit("-", 1)[0].replace("-", " ")
    if chance < 0.5:
        metadata["description"] = f"The {words} of the {team} team."
    elif chance < 0.85:
        metadata["description"] = (
            f"The {words}: answers each request of the {team} team with a score from 0 to 1,"
            f' and says "unknown" where fewer than {source.randint(2, 9)} inputs are given.'
        )
    return metadata


def _versions(
    source: random.Random, framework: str, form: str
) -> tuple[dict[str, Any], dict[str, str], tuple[str, ...]]:
    style = source.choice(("semantic", "semantic", "semantic", "short", "date"))
    names = [_version(source, style, index) for index in range(source.choice((1, 2, 2, 2, 3, 4)))]
    versions: dict[str, Any] = {}
    formats: dict[str, str] = {}
    contracts = ["contract.json"]
    for index, name in enumerate(names):
        uri = f"./models/{name}"
        formats[name] = form
        versions[name] = uri
        if index and framework == "sklearn" and form == "skops" and source.random() < 0.1:
            versions[name] = {"uri": uri, "format": "onnx"}
            formats[name] = "onnx"
        elif index and source.random() < 0.08:
            versions[name] = {"uri": uri, "contract": "contract-2.json"}
            contracts = ["contract.json", "contract-2.json"]
        elif source.random() < 0.1:
            versions[name] = {"uri": uri}
    return versions, formats, tuple(contracts)


def _version(source: random.Random, style: str, index: int) -> str:
    if style == "date":
        return f"2026-{index + 1:02d}-{source.randint(1, 28):02d}"
    if style == "short":
        return f"{index + 1}.{source.randint(0, 12)}"
    return f"{index + 1}.{source.randint(0, 12)}.{source.randint(0, 30)}"


def _serving(
    source: random.Random, name: str, ready_made: bool, expected: int, *, split: bool
) -> dict[str, Any]:
    serving: dict[str, Any] = {}
    if ready_made:
        serving["runtime"] = "image"
        serving["image"] = _image(source)
    if source.random() < 0.25:
        serving["port"] = source.choice((8000, 8081, 9000, 9090))
    serving["resources"] = {
        "cpu": source.choice(("100m", "250m", "500m", "1500m", 1, 2, 0.5)),
        "memory": source.choice(("256Mi", "512Mi", "1Gi", "2Gi", "1536Mi", "2G")),
    }
    serving["scaling"] = _scaling(source)
    traffic = {"expected": f"{expected}/s", "peak": f"{expected * source.randint(2, 4)}/s"}
    if source.random() < 0.6:
        traffic["timeout"] = source.choice(("250ms", "1s", "1500ms", "2s", "1m30s"))
    serving["traffic"] = traffic
    serving |= _reach(source, name, split=split)
    if source.random() < 0.25:
        serving["secrets"] = [
            {"name": variable, "from": f"{variable.lower().replace('_', '-')}/token"}
            for variable in source.sample(("FEATURE_STORE", "GEO_SERVICE", "LICENCE"), 2)
        ]
    return serving


def _image(source: random.Random) -> dict[str, Any]:
    image: dict[str, Any] = {
        "repository": f"registry.example.com/ml/{source.choice(_SUBJECTS)}-server",
        "tag": f"{source.randint(1, 4)}.{source.randint(0, 9)}.{source.randint(0, 9)}",
        "digest": f"sha256:{source.randbytes(32).hex()}",
    }
    if source.random() < 0.5:
        image["paths"] = {"ready": "/healthz/ready", "live": "/healthz/live"}
    return image


def _scaling(source: random.Random) -> dict[str, Any]:
    least = source.randint(2, 4)
    scaling: dict[str, Any] = {"min": least}
    if source.random() < 0.8:
        scaling["max"] = least + source.randint(0, 12)
        if source.random() < 0.6:
            scaling["metric"] = "cpu"
            scaling["target"] = source.choice(("60%", "70%", "75%", "80 %"))
    return scaling


def _reach(source: random.Random, name: str, *, split: bool) -> dict[str, Any]:
    callers: list[dict[str, Any]] = [
        {"namespace": namespace} for namespace in source.sample(_NAMESPACES, source.randint(1, 3))
    ]
    reach: dict[str, Any] = {"callers": callers}
    if split or source.random() < 0.3:
        # Whoever calls the service itself would pass no split.
        reach["callers"] = callers = [*(() if split else callers), {"gateway": "internal"}]
        reach["hosts"] = [f"{name}.ml.example.com"]
        if source.random() < 0.15:
            reach["hosts"].append(f"{name}.internal.example.com")
        reach["auth"] = {"none": "the gateway is internal, and admits known clients only"}
    if source.random() < 0.35:
        reach["egress"] = [{"namespace": "features", "port": 6566}]
        if source.random() < 0.4:
            reach["egress"].append({"cidr": f"10.{source.randint(0, 99)}.0.0/16", "port": 5432})
    return reach


def _evidence(source: random.Random) -> dict[str, Any]:
    metrics: list[dict[str, Any]] = [
        {"name": source.choice(("roc_auc", "accuracy", "r2")), "min": source.choice((0.7, 0.93))}
    ]
    if source.random() < 0.4:
        metrics.append({"name": "recall", "min": 0.8, "slice": {"by": "country", "worst": 0.7}})
    if source.random() < 0.3:
        metrics.append({"name": "latency-p95", "max": "50ms"})
    evidence: dict[str, Any] = {"dataset": "data/holdout.csv", "metrics": metrics}
    if source.random() < 0.4:
        evidence["maxAge"] = source.choice(("30d", "12w"))
    return evidence


def _environments(source: random.Random, release: dict[str, Any]) -> dict[str, Any] | None:
    """Return overrides for the two environments, or None where a spec does without any."""
    chance = source.random()
    if chance < 0.2:
        return None
    small: dict[str, Any] = {"serving": {"scaling": {"min": 1, "max": source.randint(1, 2)}}}
    if chance < 0.35:
        return {"production": {}}
    if chance < 0.45:
        small["serving"]["scaling"]["min"] = small["serving"]["scaling"]["max"] = 2
        return {"staging": Anchor("small", small), "production": Alias("small")}
    if chance < 0.6:
        scaling = Anchor("two", {"min": 2, "max": 2})
        smaller = {"serving": {"scaling": Alias("two"), "resources": {"memory": "256Mi"}}}
        return {"staging": {"serving": {"scaling": scaling}}, "production": smaller}
    if "blueGreen" in release.get("strategy", {}) and chance < 0.8:
        small["release"] = {"strategy": {"blueGreen": {"active": "candidate"}}}
    elif "candidate" in release and chance < 0.9:
        stable = release["candidate"]
        small["release"] = {"stable": stable, "candidate": None, "strategy": {"rolling": {}}}
        if "handover" in release:
            small["release"]["handover"] = None
    return {"staging": small, "production": {}}
