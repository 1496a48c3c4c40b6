"""One deployment and its releases, compiled for each router."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from artifacts.objects import Manifest
from workspace import PROJECT, Document, GeneratedSpec, Workspace

from fairway.check import Checked
from fairway.plan.model import Plan

NAME = "scorer"
PROMETHEUS = "http://prometheus.monitoring:9090"
GATES: list[Document] = [
    {"metric": "error-ratio", "max": "1%"},
    {"metric": "latency-p95", "max": "200ms"},
    {"metric": "request-rate", "min": 0.25},
    {"metric": "error-ratio", "against": "stable", "within": "0.5pp"},
    {"metric": "latency-p95", "against": "stable", "withinRelative": "10%"},
]
STEPS = [{"weight": "5%", "hold": "30m"}, {"weight": "25%", "hold": "1h"}]
EVEN_STEPS = [{"weight": "5%", "hold": "30m"}, {"weight": "25%", "hold": "30m"}]


def canary(**fields: Any) -> Document:
    """Return a canary with five gates; ``fields`` replace its own."""
    return {"canary": {"steps": STEPS, "gates": GATES, "minRequests": 3000, **fields}}


def even_canary(**fields: Any) -> Document:
    """Return a canary that Flagger can express too."""
    return canary(**{"steps": EVEN_STEPS, "interval": "30m", **fields})


def ab(by: str, name: str, *values: str) -> Document:
    """Return an experiment."""
    split = {"by": by, "name": name, "candidate": list(values)}
    return {"ab": {"split": split, "weight": "10%", "metric": "conversion", "baseline": "5%",
                   "effect": "0.5pp", "duration": "14d"}}  # fmt: skip


def spec(strategy: Document, candidate: str | None = "2.0", **serving: Any) -> GeneratedSpec:
    """Return the deployment with a release; ``serving`` replaces fields of that part."""
    release: Document = {"stable": "1.0", "strategy": strategy}
    if candidate is not None:
        release["candidate"] = candidate
    return GeneratedSpec(
        {
            "apiVersion": "fairway.dev/v1",
            "kind": "ModelDeployment",
            "metadata": {"name": NAME, "team": "ml", "owners": ["@ml"]},
            "model": {"framework": "onnx", "format": "onnx"},
            "versions": {"1.0": "./models/1", "2.0": "./models/2"},
            "serving": {
                "resources": {"cpu": "500m", "memory": "1Gi"},
                "scaling": {"min": 2, "max": 6},
                "callers": [{"gateway": "public"}, {"namespace": "shop"}],
                "hosts": ["scorer.example.com"],
                "auth": {"none": "an example"},
                "traffic": {"timeout": "2500ms"},
                **serving,
            },
            "release": release,
        }
    )


@dataclass(frozen=True)
class Rendered:
    """What a spec became: its plan, and the objects of its manifest."""

    plan: Plan
    manifest: Manifest

    def one(self, kind: str, name: str = NAME) -> Document:
        """Return the object of that kind and name."""
        return self.manifest.named(kind, name)

    def kinds(self) -> list[str]:
        """Return the kinds in the order of the manifest."""
        return [item["kind"] for item in self.manifest.objects]


@dataclass
class Places:
    """Workspaces by router and by what runs its gateway, made when they are asked for."""

    root: Path
    made: dict[tuple[str, ...], Workspace] = field(default_factory=dict)

    def workspace(
        self, router: str, implementation: str, prometheus: str = PROMETHEUS
    ) -> Workspace:
        """Return the workspace of one environment."""
        key = (router, implementation, prometheus)
        if key not in self.made:
            folder = self.root / f"{len(self.made)}"
            self.made[key] = Workspace(folder / "specs", project(*key))
        return self.made[key]

    def check(self, router: str, made: GeneratedSpec, gateway: str = "istio") -> Checked:
        """Return what is found about a spec."""
        return self.workspace(router, gateway).check(made)

    def render(self, router: str, made: GeneratedSpec, gateway: str = "istio") -> Rendered:
        """Return a spec, compiled; a finding is an error here."""
        compiled = self.workspace(router, gateway).compile(made)
        (plan,) = compiled.plans
        (text,) = (a.text for a in compiled.artifacts if a.path.endswith("/manifest.yaml"))
        objects = tuple(yaml.load_all(text, yaml.CSafeLoader))
        return Rendered(plan, Manifest("manifest.yaml", objects))


def project(router: str, implementation: str, prometheus: str) -> Document:
    """Return a project with one environment."""
    made = copy.deepcopy(PROJECT)
    place: Document = made["environments"].pop("staging")
    gateway: Mapping[str, str] = {**place["gateway"], "implementation": implementation}
    place |= {"router": router, "gateway": gateway}
    if prometheus:
        place["prometheus"] = {"address": prometheus}
    made["environments"] = {"staging": place}
    return made
