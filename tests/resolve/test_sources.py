"""Sources by scheme: https, ./paths, what is offline, and what no source is for."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from resolve.conftest import QUICK
from resolve.fault_server import Faults, Reply

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError, digest_files
from fairway.resolve.bucket import BucketSource
from fairway.resolve.https import HttpsSource
from fairway.resolve.local import LocalSource
from fairway.resolve.mlflow import MlflowSource
from fairway.resolve.oci.source import OciSource
from fairway.resolve.source import Wanted
from fairway.resolve.sources import OfflineSource, Sources
from fairway.resolve.store import Store
from fairway.spec.lock import LockedFile, Resolved

TAGGED = {"ETag": '"v1"'}


@pytest.fixture
def sources(store: Store) -> Iterator[Sources]:
    with Sources(store, tracking="http://127.0.0.1:9", http=QUICK) as opened:
        yield opened


def locked(path: Path) -> tuple[LockedFile, ...]:
    return tuple(
        LockedFile(path=file.path, size=file.size, digest=f"sha256:{file.sha256}")
        for file in digest_files(path)
    )


def test_every_scheme_has_its_source(sources: Sources, tmp_path: Path):
    kinds = {
        "./models/1": LocalSource,
        "models:/m/7": MlflowSource,
        "models:/m@live": MlflowSource,
        "https://example.com/m": HttpsSource,
        "http://127.0.0.1/m": HttpsSource,
        "oci://registry.example.com/m:1": OciSource,
        "s3://bucket/m": BucketSource,
        "gs://bucket/m": BucketSource,
    }
    assert {uri: type(sources.source_for(uri, tmp_path)) for uri in kinds} == kinds
    one, two = "https://example.com/1", "https://example.com/2"
    assert sources.source_for(one, tmp_path) is sources.source_for(two, tmp_path)


@pytest.mark.parametrize("uri", ["ftp://example.com/m", "hdfs:/m", "model.skops", "", "../up"])
def test_what_no_source_is_for(sources: Sources, tmp_path: Path, uri: str):
    with pytest.raises(SourceRefusedError, match=r"is no kind of source; there are ./path, mod"):
        sources.source_for(uri, tmp_path)


def test_without_the_extra_it_says_what_to_install(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(UsageError, match="need httpx") as caught:
        sources.source_for("https://example.com/m", tmp_path)
    assert caught.value.fix == "pip install 'fairway[lock]'"
    assert sources.source_for("./m", tmp_path), "which needs no extra"


class TestHttps:
    def test_a_file_keeps_its_name_and_its_etag(
        self, sources: Sources, faults: Faults, tmp_path: Path
    ):
        uri = faults.on("/v/my%20model.skops", Reply(b"weights", headers=TAGGED))
        source = sources.source_for(uri, tmp_path)
        resolved = source.resolve(uri)
        assert (resolved.uri, resolved.revision) == (uri, '"v1"')
        path = source.fetch(Wanted(resolved))
        assert (path.name, path.read_bytes()) == ("my model.skops", b"weights")
        faults.asked.clear()
        assert source.fetch(Wanted(resolved, locked(path))) == path
        assert faults.asked == []

    def test_a_date_stands_for_an_etag(self, sources: Sources, faults: Faults, tmp_path: Path):
        date = "Sun, 01 Nov 2026 10:00:00 GMT"
        uri = faults.on("/m", Reply(b"x", headers={"Last-Modified": date}))
        assert sources.source_for(uri, tmp_path).resolve(uri).revision == date
        uri = faults.on("/n", Reply(b"x"))
        assert sources.source_for(uri, tmp_path).resolve(uri).revision is None

    def test_bytes_that_changed_since_the_lock_are_refused(
        self, sources: Sources, faults: Faults, tmp_path: Path
    ):
        uri = faults.on("/m.bin", Reply(b"before", headers=TAGGED))
        source = sources.source_for(uri, tmp_path)
        resolved = source.resolve(uri)
        files = locked(source.fetch(Wanted(resolved)))
        faults.on("/m.bin", Reply(b"after!", headers=TAGGED))
        with Sources(Store(tmp_path / "new"), http=QUICK) as fresh:
            other = fresh.source_for(uri, tmp_path)
            with pytest.raises(SourceRefusedError) as caught:
                other.fetch(Wanted(resolved, files))
        assert str(caught.value).startswith(
            f"{uri}: the registry's bytes changed since the lock: {uri}: its bytes are sha256:"
        )
        assert "fairway lock --update" in caught.value.fix

    def test_a_change_between_resolving_and_fetching(
        self, sources: Sources, faults: Faults, tmp_path: Path
    ):
        uri = faults.on("/m", Reply(b"x", headers=TAGGED), Reply(b"y", headers={"ETag": '"v2"'}))
        source = sources.source_for(uri, tmp_path)
        with pytest.raises(FairwayError, match="changed while it was being fetched"):
            source.fetch(Wanted(source.resolve(uri)))

    @pytest.mark.parametrize(
        ("uri", "message"),
        [
            ("http://example.com/m", "is not encrypted"),
            ("https://me:secret@example.com/m", "user name or password"),
            ("https://example.com/m?X-Amz-Signature=secret", "holds a credential"),
            ("https://example.com/", "names no file"),
            ("https://example.com/a%2Fb", "names no file"),
            ("https://example.com/a%00b", "is not a file's path"),
            ("https://example.com/%2e%2e", "leads out"),
            ("https://example.com:port/m", "is not a URL"),
        ],
    )
    def test_addresses_that_are_refused(
        self, sources: Sources, tmp_path: Path, uri: str, message: str
    ):
        with pytest.raises(SourceRefusedError, match=message) as caught:
            sources.source_for(uri, tmp_path).resolve(uri)
        assert "secret" not in str(caught.value) + caught.value.fix

    def test_what_is_not_there(self, sources: Sources, faults: Faults, tmp_path: Path):
        with pytest.raises(SourceRefusedError, match=r"/none does not exist \(404 Not Found\)"):
            sources.source_for("http://127.0.0.1", tmp_path).resolve(f"{faults.url}/none")


class TestLocal:
    def test_a_path_is_used_where_it_is(self, tmp_path: Path):
        (tmp_path / "models" / "1").mkdir(parents=True)
        (tmp_path / "models" / "1" / "m.bin").write_bytes(b"x")
        source = LocalSource(tmp_path)
        resolved = source.resolve("./models/1")
        assert resolved.model_dump(exclude_none=True) == {"uri": "./models/1"}
        path = source.fetch(Wanted(resolved))
        assert path.samefile(tmp_path / "models" / "1")
        assert source.fetch(Wanted(resolved, locked(path))) == path

    @pytest.mark.parametrize(
        ("change", "message"),
        [("changed", "m.bin has other bytes"), ("added", "new is new"), ("gone", "b is not there")],
    )
    def test_other_bytes_than_locked_are_refused(self, tmp_path: Path, change: str, message: str):
        for name in ("m.bin", "b"):
            (tmp_path / "m").mkdir(exist_ok=True)
            (tmp_path / "m" / name).write_bytes(b"x")
        source = LocalSource(tmp_path)
        wanted = Wanted(Resolved(uri="./m"), locked(tmp_path / "m"))
        if change == "gone":
            (tmp_path / "m" / "b").unlink()
        else:
            (tmp_path / "m" / ("new" if change == "added" else "m.bin")).write_bytes(b"y")
        with pytest.raises(SourceRefusedError, match=f"since the lock: {message}"):
            source.fetch(wanted)

    def test_what_leads_out_is_refused(self, tmp_path: Path):
        (tmp_path / "outside").write_bytes(b"secret")
        folder = tmp_path / "deployment"
        folder.mkdir()
        (folder / "link").symlink_to("../outside")
        (folder / "circle").symlink_to("circle")
        source = LocalSource(folder)
        for uri in ("./link", "./../outside"):
            with pytest.raises(SourceRefusedError, match="leads out of the deployment's folder"):
                source.resolve(uri)
        for uri, message in (
            ("./none", "./none does not exist"),
            ("./nul\x00", "null"),
            ("./circle", "./circle: "),
        ):
            with pytest.raises(SourceRefusedError, match=message):
                source.resolve(uri)

    def test_links_inside_are_refused_with_digests(self, tmp_path: Path):
        (tmp_path / "m.bin").write_bytes(b"x")
        (tmp_path / "link").symlink_to("m.bin")
        wanted = Wanted(Resolved(uri="./link"), locked(tmp_path / "m.bin"))
        with pytest.raises(SourceRefusedError, match="a symbolic link"):
            LocalSource(tmp_path).fetch(wanted)


class TestOffline:
    def test_what_the_cache_holds_is_used(self, store: Store, faults: Faults, tmp_path: Path):
        uri = faults.on("/m.bin", Reply(b"x"))
        with Sources(store, http=QUICK) as online:
            path = online.source_for(uri, tmp_path).fetch(Wanted(Resolved(uri=uri)))
        offline = Sources(store, offline=True)
        source = offline.source_for(uri, tmp_path)
        assert isinstance(source, OfflineSource)
        asked = len(faults.asked)
        wanted = Wanted(Resolved(uri=uri), locked(path))
        assert source.fetch(wanted) == path
        assert len(faults.asked) == asked
        blob = store.blob(wanted.files[0].digest)
        assert blob is not None
        blob.unlink()
        with pytest.raises(SourceRefusedError, match=r"^m.bin of http.* is not in the cache, and"):
            source.fetch(wanted)

    def test_what_was_never_locked_is_refused(self, store: Store, tmp_path: Path):
        offline = Sources(store, offline=True)
        for uri in ("models:/m/7", "oci://r/m:1", "s3://b/m", "gs://b/m", "https://e/m"):
            source = offline.source_for(uri, tmp_path)
            with pytest.raises(SourceRefusedError, match="because the lock does not hold"):
                source.fetch(Wanted(Resolved(uri=uri)))
            with pytest.raises(SourceRefusedError, match="cannot be asked offline"):
                source.resolve(uri)

    def test_paths_are_read_as_ever(self, store: Store, tmp_path: Path):
        (tmp_path / "m").write_bytes(b"x")
        source = Sources(store, offline=True).source_for("./m", tmp_path)
        assert source.fetch(Wanted(source.resolve("./m"))).read_bytes() == b"x"

    def test_many_missing_files_are_counted(self, store: Store, tmp_path: Path):
        files = tuple(
            LockedFile(path=f"f{number}", size=1, digest=f"sha256:{number:064x}")
            for number in range(9)
        )
        source = Sources(store, offline=True).source_for("models:/m/7", tmp_path)
        with pytest.raises(SourceRefusedError, match=r"^9 files of models:/m/7, such as f0, are "):
            source.fetch(Wanted(Resolved(uri="models:/m/7"), files))


def test_progress_is_told_by_one_thread_at_a_time(store: Store, faults: Faults, tmp_path: Path):
    inside = threading.Semaphore(1)
    overlapping: list[str] = []
    seen: list[str] = []

    def progress(what: str, so_far: int, total: int | None) -> None:
        if not inside.acquire(blocking=False):
            overlapping.append(what)
            return
        seen.append(what)
        os.sched_yield()
        inside.release()

    api = "/api/2.0/mlflow/model-versions/get-download-uri"
    files = "/api/2.0/mlflow-artifacts/artifacts"
    faults.on(api, Reply(b'{"artifact_uri": "mlflow-artifacts:/a"}'))
    names = [f"f{number}" for number in range(8)]
    listing = ", ".join(f'{{"path": "{name}", "is_dir": false}}' for name in names)
    faults.on(files, Reply(f'{{"files": [{listing}]}}'.encode()))
    for name in names:
        faults.on(f"{files}/a/{name}", Reply(bytes(100_000)))
    with Sources(store, tracking=faults.url, http=QUICK, progress=progress) as sources:
        source = sources.source_for("models:/m/7", tmp_path)
        source.fetch(Wanted(Resolved(uri="models:/m/7")))
    assert overlapping == []
    assert set(seen) == set(names)
