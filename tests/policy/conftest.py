from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.streams import Streams, run_here
from policy.rules import change_project

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty pack in the working directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pack"
    folder.mkdir()
    return folder.relative_to(tmp_path)


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Streams]:
    """Run a command in this process."""
    return lambda *arguments: run_here(arguments, capsys, monkeypatch)


@pytest.fixture
def fleet(pack: Path) -> Path:
    """The living fleet, judged by the pack alone; the folder of its specs."""
    shutil.copytree(REPOSITORY / "specs", "specs")
    change_project(policies=[f"../{pack}"], severity={})
    return Path("specs")
