"""A project with one deployment: the fleet's digit reader in an environment of containers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from workspace import Document, yaml_text

from fairway.local.choice import Choice, choose

ROOT = Path(__file__).parents[2]
FLEET = ROOT / "specs" / "digit-reader"
STABLE, CANDIDATE = "1.0.0", "1.1.0"
WORKLOADS = {STABLE: "digit-reader-1-0-0", CANDIDATE: "digit-reader-1-1-0"}

PROJECT: Document = {
    "apiVersion": "fairway.dev/v1",
    "kind": "Project",
    "environments": {
        "box": {
            "cluster": "box",
            "namespace": "ml",
            "workload": "compose",
            "router": "envoy",
            "targets": ["docker"],
        }
    },
    "registry": "registry.example.com/ml",
    "images": {
        "python": f"docker.io/library/python:3.12-slim@sha256:{'ab' * 32}",
        "envoy": f"docker.io/envoyproxy/envoy:distroless-v1.40.0@sha256:{'cd' * 32}",
    },
    "policies": [],
}
SERVING: Document = {
    "resources": {"cpu": "500m", "memory": "256Mi"},
    "scaling": {"min": 1},
    # Long, so that a slow machine makes no errors of its own.
    "traffic": {"expected": "100/s", "timeout": "20s"},
}


def document(strategy: Document, serving: Document | None = None, **release: Any) -> Document:
    """Return the spec with a release; without others it is of both versions."""
    versions = {"stable": STABLE, "candidate": CANDIDATE, **release}
    return {
        "apiVersion": "fairway.dev/v1",
        "kind": "ModelDeployment",
        "metadata": {"name": "digit-reader", "team": "mailroom", "owners": ["@mailroom-ml"]},
        "model": {"framework": "onnx", "format": "onnx"},
        "versions": {version: f"./models/{version}" for version in (STABLE, CANDIDATE)},
        "serving": {**SERVING, **(serving or {})},
        "release": {**{k: v for k, v in versions.items() if v}, "strategy": strategy},
    }


def write(root: Path, spec: Document, project: Document = PROJECT) -> Path:
    """Write the project with the spec below ``root``, or another spec into it; return its path."""
    folder = root / "digit-reader"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        (root / "fairway.yaml").write_text(yaml_text(project))
        for name in ("contract.json", "deployment.lock.json"):
            shutil.copyfile(FLEET / name, folder / name)
        shutil.copytree(FLEET / "models", folder / "models")
    path = folder / "deployment.yaml"
    beside = path.with_suffix(".new")
    beside.write_text(yaml_text(spec))
    beside.replace(path)
    return path


def chosen(
    root: Path, strategy: Document, serving: Document | None = None, **release: Any
) -> Choice:
    """Return the release as a run would choose it."""
    found = choose(str(write(root, document(strategy, serving, **release))), None)
    assert found.choice is not None, [each.message for each in found.diagnostics]
    return found.choice


def canary(*weights: str, **fields: Any) -> Document:
    """Return a canary that holds each weight for a minute."""
    steps = [{"weight": weight, "hold": "1m"} for weight in weights]
    return {"canary": {"step": 1, "steps": steps, **fields}}
