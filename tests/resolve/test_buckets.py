"""Models in buckets, against servers of S3 and of Google Cloud Storage on the loopback."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from resolve.fault_server import Faults, Reply

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError, digest_files
from fairway.resolve.bucket import BucketSource
from fairway.resolve.source import Wanted
from fairway.resolve.store import Store
from fairway.spec.lock import LockedFile, Resolved

Put = Callable[[str, bytes], str]
LARGE = bytes(range(256)) * 80_000  # more than two pieces


def files_of(path: Path) -> dict[str, int]:
    return {file.path: file.size for file in digest_files(path)}


def locked(path: Path) -> tuple[LockedFile, ...]:
    return tuple(
        LockedFile(path=file.path, size=file.size, digest=f"sha256:{file.sha256}")
        for file in digest_files(path)
    )


@pytest.fixture
def client(s3: str) -> Any:
    return boto3.client("s3", endpoint_url=s3)


@pytest.fixture(params=["s3", "gs"])
def put(request: pytest.FixtureRequest) -> Put:
    """Puts an object into ``models`` of one of the clouds and returns its address."""
    scheme = request.param
    server = request.getfixturevalue("s3" if scheme == "s3" else "gcs")

    def put(key: str, data: bytes) -> str:
        if scheme == "s3":
            boto3.client("s3", endpoint_url=server).put_object(Bucket="models", Key=key, Body=data)
        else:
            upload = f"{server}/upload/storage/v1/b/models/o"
            said = {"uploadType": "media", "name": key}
            httpx.post(upload, params=said, content=data).raise_for_status()
        return f"{scheme}://models/{key}"

    return put


def test_an_object_is_a_version_of_one_file(put: Put, store: Store):
    uri = put("one/model.skops", b"weights")
    source = BucketSource(store)
    resolved = source.resolve(uri)
    assert resolved.uri == uri
    assert resolved.revision
    path = source.fetch(Wanted(resolved))
    assert (path.name, path.read_bytes()) == ("model.skops", b"weights")
    assert source.fetch(Wanted(resolved, locked(path))) == path


def test_a_prefix_is_a_version_of_many_files(put: Put, store: Store):
    for key in ("many/v1/MLmodel", "many/v1/data/model.skops"):
        uri = put(key, key.encode())
    put("many/v10/other", b"not of v1")
    prefix = uri.removesuffix("data/model.skops")
    source = BucketSource(store)
    resolved = source.resolve(prefix)
    assert source.resolve(prefix.rstrip("/")) == resolved
    assert resolved.uri == prefix
    folder = source.fetch(Wanted(resolved))
    assert files_of(folder) == {"MLmodel": 15, "data/model.skops": 24}
    put("many/v1/MLmodel", b"another")
    assert source.resolve(prefix).revision != resolved.revision
    with pytest.raises(SourceRefusedError, match=r"changed since the lock: MLmodel: it has 7 b"):
        BucketSource(Store(store.root.parent / "new")).fetch(Wanted(resolved, locked(folder)))


def test_a_large_object_comes_in_pieces(put: Put, store: Store):
    uri = put("large/model.bin", LARGE)
    seen: list[tuple[str, int, int | None]] = []
    source = BucketSource(store, lambda *args: seen.append(args))
    path = source.fetch(Wanted(source.resolve(uri)))
    assert path.read_bytes() == LARGE
    assert seen[-1] == ("model.bin", len(LARGE), len(LARGE))
    assert len(seen) == 3


def test_what_broke_off_is_gone_on_with(put: Put, store: Store):
    uri = put("broken/model.bin", LARGE)

    def stop(_what: str, so_far: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    source = BucketSource(store, stop)
    resolved = source.resolve(uri)
    with pytest.raises(KeyboardInterrupt):
        source.fetch(Wanted(resolved))
    (part,) = store.root.glob("parts/*")
    assert part.stat().st_size == 8 << 20
    seen: list[int] = []
    again = BucketSource(store, lambda _what, so_far, _total: seen.append(so_far))
    assert again.fetch(Wanted(resolved)).read_bytes() == LARGE
    assert seen[0] == 16 << 20, "the first piece was not fetched again"


@pytest.mark.parametrize(
    ("key", "message"),
    [("nothing/here", "does not exist, or is empty"), ("nothing/here/", "does not exist, or is")],
)
def test_what_is_not_there(put: Put, store: Store, key: str, message: str):
    scheme = put("there", b"x").partition(":")[0]
    source = BucketSource(store)
    with pytest.raises(SourceRefusedError, match=message):
        source.resolve(f"{scheme}://models/{key}")
    with pytest.raises(SourceRefusedError, match=r"does not exist|has no files"):
        source.fetch(Wanted(Resolved(uri=f"{scheme}://models/{key}")))
    with pytest.raises(SourceRefusedError, match="does not exist"):
        source.resolve(f"{scheme}://no-such-bucket/key")


def test_a_changed_object_is_refused(put: Put, store: Store, tmp_path: Path):
    uri = put("changed/model.bin", b"before")
    source = BucketSource(store)
    resolved = source.resolve(uri)
    files = locked(source.fetch(Wanted(resolved)))
    put("changed/model.bin", b"after!")
    with pytest.raises(SourceRefusedError, match=r"since the lock: model.bin|not exist any more"):
        BucketSource(Store(tmp_path / "new")).fetch(Wanted(resolved, files))


def test_a_bucket_with_versions_still_has_the_locked_one(client: Any, store: Store, tmp_path: Path):
    client.put_object(Bucket="kept", Key="m.bin", Body=b"first")
    source = BucketSource(store)
    first = source.resolve("s3://kept/m.bin")
    files = locked(source.fetch(Wanted(first)))
    client.put_object(Bucket="kept", Key="m.bin", Body=b"second")
    second = source.resolve("s3://kept/m.bin")
    assert second.revision != first.revision
    fresh = BucketSource(Store(tmp_path / "new"))
    assert fresh.fetch(Wanted(first, files)).read_bytes() == b"first"
    assert fresh.fetch(Wanted(second)).read_bytes() == b"second"
    client.delete_object(Bucket="kept", Key="m.bin", VersionId=first.revision)
    with pytest.raises(SourceRefusedError, match="does not exist any more"):
        BucketSource(Store(tmp_path / "newer")).fetch(Wanted(first, files))


def test_an_etag_is_the_revision_where_there_are_no_versions(client: Any, store: Store):
    client.put_object(Bucket="models", Key="etag.bin", Body=b"x")
    md5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    assert BucketSource(store).resolve("s3://models/etag.bin").revision == f'"{md5}"'


def test_folder_markers_are_no_files(client: Any, store: Store):
    for key, body in (
        ("marked/", b""),
        ("marked/sub/", b""),
        ("marked/sub/m", b"x"),
        ("marked/e", b""),
    ):
        client.put_object(Bucket="models", Key=key, Body=body)
    source = BucketSource(store)
    assert files_of(source.fetch(Wanted(source.resolve("s3://models/marked/")))) == {
        "e": 0,
        "sub/m": 1,
    }


def test_hostile_keys_are_refused(client: Any, store: Store):
    client.put_object(Bucket="models", Key="hostile/../../up", Body=b"x")
    with pytest.raises(SourceRefusedError, match="leads out of the model's folder"):
        BucketSource(store).fetch(Wanted(Resolved(uri="s3://models/hostile/")))


def test_a_version_that_is_too_large_is_refused(put: Put, tmp_path: Path):
    uri = put("too/large.bin", b"x" * 2000)
    store = Store(tmp_path, limit=1000)
    with pytest.raises(SourceRefusedError, match="larger than the limit of 1000 bytes"):
        BucketSource(store).fetch(Wanted(Resolved(uri=uri)))
    assert not store.root.exists()


@pytest.mark.parametrize(
    "uri", ["s3://", "s3:///key", "s3://me:secret@models/key", "s3://models/a//b",
            "s3://models/../x", "gs://models/a?generation=1", "gs://models/a#1", "s3://m/*"],
)  # fmt: skip
def test_addresses_that_name_no_object(store: Store, uri: str):
    with pytest.raises(SourceRefusedError, match="names no object") as caught:
        BucketSource(store).resolve(uri)
    assert "secret" not in str(caught.value)


def failing(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
    monkeypatch.setenv("FSSPEC_GS_TOKEN", "anon")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_access_denied_is_for_the_author(
    faults: Faults, store: Store, monkeypatch: pytest.MonkeyPatch, scheme: str
):
    failing(monkeypatch, faults.url)
    denied = b"<Error><Code>AccessDenied</Code></Error>" if scheme == "s3" else b"{}"
    for path in (
        "/models",
        "/models/m.bin",
        "/storage/v1/b/models/o/m.bin",
        "/storage/v1/b/models/o",
    ):
        faults.on(path, Reply(denied, status=403))
    with pytest.raises(
        SourceRefusedError, match=f"{scheme}://models/m.bin: access denied"
    ) as caught:
        BucketSource(store).resolve(f"{scheme}://models/m.bin")
    assert "credentials" in caught.value.fix


def test_a_cloud_that_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, "http://127.0.0.1:9")
    begin = time.monotonic()
    with pytest.raises(FairwayError, match=r"s3://models/m.bin: could not connect") as caught:
        BucketSource(store).resolve("s3://models/m.bin")
    assert "try again later" in caught.value.fix
    assert time.monotonic() - begin < 60


def test_no_credentials_at_all(
    store: Store, s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(SourceRefusedError, match="no credentials were found"):
        BucketSource(store).resolve("s3://models/m.bin")


def test_without_the_extra_it_says_what_to_install(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError, match="s3:// models need fsspec and s3fs") as caught:
        BucketSource(store).resolve("s3://models/m.bin")
    assert caught.value.fix == "pip install 'fairway[buckets]'"
