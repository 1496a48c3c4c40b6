"""Files are digested side by side, with the digests and the order of one after the other."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairway.lock.digest import SourceRefusedError, digest_files

ROOT = Path(__file__).parents[2]


def test_large_folders_are_digested_in_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"b/large": 9 << 20, "a": 0, "b/a": 1, "b/z": (1 << 20) + 1, "c": (1 << 20) - 1}
    for name, size in sizes.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode() * (size // len(name)) + b"x" * (size % len(name)))
    names: set[str] = set()
    plain = hashlib.sha256

    def watched(*arguments: bytes) -> object:
        names.add(threading.current_thread().name)
        return plain(*arguments)

    monkeypatch.setattr("fairway.lock.digest._processors", lambda: 3)
    monkeypatch.setattr(hashlib, "sha256", watched)
    found = digest_files(tmp_path)
    assert {name.partition("_")[0] for name in names} == {"digest"}
    assert [(file.path, file.size, file.sha256) for file in found] == [
        (name, sizes[name], plain((tmp_path / name).read_bytes()).hexdigest())
        for name in ("a", "b/a", "b/large", "b/z", "c")
    ]


def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(bytes(5 << 20))
    monkeypatch.setattr("fairway.lock.digest._processors", lambda: 2)
    really = open

    def failing(at: str, *arguments: object, **more: object) -> object:
        if str(at).endswith("b"):
            raise PermissionError(13, "Permission denied", at)
        return really(at, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", failing)
    with pytest.raises(PermissionError) as refused:
        digest_files(tmp_path)
    assert refused.value.filename == str(tmp_path / "b")


def test_files_are_left_out_by_their_whole_path(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("model.sig", "a/model.sig", "b"):
        (tmp_path / name).write_text(name)
    found = [file.path for file in digest_files(tmp_path, ("model.sig",))]
    assert found == ["a/model.sig", "b"]
    assert len(digest_files(tmp_path)) == 3
    with pytest.raises(SourceRefusedError, match="holds no files"):
        digest_files(tmp_path / "a", ("model.sig",))


def test_names_that_are_not_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with open(os.fsencode(tmp_path) + b"/a/\xff\n", "wb") as stream:
        stream.write(b"bytes")
    with pytest.raises(SourceRefusedError) as refused:
        digest_files(tmp_path)
    assert str(refused.value) == r"'a/\udcff\n' is no UTF-8 name"


def test_a_blank_is_no_name(tmp_path: Path) -> None:
    (tmp_path / " ").write_bytes(b"bytes")
    for model in (tmp_path, tmp_path / " "):
        with pytest.raises(SourceRefusedError, match="' ' is no UTF-8 name"):
            digest_files(model)


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A file below as many folders as a path can name, and how many; nothing else removes them."""
    folder = tmp_path / "model"
    folder.mkdir()
    depth = (3900 - len(str(folder))) // 2
    before = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        Path("f").write_text("deep")
        os.chdir(before)
        yield folder, depth
    finally:
        os.chdir(before)
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_folders_are_as_deep_as_the_system_allows(deep: tuple[Path, int]) -> None:
    folder, depth = deep
    (file,) = digest_files(folder)
    assert file.path == "d/" * depth + "f"
    assert depth > sys.getrecursionlimit()


@pytest.mark.slow
def test_the_benchmark_runs_and_says_what_it_measured(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "digest.py"), "--bytes", "20000000"]
    command += ["--repeat", "2", "--folder", str(tmp_path), "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "0.02 GB in 17 files" in done.stdout
    assert "digest and verify: at least 0.5 of sha256sum's speed" in done.stdout
    figures = json.loads(out.read_text("utf-8"))
    assert [series["name"] for series in figures["series"]] == ["sha256sum", "digest", "verify"]
    assert all(len(series["samples"]) == 2 for series in figures["series"])
    assert abs(figures["bytes"] - 20_000_000) < 1000
