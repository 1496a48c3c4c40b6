from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli.streams import Streams, run_here
from simulate.releases import CANARY, write_release


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Streams]:
    """Run a command in this process."""

    def run(*arguments: str) -> Streams:
        return run_here(arguments, capsys, monkeypatch)

    return run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a canary, as the working directory; the path is its spec's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return write_release(tmp_path, CANARY).relative_to(tmp_path)
