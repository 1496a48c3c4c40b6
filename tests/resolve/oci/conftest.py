"""A registry on the loopback, repositories in it, and a source with a cache of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from resolve.oci.registry_server import PROGRAM, Pusher, RegistryServer

from fairway.resolve.http import Http, HttpOptions
from fairway.resolve.oci.docker_config import DockerConfig
from fairway.resolve.oci.registry import Registry
from fairway.resolve.oci.source import OciSource
from fairway.resolve.store import Store

_NAMES = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    if PROGRAM is None:
        pytest.skip("docker-registry is not installed (Debian: apt-get install docker-registry)")
    running = RegistryServer(tmp_path_factory.mktemp("registry"))
    yield running
    running.stop()


@pytest.fixture
def pusher(server: RegistryServer) -> Iterator[Pusher]:
    """A repository that no other test has."""
    opened = Pusher(server.host, f"models/test-{next(_NAMES)}")
    yield opened
    opened.close()


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(HttpOptions(retries=1, backoff=0.01, read_timeout=10)) as opened:
        yield opened


@pytest.fixture
def registry(http: Http) -> Iterator[Registry]:
    """A client that knows no credentials."""
    with Registry(http, DockerConfig(None, {})) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", limit=64 << 20)


@pytest.fixture
def source(registry: Registry, store: Store) -> OciSource:
    return OciSource(registry, store)


@pytest.fixture
def fetch(source: OciSource) -> Callable[[str], Path]:
    """Resolve a URI and fetch what it stands for."""
    from fairway.resolve.source import Wanted

    return lambda uri: source.fetch(Wanted(source.resolve(uri)))
