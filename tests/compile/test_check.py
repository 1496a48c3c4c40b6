"""``compile --check``: the committed output is what the specs compile to, or the exit code is 1."""

from __future__ import annotations

import json

import pytest
from compile.repository import Done, Repository


@pytest.fixture
def current(repository: Repository) -> Repository:
    repository.write()
    repository.compiled()
    return repository


def findings(repository: Repository) -> list[tuple[str, int | None, str]]:
    """Return file, line and message of what a check finds, in order."""
    done: Done = repository.compile("--check", "--format", "json")
    report = json.loads(done.report)
    found = [
        (
            finding["file"].removeprefix("rendered/"),
            finding["line"],
            finding["message"],
        )
        for finding in report["findings"]
    ]
    assert done.code == (1 if found else 0)
    return found


def test_current_output_passes(current: Repository) -> None:
    before = current.tree()
    assert findings(current) == []
    assert current.tree() == before
    assert "all current" in current.compile("--check").said


def test_a_missing_file(current: Repository) -> None:
    (current.out / "staging" / "scorer" / "manifest.yaml").unlink()
    (found,) = findings(current)
    assert found[0] == "staging/scorer/manifest.yaml"
    assert found[2] == "this file is missing"
    assert not (current.out / "staging" / "scorer" / "manifest.yaml").exists()


def test_a_file_that_differs_is_found_at_its_first_other_line(current: Repository) -> None:
    path = current.out / "production" / "scorer" / "manifest.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    line = next(n for n, text in enumerate(lines) if "containerPort: 8080" in text)
    lines[line] = lines[line].replace("8080", "8081")
    changed = "".join(lines)
    path.write_text(changed, encoding="utf-8")
    ((file, at, message),) = findings(current)
    assert (file, at) == ("production/scorer/manifest.yaml", line + 1)
    assert message == "this differs from what its spec compiles to"
    assert path.read_text("utf-8") == changed


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_file_that_was_cut(current: Repository, cut: int) -> None:
    path = current.out / "staging" / "scorer" / "manifest.yaml"
    path.write_bytes(path.read_bytes()[:cut])
    ((file, _, message),) = findings(current)
    assert file == "staging/scorer/manifest.yaml"
    assert message == "this differs from what its spec compiles to"


def test_bytes_that_are_not_text(current: Repository) -> None:
    path = current.out / "staging" / "scorer" / "manifest.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert [file for file, _, _ in findings(current)] == ["staging/scorer/manifest.yaml"]


def test_a_stale_file(current: Repository) -> None:
    current.write(versions={"1.0": "./models/1.0"})
    found = {file: message for file, _, message in findings(current)}
    stale = "no spec compiles to this file any more"
    assert found["images/scorer/2.0/Dockerfile"] == stale
    assert found["images/scorer/2.0/context.json"] == stale
    assert "index.json" in found
    assert (current.out / "images" / "scorer" / "2.0" / "Dockerfile").exists()


def test_a_changed_spec(current: Repository) -> None:
    current.write(serving={"resources": {"cpu": 2, "memory": "1Gi"}})
    files = {file for file, _, _ in findings(current)}
    assert {"staging/scorer/manifest.yaml", "production/scorer/manifest.yaml"} <= files
    current.compiled()
    assert findings(current) == []


def test_no_output_at_all(repository: Repository) -> None:
    repository.write()
    assert {message for _, _, message in findings(repository)} == {"this file is missing"}
    assert not repository.out.exists()


def test_a_foreign_file_is_not_stale(current: Repository) -> None:
    (current.out / "README.md").write_text("ours")
    assert findings(current) == []
