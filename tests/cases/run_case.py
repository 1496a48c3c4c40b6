"""Running a case: its files over those of ``base``, in a folder of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from cases.setups import SETUPS

from fairway.cli import main

CASES = Path(__file__).parent
BASE = CASES / "base"
REPORT = "report.txt"
COMMAND = "command"
"""The file of a case's command; default: ``validate``."""
BEFORE = "before"
"""The file of a command that is run on ``base`` before the case is laid over it."""

_NOT_OF_THE_SPEC = (REPORT, COMMAND, BEFORE, "fairway.yaml")


class Outcome(NamedTuple):
    """What a command printed on stdout, and its exit code."""

    report: str
    code: int


def case_names() -> list[str]:
    """Return the name of every case; the folder ``base`` is a right one, and none."""
    return sorted(
        path.parent.name for path in CASES.glob("*/deployment.yaml") if path.parent != BASE
    )


def lay_out(source: Path, root: Path) -> Path:
    """Copy a case, or the base, over what ``root`` holds; return the deployment's folder."""
    folder = root / "specs" / "churn"
    ignored = shutil.ignore_patterns(*_NOT_OF_THE_SPEC)
    shutil.copytree(source, folder, ignore=ignored, dirs_exist_ok=True)
    if (source / "fairway.yaml").exists():
        shutil.copy(source / "fairway.yaml", folder.parent)
    return folder


def run_case(case: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> Outcome:
    """Return what the case's command prints; the working directory must be ``root``."""
    lay_out(BASE, root)
    if (case / BEFORE).exists():
        assert run(_words(case / BEFORE), capsys).code == 0
    folder = lay_out(case, root)
    if case.name in SETUPS:
        SETUPS[case.name](folder)
    command = case / COMMAND
    return run(_words(command) if command.exists() else ["validate"], capsys)


def _words(path: Path) -> list[str]:
    return path.read_text("utf-8").split()


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Outcome:
    """Run ``fairway`` in this process."""
    before = sys.argv
    sys.argv = ["fairway", *arguments]
    capsys.readouterr()
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    code = ended.value.code
    return Outcome(capsys.readouterr().out, code if isinstance(code, int) else int(bool(code)))
