"""A deployment in each of the five strategies, compiled for an environment of one's choice."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from workspace import PROJECT, Document, GeneratedSpec, Workspace

from fairway.finding import Finding
from fairway.plan.model import Plan

Object = dict[str, Any]

CANARY: Document = {
    "canary": {
        "step": 1,
        "steps": [{"weight": "5%", "hold": "30m"}, {"weight": "25%", "hold": "1h"}],
        "gates": [{"metric": "error-ratio", "max": "1%"}],
        "minRequests": 3000,
    }
}
SHADOW: Document = {"shadow": {"mirror": "25%", "compare": {"max": "2%", "tolerance": 1e-6}}}
AB: Document = {
    "ab": {
        "split": {"by": "header", "name": "x-cohort", "candidate": ["b"]},
        "weight": "10%",
        "metric": "conversion",
        "baseline": "5%",
        "effect": "0.5pp",
        "duration": "14d",
    }
}
SLOS: Document = {
    "slos": [
        {"name": "availability", "objective": "99.9%", "window": "30d"},
        {"name": "latency", "objective": "99%", "threshold": "250ms", "window": "30d"},
    ],
    "alerts": {"page": "pagerduty-risk", "ticket": "jira-risk"},
}
STRATEGIES: Mapping[str, Document] = {
    "rolling": {"rolling": {"surge": "25%", "unavailable": 0}},
    "blueGreen": {"blueGreen": {"active": "candidate"}},
    "canary": CANARY,
    "shadow": SHADOW,
    "ab": AB,
}


def spec(strategy: Document, name: str = "fraud", **parts: Any) -> GeneratedSpec:
    """A deployment of two versions; ``parts`` are merged over it, one level deep."""
    release: Document = {"stable": "3.1.0", "strategy": copy.deepcopy(strategy)}
    if "rolling" not in strategy:
        release["candidate"] = "3.2.0"
    document: Document = {
        "apiVersion": "fairway.dev/v1",
        "kind": "ModelDeployment",
        "metadata": {"name": name, "team": "risk", "owners": ["@ml"]},
        "model": {"framework": "sklearn", "format": "skops"},
        "versions": {"3.1.0": "./models/a", "3.2.0": "./models/b"},
        "serving": {
            "resources": {"cpu": "2", "memory": "1Gi", "gpu": 1},
            "scaling": {"min": 2, "max": 5, "metric": "memory", "target": "70%"},
            "callers": [{"gateway": "public"}, {"namespace": "checkout"}],
            "auth": {"none": "internal"},
            "egress": [{"namespace": "features", "port": 6566}],
            "secrets": [{"name": "TOKEN", "from": "store/token"}],
        },
        "release": release,
        "environments": {"production": {}},
    }
    for part, values in parts.items():
        document[part] = {**document.get(part, {}), **values}
    return GeneratedSpec(document)


def project(**changes: Any) -> Document:
    """A project of one environment, ``production``, with some of its keys changed."""
    place = {**PROJECT["environments"]["production"], **changes}
    return {**PROJECT, "environments": {"production": place}}


def compiled(root: Path, given: GeneratedSpec, **changes: Any) -> tuple[Plan, list[Object]]:
    """The plan and the objects of the manifest in ``production``."""
    made = Workspace(root, project(**changes)).compile(given)
    (plan,) = made.plans
    (text,) = (a.text for a in made.artifacts if a.path.endswith("/manifest.yaml"))
    return plan, list(yaml.safe_load_all(text))


def found(root: Path, given: GeneratedSpec, **changes: Any) -> tuple[Finding, ...]:
    """The findings of a spec in ``production``."""
    return Workspace(root, project(**changes)).check(given).findings


def of(objects: list[Object], kind: str) -> dict[str, Object]:
    """The objects of a kind by name."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}
