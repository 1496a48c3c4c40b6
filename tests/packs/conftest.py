"""Projects that name packs from elsewhere, a cache of their own, and servers of packs."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packs.git_server import GIT, Repository
from resolve.oci.registry_server import PROGRAM, Pusher, RegistryServer

from fairway.finding import Finding
from fairway.images.file import read_project_lock
from fairway.locking.packs import How, PackRun
from fairway.pack.folders import PackFolder, pack_folders
from fairway.project import load_project
from fairway.resolve.sources import Sources
from fairway.resolve.store import Store

_NAMES = itertools.count()
RULES: dict[str, str | bytes | None] = {
    "pack.yaml": "name: ml\n",
    "README.md": "# Rules\n",
    "security/signed.yaml": "title: signed\n",
    "testing/fresh.yaml": "title: fresh\n",
}
PROJECT = """\
apiVersion: fairway.dev/v1
kind: Project
environments:
  staging: {{cluster: staging, namespace: ml, workload: kubernetes}}
registry: registry.example.com/ml
images:
  python: docker.io/library/python:3.12-slim@sha256:{zeros}
policies: {policies}
"""


class Ran(NamedTuple):
    """What a run of the lock command's part for packs said and found."""

    lines: list[str]
    findings: list[Finding]

    @property
    def rules(self) -> list[str]:
        return [finding.rule for finding in self.findings]

    @property
    def only(self) -> Finding:
        (finding,) = self.findings
        return finding


class Packs:
    """A project whose ``policies`` a test decides; ``cache`` is the cache directory."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self.cache = cache
        self.names: list[str] = []

    def name(self, *names: str) -> None:
        self.names = list(names)
        text = PROJECT.format(policies=json.dumps(self.names), zeros="0" * 64)
        (self.root / "fairway.yaml").write_text(text)

    def lock(self, **how: Any) -> Ran:
        loaded = load_project(str(self.root / "fairway.yaml"))
        if loaded.findings:
            return Ran([], list(loaded.findings))
        run = PackRun(loaded, How(**how))
        with Sources(Store(self.cache)) as sources:
            return Ran(run.lock(sources), run.findings)

    def folders(self) -> list[PackFolder]:
        lock = read_project_lock(self.root / "fairway.lock.json")
        return pack_folders(self.names, str(self.root), lock)

    @property
    def locked(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "fairway.lock.json").read_text())
        policies: dict[str, Any] = found["policies"]
        return policies


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packs:
    if GIT is None:
        pytest.skip("git is not installed")
    root, cache = tmp_path / "project", tmp_path / "cache"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(cache))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return Packs(root, cache)


@pytest.fixture
def repository(packs: Packs, tmp_path: Path) -> Repository:
    """A repository with the rules in it, on the branch ``main`` and under the tag ``v1``."""
    made = Repository(tmp_path / "served" / "policies.git")
    made.commit(RULES)
    made.git("tag", "-a", "v1", "-m", "first")
    return made


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    if PROGRAM is None:
        pytest.skip("docker-registry is not installed (Debian: apt-get install docker-registry)")
    running = RegistryServer(tmp_path_factory.mktemp("registry"))
    yield running
    running.stop()


@pytest.fixture
def pusher(server: RegistryServer) -> Iterator[Pusher]:
    """A repository of the registry that no other test has."""
    opened = Pusher(server.host, f"policies/test-{next(_NAMES)}")
    yield opened
    opened.close()


@pytest.fixture
def empty_cache(packs: Packs) -> Callable[[], None]:
    """Remove everything that was kept, as on a fresh machine."""
    return lambda: shutil.rmtree(packs.cache)
