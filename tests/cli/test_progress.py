"""Downloads that last are shown on a terminal, on one line that goes away."""

from __future__ import annotations

import io

import pytest

from fairway.cli import progress
from fairway.cli.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_what_is_quick_shows_nothing(clock: list[float]) -> None:
    terminal = Terminal()
    line = ProgressLine(terminal)
    clock[0] += 0.9
    line("model.onnx", 1 << 20, 2 << 20)
    line.clear()
    assert terminal.getvalue() == ""


def test_bytes_of_all_downloads_on_one_line(clock: list[float]) -> None:
    terminal = Terminal()
    line = ProgressLine(terminal)
    clock[0] += 2
    line("a.onnx", 1 << 20, 4 << 20)
    clock[0] += 1
    line("b.onnx", 1 << 20, 4 << 20)
    shown = terminal.getvalue().split("\r")[-1]
    assert shown.startswith("[#####               ] 2.0 of 8.0 MiB  b.onnx")
    clock[0] += 1
    line("c.onnx", 5 << 20, None)  # nobody knows how large it is
    assert "7.0 MiB  c.onnx" in terminal.getvalue()
    line.clear()
    assert terminal.getvalue().endswith(" \r")
    assert "\n" not in terminal.getvalue()


def test_nothing_is_written_where_nobody_looks(clock: list[float]) -> None:
    stream = io.StringIO()
    line = ProgressLine(stream)
    clock[0] += 5
    line("a.onnx", 1, 2)
    line.clear()
    assert stream.getvalue() == ""
