"""Deployments whose models are trained, or misbehave, and runs of ``fairway test`` over them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from workspace import PROJECT, digest, yaml_text

from fairway.evidence.command import EvidenceRun, Options
from fairway.evidence.isolation.sandbox import Limits
from fairway.evidence.isolation.serving import Load
from fairway.finding import Diagnostic
from fairway.fleet import Fleet
from fairway.lock.digest import digest_files, root_digest

NOW = "2026-11-01T09:00:00Z"
LITTLE = Load(warmup=2, requests=20, connections=1, seconds=0.1)
LIMITS = Limits(memory=4 << 30, seconds=60)
ROWS = 300

CONTRACT: dict[str, Any] = {
    "inputs": [
        {
            "name": "features",
            "datatype": "FP64",
            "shape": [-1, 2],
            "columns": [{"name": "income", "min": -50, "max": 50}, {"name": "debt"}],
        }
    ],
    "outputs": [
        {"name": "default", "datatype": "INT64", "shape": [-1]},
        {
            "name": "probability",
            "datatype": "FP64",
            "shape": [-1, 2],
            "method": "predict_proba",
        },
    ],
    "examples": [
        {
            "name": "rich",
            "inputs": {"features": [[40.0, -5.0]]},
            "outputs": {"default": [0]},
        }
    ],
}


def holdout(rows: int = ROWS, seed: int = 3) -> pd.DataFrame:
    """Rows whose default follows income and debt with noise; a country and an age to group by."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"income": random.normal(0, 5, rows).round(4), "debt": random.normal(0, 5, rows).round(4)}
    )
    frame["country"] = random.choice(["DE", "FR", "LU"], rows, p=[0.6, 0.35, 0.05])
    frame["age"] = random.integers(18, 90, rows)
    noise = random.normal(0, 3, rows)
    frame["default"] = (frame["debt"] - frame["income"] + noise > 0).astype(int)
    return frame


def trained(strength: float = 1.0, columns: int = 2) -> LogisticRegression:
    """A model of other rows of the same kind; with one column it does not look at debt."""
    frame = holdout(600, seed=7)
    features = frame[["income", "debt"]].to_numpy()
    features[:, columns:] = 0
    return LogisticRegression(C=strength).fit(features, frame["default"].to_numpy())


@dataclass
class Deployment:
    """A deployment in a project of its own; ``lay_out`` writes what it says."""

    root: Path
    name: str = "credit"
    metrics: list[dict[str, Any]] = field(default_factory=lambda: [{"name": "roc_auc", "min": 0.8}])
    contract: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(CONTRACT)))
    format: str = "joblib"
    entrypoint: str | None = None
    release: dict[str, Any] = field(default_factory=lambda: {"stable": "1.0.0"})
    max_age: str | None = None
    scan: bool = True
    versions: list[str] = field(default_factory=lambda: ["1.0.0"])

    @property
    def folder(self) -> Path:
        return self.root / "specs" / self.name

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    def model(self, version: str) -> Path:
        path = self.folder / "models" / version
        path.mkdir(parents=True, exist_ok=True)
        return path

    def joblib(self, **models: Any) -> Deployment:
        """Save models by version, with ``_`` for the dots."""
        self.versions = [name.strip("v").replace("_", ".") for name in models]
        for version, model in zip(self.versions, models.values(), strict=True):
            joblib.dump(model, self.model(version) / "model.joblib")
        return self

    def python(self, code: str) -> Deployment:
        """Make the model a class of its own, written in ``code``."""
        self.format, self.entrypoint = "python", "model.py:Model"
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "model.py").write_text(code, "utf-8")
        (self.model("1.0.0") / "weights.json").write_text("{}", "utf-8")
        return self

    def data(self, frame: pd.DataFrame | None = None) -> Path:
        path = self.folder / "data" / "holdout.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        (holdout() if frame is None else frame).to_csv(path, index=False)
        return path

    def lay_out(self) -> Deployment:
        """Write the project, the spec and its lock, and the data set unless it is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.root / "specs" / "fairway.yaml").write_text(yaml_text(PROJECT), "utf-8")
        contract = json.dumps(self.contract).encode()
        (self.folder / "contract.json").write_bytes(contract)
        if not (self.folder / "data").is_dir():
            self.data()
        (self.folder / "deployment.yaml").write_text(yaml_text(self._spec()), "utf-8")
        self.write_lock(contract)
        return self

    def write_lock(self, contract: bytes) -> None:
        versions = {}
        for name in self.versions:
            files = digest_files(self.model(name))
            versions[name] = {
                "uri": f"./models/{name}",
                "digest": root_digest(files),
                "files": [
                    {"path": f.path, "size": f.size, "digest": f"sha256:{f.sha256}"} for f in files
                ],
                "contract": {"path": "contract.json", "digest": digest(contract)},
            }
            if self.scan:
                versions[name]["scan"] = {"result": "clean", "scanner": "tests"}
        lock = {"lockVersion": 1, "versions": versions}
        (self.folder / "deployment.lock.json").write_text(json.dumps(lock), "utf-8")

    def _spec(self) -> dict[str, Any]:
        model = {"framework": "sklearn", "format": self.format}
        if self.entrypoint:
            model |= {"framework": "python", "entrypoint": self.entrypoint}
        evidence: dict[str, Any] = {"dataset": "data/holdout.csv", "metrics": self.metrics}
        if self.max_age:
            evidence["maxAge"] = self.max_age
        strategy = {"blueGreen": {"active": "stable"}}
        if "candidate" not in self.release:
            strategy = {"rolling": {"surge": 1, "unavailable": 0}}
        return {
            "apiVersion": "fairway.dev/v1",
            "kind": "ModelDeployment",
            "metadata": {"name": self.name, "team": "payments", "owners": ["@payments-ml"]},
            "model": model,
            "versions": {name: f"./models/{name}" for name in self.versions},
            "serving": {
                "resources": {"cpu": "100m", "memory": "256Mi"},
                "scaling": {"min": 1, "max": 2},
                "traffic": {"expected": "1/s", "peak": "2/s", "timeout": "1s"},
            },
            "release": {**self.release, "strategy": strategy},
            "evidence": evidence,
        }

    def test(self, **options: Any) -> Run:
        """Run ``fairway test`` over the deployment, in this process."""
        given = {"now": NOW, "load": LITTLE, "limits": LIMITS, **options}
        run = EvidenceRun(Fleet([str(self.folder)]), Options(**given))
        lines = list(run.each())
        return Run(self, lines, run.diagnostics())

    def report(self, version: str = "1.0.0") -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.evidence / f"{version}.report.json").read_bytes())
        return value

    def statement(self, version: str = "1.0.0") -> dict[str, Any]:
        path = self.evidence / f"{version}.test-result.json"
        value: dict[str, Any] = json.loads(path.read_bytes())
        return value

    def written(self) -> list[str]:
        return (
            sorted(path.name for path in self.evidence.iterdir()) if self.evidence.exists() else []
        )


@dataclass
class Run:
    """What a run said and found."""

    deployment: Deployment
    lines: list[str]
    diagnostics: list[Diagnostic]

    @property
    def rules(self) -> list[str]:
        return [diagnostic.rule for diagnostic in self.diagnostics]

    @property
    def only(self) -> Diagnostic:
        assert len(self.diagnostics) == 1, [d.message for d in self.diagnostics]
        return self.diagnostics[0]
