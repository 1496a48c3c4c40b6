"""Broken specs and the exact reports about them; ``UPDATE_CASES=1`` writes the reports again."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from cases.run_case import BASE, CASES, REPORT, case_names, run_case
from cases.setups import SETUPS

from fairway.rule import ENGINE_RULES

UPDATE = "run `UPDATE_CASES=1 pytest tests/cases` and read the change as its reader would"
RULE = re.compile(r"(?m)^(?:(?:error|warning|info)\[| *\{\"rule\": \")([a-z/-]+)[\]\"]")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def test_the_base_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_case(BASE, tmp_path, capsys)
    assert outcome == ("1 deployment in 2 files: no findings\n", 0)


@pytest.mark.parametrize("name", case_names())
def test_case(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES / name
    outcome = run_case(case, tmp_path, capsys)
    if os.environ.get("UPDATE_CASES"):
        (case / REPORT).write_text(outcome.report, "utf-8", newline="\n")
    assert outcome.report == (case / REPORT).read_text("utf-8"), UPDATE
    assert outcome.code == 1


NEED_A_REGISTRY = {"lock/moved", "lock/image"}
"""Rules whose cases need a server; they are in tests/locking."""


def test_every_rule_of_the_engine_is_shown() -> None:
    shown = {
        rule
        for name in case_names()
        for rule in RULE.findall((CASES / name / REPORT).read_text("utf-8"))
    }
    # The cases of policies have packs of their own, whose rules are all of one family.
    assert {rule for rule in shown - ENGINE_RULES.keys() if not rule.startswith("team/")} == set()
    assert ENGINE_RULES.keys() - shown == NEED_A_REGISTRY


def test_every_setup_has_its_case() -> None:
    assert SETUPS.keys() - set(case_names()) == set()
