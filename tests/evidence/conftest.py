"""Deployments in folders of their own, and one that was tested, which many tests look at."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evidence.deployments import Deployment, Run, trained


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Deployment]:
    """Make a deployment in the working directory."""
    monkeypatch.chdir(tmp_path)

    def make(**fields: Any) -> Deployment:
        return Deployment(Path(), **fields)

    return make


@pytest.fixture(scope="session")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two versions that were tested: one misses a bound, and the candidate keeps all of them."""
    root = tmp_path_factory.mktemp("tested")
    made = Deployment(
        root,
        metrics=[
            {"name": "roc_auc", "min": 0.85, "positive": 1},
            {
                "name": "recall",
                "min": "60%",
                "positive": 1,
                "slice": {"by": "country", "worst": 0.5},
            },
            {"name": "balanced_accuracy", "min": 0.5, "slice": {"by": "age", "worst": 0.5}},
            {"name": "latency-p95", "max": "5s"},
        ],
        release={"stable": "1.0.0", "candidate": "1.1.0"},
        max_age="30d",
    )
    made.joblib(v1_0_0=trained(columns=1), v1_1_0=trained()).lay_out()
    before = Path.cwd()
    os.chdir(root)
    try:
        return made.test()
    finally:
        os.chdir(before)
