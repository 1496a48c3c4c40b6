"""Models of a real MLflow registry: aliases, versions, runs, and the bytes of the artifacts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from resolve.conftest import QUICK
from resolve.fault_server import Faults, Reply
from resolve.mlflow_server import Mlflow

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError, digest_files
from fairway.resolve.bucket import BucketSource
from fairway.resolve.http import Http
from fairway.resolve.mlflow import MlflowSource, parse_models_uri
from fairway.resolve.source import Wanted
from fairway.resolve.sources import Sources
from fairway.resolve.store import Store
from fairway.spec.lock import LockedFile, Resolved

API = "/api/2.0/mlflow/"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
PATIENT = QUICK._replace(read_timeout=30.0)


@pytest.fixture(scope="module")
def iris(mlflow: Mlflow) -> dict[str, dict[str, Any]]:
    """Versions 1 and 2 as MLflow 3 keeps them, 3 as MLflow 2 did; ``champion`` is 1."""
    made = [mlflow.do("log", name="iris", strength=strength) for strength in (1.0, 0.5)]
    made.append(mlflow.do("log_old", name="iris", strength=0.1))
    mlflow.do("alias", name="iris", alias="champion", version="1")
    return {each["version"]: each for each in made}


def source(address: str | None, http: Http, store: Store, **environment: str) -> MlflowSource:
    return MlflowSource(address, http, store, BucketSource(store), environment=environment)


@pytest.fixture
def registry(mlflow: Mlflow, store: Store) -> Iterator[MlflowSource]:
    with Http(PATIENT) as http:
        yield source(mlflow.url, http, store)


def files_of(path: Path) -> dict[str, str]:
    return {file.path: file.sha256 for file in digest_files(path)}


def locked(path: Path) -> tuple[LockedFile, ...]:
    return tuple(
        LockedFile(path=file.path, size=file.size, digest=f"sha256:{file.sha256}")
        for file in digest_files(path)
    )


@pytest.mark.slow
class TestRealServer:
    def test_an_alias_is_a_version_a_run_and_a_model(
        self, registry: MlflowSource, iris: dict[str, dict[str, Any]]
    ):
        one = iris["1"]
        assert one["model_id"].startswith("m-")
        assert registry.resolve("models:/iris@champion").model_dump() == {
            "uri": "models:/iris/1", "name": "iris", "alias": "champion", "version": "1",
            "run_id": one["run_id"], "model_id": one["model_id"], "tag": None, "revision": None,
        }  # fmt: skip
        old = registry.resolve("models:/iris/3").model_dump(exclude_none=True)
        assert old == {
            "uri": "models:/iris/3", "name": "iris", "version": "3", "run_id": iris["3"]["run_id"]
        }  # fmt: skip

    @pytest.mark.parametrize("version", ["1", "3"])
    def test_the_bytes_are_those_of_the_own_client(
        self, registry: MlflowSource, mlflow: Mlflow, iris: dict[str, Any], version: str
    ):
        folder = registry.fetch(Wanted(Resolved(uri=f"models:/iris/{version}")))
        theirs = mlflow.do("download", uri=f"models:/iris/{version}")
        theirs.pop("registered_model_meta")  # written by the client, not kept by the registry
        assert files_of(folder) == theirs
        assert {"MLmodel", "model.skops"} <= theirs.keys()

    def test_a_moved_alias_is_another_version(self, registry: MlflowSource, mlflow: Mlflow):
        mlflow.do("log", name="moving", strength=1.0)
        mlflow.do("log", name="moving", strength=0.5)
        mlflow.do("alias", name="moving", alias="live", version="1")
        before = registry.resolve("models:/moving@live")
        mlflow.do("alias", name="moving", alias="live", version="2")
        after = registry.resolve("models:/moving@live")
        assert (before.version, after.version) == ("1", "2")
        assert files_of(registry.fetch(Wanted(before))) != files_of(registry.fetch(Wanted(after)))

    def test_a_deleted_version_is_gone_but_for_the_cache(
        self, registry: MlflowSource, mlflow: Mlflow, tmp_path: Path
    ):
        mlflow.do("log", name="short", strength=1.0)
        resolved = registry.resolve("models:/short/1")
        folder = registry.fetch(Wanted(resolved))
        wanted = Wanted(resolved, locked(folder))
        mlflow.do("delete_version", name="short", version="1")
        with pytest.raises(SourceRefusedError, match=r"models:/short/1: .* not found"):
            registry.resolve("models:/short/1")
        assert registry.fetch(wanted) == folder
        with Http(PATIENT) as http, pytest.raises(SourceRefusedError, match="not found"):
            source(mlflow.url, http, Store(tmp_path / "new")).fetch(wanted)

    @pytest.mark.parametrize(
        ("uri", "message"),
        [
            ("models:/iris/99", r"models:/iris/99: the registry at http://127.0.0.1:\d+ says: Mod"),
            ("models:/nobody/1", r"Model Version \(name=nobody, version=1\) not found"),
            ("models:/iris@nobody", "Registered model alias nobody not found"),
            ("models:/nobody@live", "Registered Model with name=nobody not found"),
        ],
    )
    def test_what_is_not_there(
        self, registry: MlflowSource, iris: dict[str, Any], uri: str, message: str
    ):
        with pytest.raises(SourceRefusedError, match=message) as caught:
            registry.resolve(uri)
        assert caught.value.fix == "correct the model, version or alias in the spec"

    def test_bytes_that_changed_since_the_lock_are_refused(
        self, registry: MlflowSource, mlflow: Mlflow, tmp_path: Path
    ):
        mlflow.do("log_old", name="edited", strength=1.0)
        wanted = Wanted(Resolved(uri="models:/edited/1"))
        wanted = Wanted(wanted.resolved, locked(registry.fetch(wanted)))

        def refused(text: str, path: str) -> str:
            mlflow.do("log_more", name="edited", version="1", path=path, text=text)
            with Http(PATIENT) as http, pytest.raises(SourceRefusedError) as caught:
                source(mlflow.url, http, Store(tmp_path / "new")).fetch(wanted)
            return str(caught.value)

        begin = "models:/edited/1: the registry's bytes changed since the lock: requirements.txt"
        size = next(file.size for file in wanted.files if file.path == "requirements.txt")
        same_size = refused("x" * size, "requirements.txt")
        assert same_size.startswith(f"{begin}: its bytes are sha256:")
        assert refused("xx", "requirements.txt") == f"{begin}: it has 2 bytes, not {size}"
        assert refused("y", "code/new.py").endswith("since the lock: code/new.py is new")
        assert registry.fetch(wanted).is_dir(), "the locked bytes are in the first cache still"

    def test_artifacts_in_a_bucket(self, registry: MlflowSource, mlflow: Mlflow):
        for action in ("log", "log_old"):
            mlflow.do(action, name="bucketed", strength=1.0, location="s3://models/mlflow")
        for version in "12":
            resolved = registry.resolve(f"models:/bucketed/{version}")
            folder = registry.fetch(Wanted(resolved))
            theirs = mlflow.do("download", uri=resolved.uri)
            theirs.pop("registered_model_meta", None)
            assert files_of(folder) == theirs
            assert registry.fetch(Wanted(resolved, locked(folder))) == folder

    def test_artifacts_on_the_servers_own_disk(
        self, registry: MlflowSource, mlflow: Mlflow, tmp_path_factory: pytest.TempPathFactory
    ):
        place = tmp_path_factory.mktemp("on-disk").as_uri()
        mlflow.do("log", name="on-disk", strength=1.0, location=place)
        with pytest.raises(SourceRefusedError, match="only the MLflow server itself reads"):
            registry.fetch(Wanted(registry.resolve("models:/on-disk/1")))

    def test_processes_that_fetch_the_same_at_once(
        self, mlflow: Mlflow, iris: dict[str, Any], tmp_path: Path
    ):
        command = [sys.executable, "-c", FETCHER, mlflow.url, str(tmp_path)]
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        done = [(*process.communicate(timeout=180), process.returncode) for process in running]
        assert {(error, status) for _, error, status in done} == {("", 0)}
        assert len({out for out, _, _ in done}) == 1
        assert files_of(Path(done[0][0].strip())).keys() >= {"MLmodel", "model.skops"}

    def test_through_the_table_and_offline(
        self, mlflow: Mlflow, iris: dict[str, Any], store: Store, tmp_path: Path
    ):
        with Sources(store, tracking=mlflow.url, http=PATIENT) as sources:
            registry = sources.source_for("models:/iris@champion", tmp_path)
            resolved = registry.resolve("models:/iris@champion")
            folder = registry.fetch(Wanted(resolved))
            wanted = Wanted(resolved, locked(folder))
        offline = Sources(store, offline=True).source_for("models:/iris/1", tmp_path)
        assert offline.fetch(wanted) == folder
        with pytest.raises(SourceRefusedError, match="cannot be asked offline"):
            offline.resolve("models:/iris@champion")


FETCHER = """
import sys
from pathlib import Path
from fairway.resolve.http import HttpOptions
from fairway.resolve.source import Wanted
from fairway.resolve.sources import Sources
from fairway.resolve.store import Store
with Sources(Store(Path(sys.argv[2])), tracking=sys.argv[1], http=HttpOptions()) as sources:
    source = sources.source_for("models:/iris@champion", Path())
    print(source.fetch(Wanted(source.resolve("models:/iris@champion"))))
