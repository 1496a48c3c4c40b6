"""The cache: bytes by digest, folders of them, and what a run leaves for the next."""

from __future__ import annotations

import errno
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from fairway import kept
from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError, digest_files
from fairway.resolve import store as store_module
from fairway.resolve.store import Blob, Store, shown_size
from fairway.spec.lock import LockedFile


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def locked(store: Store, **files: bytes) -> list[LockedFile]:
    found = []
    for name, data in files.items():
        blob = store.add([data], name)
        found.append(LockedFile(path=name.replace("__", "/"), size=blob.size, digest=blob.digest))
    return found


def everything(store: Store) -> list[str]:
    return sorted(str(path.relative_to(store.root)) for path in store.root.rglob("*.*"))


def leftovers(store: Store) -> list[Path]:
    return [*store.root.glob("beside/*"), *store.root.glob("parts/*")]


def test_a_blob_is_kept_by_its_digest(store: Store):
    blob = store.add([b"ab", b"", b"c"], "abc.txt", digest=digest(b"abc"), size=3)
    assert blob == Blob(blob.path, 3, digest(b"abc"))
    assert blob.path.read_bytes() == b"abc"
    assert store.blob(digest(b"abc")) == blob.path
    assert store.blob(digest(b"other")) is None
    assert leftovers(store) == []


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (
            {"digest": digest(b"xyz")},
            f"m.bin: its bytes are {digest(b'abc')}, not {digest(b'xyz')}",
        ),
        ({"size": 4}, "m.bin: it has 3 bytes, not 4"),
    ],
)
def test_other_bytes_than_named_are_not_kept(store: Store, named: dict[str, object], message: str):
    with pytest.raises(SourceRefusedError) as caught:
        store.add([b"abc"], "m.bin", **named)  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert store.blob(digest(b"abc")) is None
    assert leftovers(store) == []


def test_a_version_has_a_limit_over_all_its_files(tmp_path: Path):
    store = Store(tmp_path, limit=10)
    allowance = store.allowance("models:/big/1")
    store.add([b"12345"], "one", allowance=allowance)
    with pytest.raises(SourceRefusedError) as caught:
        store.add(iter([b"123", b"456"]), "two", allowance=allowance)
    assert str(caught.value) == "models:/big/1 is larger than the limit of 10 bytes"
    assert "--max-size" in caught.value.fix
    assert leftovers(store) == []


def test_nothing_endless_is_read_to_its_end(tmp_path: Path):
    def endless():
        while True:
            yield b"x" * 1000

    with pytest.raises(SourceRefusedError, match="larger than the limit of 1 MiB"):
        Store(tmp_path, limit=1 << 20).add(endless(), "endless")


@pytest.mark.parametrize("damage", ["cut", "changed", "longer"])
def test_a_damaged_blob_is_fetched_again(store: Store, tmp_path: Path, damage: str):
    blob = store.add([b"good bytes"], "m.bin")
    blob.path.chmod(0o600)
    bad = {"cut": b"good", "changed": b"evil bytes", "longer": b"good bytes and more"}[damage]
    blob.path.write_bytes(bad)
    assert Store(tmp_path / "cache").blob(blob.digest) is None
    assert store.blob(blob.digest) is None, "not even in the run that had verified it"
    assert not blob.path.exists()
    again = store.add([b"good bytes"], "m.bin")
    assert store.blob(blob.digest) == again.path


def test_a_folder_is_the_files_under_their_names(store: Store):
    files = locked(store, MLmodel=b"flavors", data__model_skops=b"weights", data__copy=b"weights")
    folder = store.folder(files)
    assert {f.path: f"sha256:{f.sha256}" for f in digest_files(folder)} == {
        file.path: file.digest for file in files
    }
    assert store.folder(reversed(files)) == folder, "made once"
    path = folder / "data" / "copy"
    blob = store.blob(digest(b"weights"))
    assert blob is not None
    assert path.samefile(blob)
    assert leftovers(store) == []


