from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.streams import Streams, run_here

from fairway.waivers.file import LoadedWaivers, load_waivers

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in the working directory, with a spec that is not read."""
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "specs" / "churn" / "deployment.yaml"
    spec.parent.mkdir(parents=True)
    spec.write_text("serving: {}\n", "utf-8")
    (tmp_path / "specs" / "fairway.yaml").write_text("kind: Project\n", "utf-8")
    return spec.parent


@pytest.fixture
def load(folder: Path) -> Callable[..., LoadedWaivers]:
    """Write a file of waivers beside the spec, or in the project's folder, and read it."""

    def load(content: str | bytes, *, project: bool = False) -> LoadedWaivers:
        path = (folder.parent if project else folder) / "waivers.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_waivers(str(path.relative_to(Path.cwd())))

    return load


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The living fleet without policies; the spec whose evidence is too old, and misses a bound."""
    shutil.copytree(REPOSITORY / "specs", tmp_path / "specs")
    project = tmp_path / "specs" / "fairway.yaml"
    text = project.read_text("utf-8").replace("policies: [builtin]", "policies: []")
    project.write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "specs" / "tumour-screening" / "deployment.yaml"
    text = spec.read_text("utf-8").replace("min: 0.97,", "min: 0.999,")
    text = text.replace("maxAge: 90d", "maxAge: 1d")
    spec.write_text(text, "utf-8")
    return spec


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Streams]:
    """Run a command in this process."""
    return lambda *arguments: run_here(arguments, capsys, monkeypatch)
