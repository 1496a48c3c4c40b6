"""Caches of their own, servers that fail, and one MLflow server for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from resolve.fault_server import Faults, serving
from resolve.mlflow_env import NotInstalledError, make
from resolve.mlflow_server import Mlflow, free_port, running

from fairway.resolve.http import Http, HttpOptions
from fairway.resolve.store import Store

QUICK = HttpOptions(connect_timeout=2.0, read_timeout=1.0, retries=2, backoff=0.01)


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tests' own netrc only, and no proxy."""
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(QUICK) as client:
        yield client


@pytest.fixture
def faults() -> Iterator[Faults]:
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def mlflow_python() -> Path:
    try:
        return make()
    except NotInstalledError as error:
        pytest.skip(f"MLflow cannot be installed: {error}")


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A server of S3 on the loopback, with the bucket ``models`` and, with versions, ``kept``."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="models")
        client.create_bucket(Bucket="kept")
        client.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def gcs() -> Iterator[str]:
    """An emulator of Google Cloud Storage on the loopback, with the bucket ``models``."""
    from gcp_storage_emulator.server import create_server

    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="models")
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        patch.setenv("FSSPEC_GS_TOKEN", "anon")
        yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="session")
def mlflow(
    mlflow_python: Path, s3: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mlflow]:
    """Its client may keep artifacts in ``s3``, too."""
    with running(mlflow_python, tmp_path_factory.mktemp("mlflow")) as server:
        yield server
