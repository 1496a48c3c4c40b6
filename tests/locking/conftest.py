"""A project whose versions are in an MLflow registry, filled as the fleet's own script does."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from resolve.mlflow_env import NotInstalledError, make
from resolve.mlflow_server import Mlflow, running
from resolve.oci.registry_server import PROGRAM, RegistryServer

from fairway.cli import cli

ROOT = Path(__file__).parents[2]
NAME = "wine-cultivar"
COMMITTED = "http://127.0.0.1:5000"
"""The registry's address in the fleet's own project file."""


class Project(NamedTuple):
    """A folder with one deployment of the fleet, and commands that run in it."""

    root: Path

    @property
    def deployment(self) -> Path:
        return self.root / "specs" / NAME

    @property
    def lock(self) -> bytes:
        return self.lock_of(NAME)

    def lock_of(self, name: str) -> bytes:
        return (self.root / "specs" / name / "deployment.lock.json").read_bytes()

    def versions(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.lock)["versions"]
        return found

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)

    def edit(self, file: str, before: str, after: str) -> None:
        path = self.root / "specs" / file
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after), "utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """Return a project whose registry is at a given address, with a cache of its own."""
    shutil.copytree(ROOT / "specs" / NAME, tmp_path / "specs" / NAME)
    text = (ROOT / "specs" / "fairway.yaml").read_text("utf-8")
    text = text.replace("policies: [builtin]", "policies: []")  # what is locked is the matter here
    (tmp_path / "specs" / "fairway.yaml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def at(url: str) -> Project:
        made = Project(tmp_path)
        made.edit("fairway.yaml", COMMITTED, url)
        return made

    return at


@pytest.fixture(scope="session")
def mlflow_python() -> Path:
    try:
        return make()
    except NotInstalledError as error:
        pytest.skip(f"MLflow cannot be installed: {error}")


@pytest.fixture
def mlflow(mlflow_python: Path, tmp_path: Path) -> Iterator[Mlflow]:
    """A server that holds what the committed lock was made from."""
    folder = tmp_path / "mlflow"
    folder.mkdir()
    with running(mlflow_python, folder) as server:
        fill = [mlflow_python, ROOT / "specs" / "training" / "registry.py", "fill", server.url]
        subprocess.run(fill, check=True, capture_output=True, timeout=300)
        yield server


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RegistryServer]:
    if PROGRAM is None:
        pytest.skip("docker-registry is not installed (Debian: apt-get install docker-registry)")
    server = RegistryServer(tmp_path / "registry")
    yield server
    server.stop()
