from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli.streams import Streams, run_here
from stepping.setting import Repository


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Streams]:
    """Run a command in this process."""

    def run(*arguments: str) -> Streams:
        return run_here(arguments, capsys, monkeypatch)

    return run


@pytest.fixture
def repository(
    tmp_path: Path, run: Callable[..., Streams], monkeypatch: pytest.MonkeyPatch
) -> Repository:
    """A project in a git repository of its own, the working directory of the commands."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    return Repository(root, run, monkeypatch)