"""


def version(**more: object) -> Reply:
    known = {"name": "m", "version": "7", "run_id": "r1", "status": "READY", **more}
    return Reply(json.dumps({"model_version": known}).encode())


def answer(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (version(version=""), FairwayError, "names no version of the model"),
        (version(version="../8"), FairwayError, "names no version of the model"),
        (version(name="other"), FairwayError, "names no version of the model"),
        (version(status="FAILED_REGISTRATION"), SourceRefusedError, "version 7 is not ready"),
        (answer([1]), FairwayError, "is not a JSON object"),
        (Reply(b"<html>"), FairwayError, "the answer is not JSON"),
        (Reply(b"[" * 100_000), FairwayError, "the answer is not JSON"),
        (answer({}, 403), SourceRefusedError, r"model-versions/get: access denied \(403"),
        (answer({}, 401), SourceRefusedError, r"model-versions/get: access denied \(401"),
        (answer({}, 404), SourceRefusedError, r"model-versions/get does not exist \(404"),
        (answer({}, 500), FairwayError, "the server answers 500"),
        (Reply(hang=3), FairwayError, "no answer for 1 s"),
        (Reply(b"{" + b" " * 99, cut=50), FairwayError, "broke off"),
    ],
)
def test_a_registry_that_fails_is_one_error(
    http: Http, store: Store, faults: Faults, reply: Reply, error: type[Exception], message: str
):
    faults.on(f"{API}model-versions/get", reply)
    with pytest.raises(error, match=message) as caught:
        source(faults.url, http, store).resolve("models:/m/7")
    assert caught.value.fix  # type: ignore[attr-defined]
    assert not store.root.exists()


def scripted(faults: Faults, listing: dict[str, Any], **replies: Reply) -> None:
    """A registry whose version 7 has the files of ``listing``."""
    uri = {"artifact_uri": "mlflow-artifacts:/1/a"}
    faults.on(f"{API}model-versions/get-download-uri", answer(uri))
    faults.on(FILES, answer(listing))
    for name, reply in replies.items():
        faults.on(f"{FILES}/1/a/{name}", reply)


def entry(path: str, size: int = 3) -> dict[str, Any]:
    return {"path": path, "is_dir": False, "file_size": size}


WANTED = Wanted(Resolved(uri="models:/m/7"))


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        ({"files": [entry("../../etc/passwd")]}, "leads out of the model's folder"),
        ({"files": [entry("/etc/passwd")]}, "leads out of the model's folder"),
        ({"files": [entry("a\\b")]}, "is not a file's path"),
        ({"files": [entry("a"), entry("a")]}, "names the file a twice"),
        ({"files": [{"path": "", "is_dir": True}]}, "is not a file's path"),
        ({"files": [{"path": "a", "is_dir": True}]}, "more files or folders|is not a file's path"),
        ({"files": [entry("big", 30 << 30)]}, "larger than the limit of 20 GiB"),
        ({}, "models:/m/7 has no files"),
        ({"files": []}, "models:/m/7 has no files"),
    ],
)
def test_hostile_listings_are_refused(
    http: Http, store: Store, faults: Faults, listing: dict[str, Any], message: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setattr("fairway.resolve.artifacts._MAX_FOLDERS", 20)
    scripted(faults, listing)
    with pytest.raises(SourceRefusedError, match=message):
        source(faults.url, http, store).fetch(WANTED)
    assert not store.root.exists()


@pytest.mark.parametrize("listing", [[], {"files": 7}, {"files": [{"is_dir": True}]}])
def test_a_listing_that_is_none(http: Http, store: Store, faults: Faults, listing: Any):
    scripted(faults, listing)
    with pytest.raises(FairwayError, match="the answer is not a list of files"):
        source(faults.url, http, store).fetch(WANTED)


def test_one_file_that_fails_stops_the_version(http: Http, store: Store, faults: Faults):
    names = [f"f{number}" for number in range(20)]
    replies = {name: Reply(b"abc") for name in names} | {"f3": Reply(status=500)}
    scripted(faults, {"files": [entry(name) for name in names]}, **replies)
    with pytest.raises(FairwayError, match="f3: the server answers 500"):
        source(faults.url, http, store).fetch(WANTED)
    assert not (store.root / "folders").exists()
    faults.on(f"{FILES}/1/a/f3", Reply(b"abc"))
    assert files_of(source(faults.url, http, store).fetch(WANTED)).keys() == set(names)


def test_files_that_the_cache_has_are_not_fetched(http: Http, store: Store, faults: Faults):
    scripted(faults, {"files": [entry("a"), entry("b")]}, a=Reply(b"abc"), b=Reply(b"xyz"))
    registry = source(faults.url, http, store)
    wanted = Wanted(WANTED.resolved, locked(registry.fetch(WANTED)))
    blob = store.blob(wanted.files[1].digest)
    assert blob is not None
    blob.unlink()
    faults.asked.clear()
    assert files_of(registry.fetch(wanted)).keys() == {"a", "b"}
    assert [path for path, _ in faults.asked][-1] == f"{FILES}/1/a/b"
    assert faults.requests(f"{FILES}/1/a/a") == []


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("mlflow-artifacts://other.example.com/1/a", "another server"),
        ("file:///var/mlflow/1", "its files are at file:///var/mlflow/1, which only"),
        ("/var/mlflow/1", "its files are at /var/mlflow/1, which only"),
        ("dbfs:/databricks/1", "which only the MLflow server itself reads"),
    ],
)
def test_files_elsewhere_are_explained(
    http: Http, store: Store, faults: Faults, uri: str, message: str
):
    faults.on(f"{API}model-versions/get-download-uri", answer({"artifact_uri": uri}))
    with pytest.raises(SourceRefusedError, match=message) as caught:
        source(faults.url, http, store).fetch(WANTED)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("named", "path", "said"),
    [
        ("models:/m-41a9", "logged-models/m-41a9",
         {"model": {"info": {"artifact_uri": "mlflow-artifacts:/1/a"}}}),
        ("runs:/8f2c/a", "runs/get", {"run": {"info": {"artifact_uri": "mlflow-artifacts:/1"}}}),
    ],
)  # fmt: skip
def test_indirect_places_are_followed(
    http: Http, store: Store, faults: Faults, named: str, path: str, said: object
):
    scripted(faults, {"files": [entry("a")]}, a=Reply(b"abc"))
    faults.on(f"{API}model-versions/get-download-uri", answer({"artifact_uri": named}))
    faults.on(f"{API}{path}", answer(said))
    assert files_of(source(faults.url, http, store).fetch(WANTED)).keys() == {"a"}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"),
        ({"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "hidden"},
         "Basic bWU6aGlkZGVu"),
        ({"MLFLOW_TRACKING_USERNAME": "me"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_credentials_are_those_of_mlflow(
    http: Http, store: Store, faults: Faults, environment: dict[str, str], said: str | None
):
    faults.on(f"{API}model-versions/get", version())
    source(faults.url, http, store, **environment).resolve("models:/m/7")
    assert [headers.get("authorization") for _, headers in faults.asked] == [said]


def test_a_faulty_token_is_not_told(http: Http, store: Store):
    environment = {"MLFLOW_TRACKING_TOKEN": "secret\n"}
    with pytest.raises(UsageError) as caught:
        source("http://127.0.0.1:9", http, store, **environment)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, "the project does not say where its MLflow server is"),
        ("sqlite:///mlflow.db", "is not an http or https address"),
        ("http://me:secret@127.0.0.1:9", "holds a user name or password"),
    ],
)
def test_addresses_of_the_registry(http: Http, store: Store, address: str | None, message: str):
    with pytest.raises(SourceRefusedError, match=message) as caught:
        source(address, http, store).resolve("models:/m/7")
    assert "secret" not in str(caught.value)
    if address is None:
        assert caught.value.fix == "add `mlflow: {tracking: URL}` to fairway.yaml"


@pytest.mark.parametrize("uri", ["models:/m", "models:/m/latest", "models:/m/1/2", "models:/m@"])
def test_what_names_no_version_is_refused(uri: str):
    with pytest.raises(SourceRefusedError, match="names no registered model"):
        parse_models_uri(uri)