def test_a_folder_is_of_copies_where_links_fail(store: Store, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    files = locked(store, a=b"1", b__c=b"2")
    monkeypatch.setattr(store_module.os, "link", refuse)
    folder = store.folder(files)
    assert (folder / "b" / "c").read_bytes() == b"2"
    assert store.folder(files) == folder
    (folder / "a").chmod(0o600)
    (folder / "a").write_bytes(b"X")
    assert (store.folder(files) / "a").read_bytes() == b"1"


@pytest.mark.parametrize("damage", ["added", "added folder", "removed", "changed", "link"])
def test_a_folder_that_was_written_to_is_made_again(store: Store, damage: str):
    files = locked(store, a=b"1", b__c=b"2")
    folder = store.folder(files)
    target = folder / "b" / "c"
    if damage == "added":
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "a.pyc").write_bytes(b"")
    elif damage == "added folder":
        (folder / "empty").mkdir()
    else:
        target.unlink()
        if damage == "changed":
            target.write_bytes(b"3")
        elif damage == "link":
            target.symlink_to("/etc/passwd")
    again = store.folder(files)
    assert [(f.path, f.size) for f in digest_files(again)] == [("a", 1), ("b/c", 1)]
    assert (again / "b" / "c").read_bytes() == b"2"
    assert leftovers(store) == []


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../up", "a/../../b", "a\\b", "a\x00b", "a//b", "./a", "a/", ".", "..",
     "new\nline", "\ud800"],
)  # fmt: skip
def test_paths_that_lead_out_or_are_none_are_refused(store: Store, path: str):
    blob = store.add([b"x"], "x")
    file = LockedFile.model_construct(path=path, size=1, digest=blob.digest)
    with pytest.raises(SourceRefusedError, match=r"leads out of|is not a file's path"):
        store.folder([file])
    assert not (store.root / "folders").exists()


def test_an_empty_path_is_refused(store: Store):
    blob = store.add([b"x"], "x")
    file = LockedFile.model_construct(path="", size=1, digest=blob.digest)
    with pytest.raises(SourceRefusedError, match="is not a file's path"):
        store.folder([file])


@pytest.mark.parametrize(
    ("paths", "message"),
    [(("a", "a"), "names the file a twice"), (("a/b", "a"), "has a as a file and as the folder")],
)
def test_files_that_exclude_each_other_are_refused(
    store: Store, paths: tuple[str, ...], message: str
):
    blob = store.add([b"x"], "x")
    files = [LockedFile(path=path, size=1, digest=blob.digest) for path in paths]
    with pytest.raises(SourceRefusedError, match=message):
        store.folder(files)


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path):
    (tmp_path / "models").write_text("a file where the folder belongs")
    with pytest.raises(FairwayError, match=r"the cache .* cannot be written: ") as caught:
        Store(tmp_path).add([b"x"], "x")
    assert "FAIRWAY_CACHE_DIR" in caught.value.fix


FULL = """
import resource, sys
from pathlib import Path
from fairway.errors import FairwayError
from fairway.resolve.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    Store(Path(sys.argv[1])).add([b"x" * 100_000] * 3, "large")
except FairwayError as error:
    print(error)
"""


def test_a_file_that_cannot_grow_leaves_nothing(tmp_path: Path):
    """As on a full disk: the system refuses a write in the middle of a file."""
    command = [sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"the cache {tmp_path}/models cannot be written: file too large\n"
    assert leftovers(Store(tmp_path)) == []


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(tmp_path / "given"))
    assert kept.folder() == str(tmp_path / "given")
    assert Store().root == tmp_path / "given" / "models"
    monkeypatch.delenv("FAIRWAY_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept.folder() == str(tmp_path / "fairway")


@pytest.mark.parametrize(
    ("size", "shown"), [(12, "12 bytes"), (1536, "1.5 KiB"), (20 << 30, "20 GiB")]
)
def test_sizes_are_shown_as_people_read_them(size: int, shown: str):
    assert shown_size(size) == shown


ADDER = """
import sys, time
from pathlib import Path
from fairway.resolve.store import Store
from fairway.spec.lock import LockedFile
store = Store(Path(sys.argv[1]))
def chunks(seed):
    for each in range(200):
        yield bytes([seed]) * 5000
for turn in range(8):
    files = []
    for seed in range(5):
        blob = store.add(chunks(seed), str(seed))
        files.append(LockedFile(path=f"f/{seed}", size=blob.size, digest=blob.digest))
    folder = store.folder(files)
    assert sorted(p.name for p in (folder / "f").iterdir()) == list("01234")
print(folder)
"""


@pytest.mark.slow
def test_processes_that_make_the_same_at_once_all_succeed(tmp_path: Path):
    command = [sys.executable, "-c", ADDER, str(tmp_path)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    done = [(*process.communicate(timeout=120), process.returncode) for process in running]
    assert {(error, status) for _, error, status in done} == {("", 0)}
    assert len({out for out, _, _ in done}) == 1
    store = Store(tmp_path)
    assert leftovers(store) == []
    assert len(list(store.root.glob("blobs/*/*"))) == 5
