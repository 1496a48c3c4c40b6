"""Hostile files get a few clear findings, in bounded time and memory, and never a traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cases.run_case import BASE, lay_out
from reading.bounded import validate
from reading.hostile import HOSTILE

from fairway.rule import MOST_FINDINGS
from fairway.source.build import MAX_DEPTH, parse
from fairway.source.file import source_from_text

JSON = ("specs/churn", "--format", "json")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return lay_out(BASE, tmp_path) / "deployment.yaml"


def findings(folder: Path) -> list[dict[str, object]]:
    done = validate(folder, *JSON)
    assert done.errors == ""
    assert done.code == 1
    found: list[dict[str, object]] = json.loads(done.report)["findings"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_file(name: str, spec: Path, tmp_path: Path) -> None:
    data = HOSTILE[name]()
    assert len(data) <= 1 << 20
    spec.write_bytes(data)
    found = findings(tmp_path)
    assert 1 <= len(found) <= MOST_FINDINGS + 1
    assert all(each["line"] for each in found)
    assert all(len(str(each["message"])) < 5000 for each in found)


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}")])
def test_the_limit_of_depth(depth: int, opening: str, closing: str) -> None:
    text = opening * depth + "1" + closing * depth
    document, found = parse(source_from_text("x.yaml", text))
    assert document.complete is (depth <= MAX_DEPTH)
    assert [finding.rule for finding in found] == ["yaml/depth"] * (depth > MAX_DEPTH)


def test_aliases_count_to_the_limit_of_depth() -> None:
    half = MAX_DEPTH // 2
    text = f"a: &a {'[' * half}{']' * half}\nb: {'[' * half}*a{']' * half}"
    _, found = parse(source_from_text("x.yaml", text))
    assert [finding.rule for finding in found] == ["yaml/depth"]


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _directory(path: Path) -> None:
    path.mkdir()


NOT_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a named pipe": (_fifo, "not a regular file"),
    "an endless device": (_endless, "not a regular file"),
    "a link to itself": (_loop, "too many levels of symbolic links"),
    "a directory": (_directory, "this is a directory, not a file"),
}


@pytest.mark.parametrize("name", NOT_FILES)
def test_not_a_file(name: str, spec: Path, tmp_path: Path) -> None:
    make, message = NOT_FILES[name]
    spec.unlink()
    make(spec)
    (found,) = findings(tmp_path)
    assert found["rule"] == "source/unreadable"
    assert message in str(found["message"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in NOT_FILES if n != "a link to itself"])
@pytest.mark.parametrize("file", ["contract.json", "deployment.lock.json", "../fairway.yaml"])
def test_another_file_that_is_none(name: str, file: str, spec: Path, tmp_path: Path) -> None:
    make, _ = NOT_FILES[name]
    path = spec.parent / file
    path.unlink()
    make(path)
    assert len(findings(tmp_path)) >= 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(spec: Path, tmp_path: Path) -> None:
    spec.chmod(0)
    (found,) = findings(tmp_path)
    assert "permission denied" in str(found["message"])


@pytest.mark.slow
@pytest.mark.parametrize("file", ["contract.json", "deployment.lock.json"])
@pytest.mark.parametrize(
    "data",
    [
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b"9" * 1_000_000,
        b'{"versions": {' + b",".join(b'"%d": {}' % n for n in range(20_000)) + b"}}",
        b'{"inputs": [' + b",".join([b"{}"] * 30_000) + b'], "outputs": []}',
        b'"' + b"\\ud800" * 1000 + b'"',
        b"NaN",
        b"",
        b"\xff\xfe{}",
        b"{}\0",
    ],
    ids=["brackets", "braces", "digits", "versions", "inputs", "surrogates", "nan", "empty",
         "utf-16", "nul"],
)  # fmt: skip
def test_a_json_file(data: bytes, file: str, spec: Path, tmp_path: Path) -> None:
    (spec.parent / file).write_bytes(data)
    found = findings(tmp_path)
    assert 1 <= len(found) <= MOST_FINDINGS + 3


@pytest.mark.slow
@pytest.mark.parametrize("name", ["open brackets", "40,000 unknown keys", "20,000 keys twice"])
def test_a_project_file(name: str, spec: Path, tmp_path: Path) -> None:
    (spec.parent.parent / "fairway.yaml").write_bytes(HOSTILE[name]())
    assert 1 <= len(findings(tmp_path)) <= MOST_FINDINGS + 1
