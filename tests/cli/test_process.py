"""What only a process of its own shows: imports, completion, pipes and the cache of schemas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli.command import SCRIPT, fairway, python

HEAVY = ("pydantic", "jinja2", "ruamel", "jsonschema", "kserve", "sklearn", "numpy", "httpx",
         "cel", "rich", "asyncio")  # fmt: skip
LISTING = """
import sys
sys.argv = ["fairway", "validate"]
from fairway.cli import main
try:
    main()
except SystemExit as ended:
    code = ended.code
print(code, *sorted(sys.modules), sep="\\n")
"""
CLEAN = "1 deployment in 2 files: no findings\n"


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_a_clean_run_imports_nothing_heavy(project, cache):
    assert fairway("validate", folder=project, surroundings=cache).code == 0
    done = python(LISTING, folder=project, surroundings=cache)
    lines = done.out.splitlines()
    assert lines[1] == "0", done.err
    imported = {name.partition(".")[0] for name in lines[2:]}
    assert "fairway" in imported
    assert imported & set(HEAVY) == set()


def test_the_cache_changes_no_result(broken, cache):
    first = fairway("validate", folder=broken, surroundings=cache)
    assert list((broken / "cache/fairway").iterdir())
    assert fairway("validate", folder=broken, surroundings=cache) == first
    assert first.code == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:100] + b"\xff\xff\xff\xff" + data[104:],
        lambda data: bytes(reversed(data)),
    ],
    ids=["empty", "half", "a byte less", "flipped", "reversed"],
)
def test_a_damaged_cache_is_only_a_cache(project, cache, damage):
    assert fairway("validate", folder=project, surroundings=cache).code == 0
    files = sorted((project / "cache/fairway").iterdir())
    assert files
    damaged = [damage(path.read_bytes()) for path in files]
    for path, data in zip(files, damaged, strict=True):
        path.write_bytes(data)
    assert fairway("validate", folder=project, surroundings=cache) == (CLEAN, "", 0)
    for path, data in zip(files, damaged, strict=True):
        assert path.read_bytes() != data  # made again


@pytest.mark.slow
def test_a_cache_that_cannot_be_written(project, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    surroundings = {"XDG_CACHE_HOME": str(tmp_path / "file")}
    assert fairway("validate", folder=project, surroundings=surroundings) == (CLEAN, "", 0)


@pytest.mark.slow
def test_a_cache_where_a_folder_is_in_the_way(project, cache):
    assert fairway("validate", folder=project, surroundings=cache).code == 0
    for path in (project / "cache/fairway").iterdir():
        path.unlink()
        path.mkdir()
    assert fairway("validate", folder=project, surroundings=cache) == (CLEAN, "", 0)


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script(shell, tmp_path):
    surroundings = {"_FAIRWAY_COMPLETE": f"{shell}_source"}
    done = fairway(folder=tmp_path, surroundings=surroundings)
    assert done.code == 0
    assert "_fairway_completion" in done.out
    assert f"_FAIRWAY_COMPLETE={shell}_complete" in done.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "answer"),
    [("fairway val", "plain,validate"), ("fairway validate --fo", "plain,--format"),
     ("fairway validate --format sar", "plain,sarif")],
)  # fmt: skip
def test_completion(words, answer, tmp_path):
    surroundings = {
        "_FAIRWAY_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = fairway(folder=tmp_path, surroundings=surroundings)
    assert (done.out.splitlines(), done.code) == ([answer], 0)


@pytest.mark.slow
def test_the_module_is_the_command(project, cache):
    command = [sys.executable, "-m", "fairway", "validate"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (CLEAN, 0)


@pytest.mark.slow
def test_a_reader_that_goes_away(broken):
    command = f"'{SCRIPT}' validate --format json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=broken, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() in ("1", "141")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_terminal_without_utf_8(broken):
    spec = broken / "specs/churn/deployment.yaml"
    spec.write_text(spec.read_text("utf-8").replace("team: 7", "team: Überweisung"), "utf-8")
    done = fairway("validate", folder=broken, surroundings={"PYTHONIOENCODING": "ascii"})
    assert done.code == 1
    assert r"\xdcberweisung" in done.out
