"""Running ``fairway`` in this process: what it prints on each stream, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from fairway.cli import main


class Streams(NamedTuple):
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int


def run_here(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Streams:
    monkeypatch.setattr(sys, "argv", ["fairway", *arguments])
    # As the console script, and not as a module of pytest's.
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    captured = capsys.readouterr()
    return Streams(captured.out, captured.err, code if isinstance(code, int) else int(bool(code)))
