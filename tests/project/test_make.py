"""The commands of the README are there, and do what they say without asking."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project.tree import ROOT, tracked_files

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split()
SCRIPTS = [name for name in tracked_files() if name.endswith(".sh") or name == ".ci/run"]


def make(*arguments: str) -> str:
    # Options of a make that runs these tests are not for the make that they run.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("target", TARGETS)
def test_target_is_listed_and_can_be_planned(target: str):
    assert re.search(rf"^make {target} +\w", make("help"), re.MULTILINE)
    assert make("--dry-run", target)


def test_help_is_the_default():
    assert make() == make("help")


def test_integration_runs_make_test():
    assert re.search(r"^exec make .*\btest$", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE)


def test_tests_include_the_linters_and_the_type_checker():
    planned = make("--dry-run", "test")
    for tool in ("ruff check", "ruff format --check", "mypy", "pytest"):
        assert tool in planned
    assert ".venv/bin/python -m pytest " in planned.rstrip().splitlines()[-1]


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_sound(name: str):
    assert os.access(ROOT / name, os.X_OK), f"{name} is not executable"
    done = subprocess.run(
        [Path(sys.executable).parent / "shellcheck", name], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
