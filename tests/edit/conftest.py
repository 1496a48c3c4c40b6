from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cases.run_case import BASE, lay_out
from cli.streams import Streams, run_here


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spec of a right project, whose folder is the working directory."""
    lay_out(BASE, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "specs/churn/deployment.yaml"


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Streams]:
    """Run a command in this process."""

    def run(*arguments: str) -> Streams:
        return run_here(arguments, capsys, monkeypatch)

    return run
