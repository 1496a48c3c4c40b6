"""The fleet of ``specs/``, compiled once."""

from __future__ import annotations

from pathlib import Path

import pytest
from artifacts.objects import Manifest, compile_specs, manifests

from fairway.artifact import Artifact

SPECS = Path(__file__).resolve().parents[2] / "specs"


@pytest.fixture(scope="session")
def fleet_artifacts() -> list[Artifact]:
    return [artifact for compiled in compile_specs(SPECS) for artifact in compiled.artifacts]


@pytest.fixture(scope="session")
def fleet_manifests(fleet_artifacts: list[Artifact]) -> list[Manifest]:
    return manifests(fleet_artifacts)
