from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cases.run_case import BASE, lay_out
from cli.streams import Streams, run_here


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one right deployment, as the working directory."""
    lay_out(BASE, tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def broken(project: Path) -> Path:
    """The project with one fault in its spec."""
    spec = project / "specs/churn/deployment.yaml"
    spec.write_text(spec.read_text("utf-8").replace("team: growth", "team: 7"), "utf-8")
    return project


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Streams]:
    """Run a command in this process."""

    def run(*arguments: str) -> Streams:
        return run_here(arguments, capsys, monkeypatch)

    return run
