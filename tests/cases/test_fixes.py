"""A fix that has a text to put in the place of what is wrong mends it, and breaks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases.run_case import BASE, BEFORE, CASES, COMMAND, case_names, lay_out
from cases.setups import SETUPS

from fairway.finding import Diagnostic
from fairway.fleet import Fleet

NAMES = [
    name
    for name in case_names()
    if not (CASES / name / COMMAND).exists() and not (CASES / name / BEFORE).exists()
]


def findings() -> list[Diagnostic]:
    fleet = Fleet(())
    for _ in fleet.check():
        pass
    return fleet.diagnostics()


def mended(path: Path, found: Diagnostic) -> bytes:
    assert found.span is not None
    assert found.fix is not None
    assert found.fix.replacement is not None
    data = path.read_bytes()
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    lines = data.removeprefix(mark).decode("utf-8", "replace").splitlines(keepends=True)
    line, column, end_line, end_column = found.span
    before = "".join(lines[: line - 1]) + lines[line - 1][: column - 1]
    after = lines[end_line - 1][end_column - 1 :] + "".join(lines[end_line:])
    return mark + (before + found.fix.replacement + after).encode()


@pytest.mark.parametrize("name", NAMES)
def test_a_replacement_mends(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay_out(BASE, tmp_path)
    folder = lay_out(CASES / name, tmp_path)
    if name in SETUPS:
        SETUPS[name](folder)
    all_found = findings()
    for found in all_found:
        if found.fix is None or found.fix.replacement is None:
            continue
        path = tmp_path / found.file
        data = path.read_bytes()
        path.write_bytes(mended(path, found))
        left = findings()
        path.write_bytes(data)
        wrong = (found.rule, found.message, found.route)
        assert wrong not in [(each.rule, each.message, each.route) for each in left], found.fix
        new = {each.rule for each in left} - {each.rule for each in all_found}
        assert not any(rule.startswith("yaml/") for rule in new), (found.fix, left)
