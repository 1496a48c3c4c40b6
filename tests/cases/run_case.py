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
"""A case's command lines, one a line; the last one makes the report. Default: ``validate``."""

_NOT_OF_THE_SPEC = (REPORT, COMMAND, "fairway.yaml")


class Outcome(NamedTuple):
    """What a command printed on stdout, and its exit code."""

    report: str
    code: int


def case_names() -> list[str]:
    """Return the name of every case; the folder ``base`` is a right one, and none."""
    return sorted(path.parent.name for path in CASES.glob("*/deployment.yaml") if path.parent != BASE)


def lay_out(case: Path, root: Path) -> None:
    """Make ``root`` a project with the case as ``specs/churn``."""
    folder = root / "specs" / "churn"
    for source in (BASE, case):
        ignored = shutil.ignore_patterns(*_NOT_OF_THE_SPEC)
        shutil.copytree(source, folder, ignore=ignored, dirs_exist_ok=True)
        if (source / "fairway.yaml").exists():
            shutil.copy(source / "fairway.yaml", folder.parent)
    SETUPS.get(case.name, lambda _: None)(folder)


def run_case(case: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> Outcome:
    """Return what the case's last command prints; the working directory must be ``root``."""
    lay_out(case, root)
    command = case / COMMAND
    lines = command.read_text("utf-8").splitlines() if command.exists() else ["validate"]
    outcome = Outcome("", 0)
    for line in lines:
        outcome = run(line.split(), capsys)
    return outcome


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
