"""Damaged specs: findings at places that exist, quickly, and never an exception."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
from golden.compile_command import SPECS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading.mutations import MUTATIONS, living_specs

from fairway.cli.reporting import exit_code
from fairway.errors import UsageError
from fairway.finding import Diagnostic
from fairway.fleet import Fleet
from fairway.report import FORMATS, render, summarise

EVERYTHING = Path(__file__).with_name("everything.yaml")
SLOWEST = 10.0  # seconds of CPU: far above any honest run, far below what an attack would take
"""The seconds of processor time that a run may take, imports apart."""

NAMES = ("everything", *living_specs(SPECS))
FILES = ("deployment.yaml", "fairway.yaml", "contract.json", "deployment.lock.json")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The living fleet without its models, and a spec with every field of the language."""
    root = tmp_path_factory.mktemp("fuzz")
    shutil.copytree(
        SPECS, root / "specs", ignore=shutil.ignore_patterns("models", "data", "training")
    )
    shutil.copytree(root / "specs/digit-reader", root / "specs/everything")
    shutil.copy(EVERYTHING, root / "specs/everything/deployment.yaml")
    return root


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - for tests that can be run again


def check(root: Path, name: str, file: str, data: bytes) -> list[Diagnostic]:
    """Put ``data`` in the place of a file, check its spec, and put the file back."""
    path = root / "specs" / ("" if file == "fairway.yaml" else name) / file
    before = path.read_bytes()
    path.write_bytes(data)
    started = time.process_time()
    try:
        run = Fleet([f"specs/{name}"])
        for _ in run.check():
            pass
        found = run.diagnostics()
    except UsageError:
        assert file == "fairway.yaml"  # it names a folder of targets that is not there
        return []
    finally:
        path.write_bytes(before)
    assert time.process_time() - started < SLOWEST
    assert exit_code(found, "error") in (0, 1)
    for diagnostic in found:
        assert_located(diagnostic, root, path, data)
    return found


def assert_located(diagnostic: Diagnostic, root: Path, path: Path, data: bytes) -> None:
    """A finding's span lies inside its file, and its snippet is that file's."""
    if diagnostic.span is None:
        assert diagnostic.rule.startswith("source/")
        return
    changed = root / diagnostic.file == path
    content = data if changed else (root / diagnostic.file).read_bytes()
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    span = diagnostic.span
    assert (1, 1) <= span[:2] <= span[2:]
    assert span.end_line <= len(lines)
    assert span.end_column <= len(lines[span.end_line - 1]) + 1
    assert diagnostic.snippet
    for line in diagnostic.snippet:
        assert line.text == lines[line.number - 1]


@pytest.fixture
def here(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(fleet)
    for _ in Fleet(["specs/everything"]).check():  # imports, and fills caches
        pass
    return fleet


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), st.sampled_from(list(MUTATIONS)), st.integers(0, 2**32))
def test_a_damaged_spec(here: Path, name: str, mutation: str, seed: int) -> None:
    data = (here / "specs" / name / "deployment.yaml").read_bytes()
    check(here, name, "deployment.yaml", MUTATIONS[mutation](data, chance(seed)))


@pytest.mark.slow
def test_many_damaged_files(here: Path) -> None:
    chosen = chance(20261122)
    seen: set[str] = set()
    ends = time.monotonic() + 8
    while time.monotonic() < ends:
        name, mutation = chosen.choice(NAMES), chosen.choice(list(MUTATIONS))
        file = chosen.choice((*FILES, "deployment.yaml", "deployment.yaml"))
        path = here / "specs" / ("" if file == "fairway.yaml" else name) / file
        data = MUTATIONS[mutation](path.read_bytes(), chosen)
        found = check(here, name, file, data)
        seen.update(diagnostic.rule for diagnostic in found)
        summary = summarise(found, files=1, deployments=1)
        for form in FORMATS:
            assert isinstance(render(form, found, summary, {}, version="0"), str)
    assert {"spec/type", "spec/unknown-key", "yaml/syntax", "yaml/alias", "lock/format"} <= seen


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_a_file_cut_anywhere(here: Path, file: str) -> None:
    name = "digit-reader"
    path = here / "specs" / ("" if file == "fairway.yaml" else name) / file
    data = path.read_bytes()
    for end in range(0, len(data), max(1, len(data) // 150)):
        check(here, name, file, data[:end])
