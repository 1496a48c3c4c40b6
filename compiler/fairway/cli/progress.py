"""A line on the terminal for downloads that take longer than a second."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_AFTER = 1.0
_EVERY = 0.1
_WIDTH = 78
_MIB = 1 << 20


class ProgressLine:
    """Shows what is downloaded on one line, which is gone at the end; call it as ``Progress``.

    Several downloads at once share the line: all of their bytes, and the name of the last one.
    Nothing is written unless ``stream`` is a terminal.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shows = self._stream.isatty()
        self._began = time.monotonic()
        self._last = 0.0
        self._written = False
        self._bytes: dict[str, tuple[int, int | None]] = {}

    def __call__(self, what: str, so_far: int, total: int | None) -> None:
        """Take note of how far the download of ``what`` has come, in bytes."""
        self._bytes[what] = (so_far, total)
        now = time.monotonic()
        if not self._shows or now - self._began < _AFTER or now - self._last < _EVERY:
            return
        self._last = now
        self._write(_line(what, list(self._bytes.values())))

    def clear(self) -> None:
        """Remove the line, so that what is printed next begins on an empty one."""
        if self._written:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text[:_WIDTH]:<{_WIDTH}}")
        self._stream.flush()
        self._written = True


def _line(what: str, counts: list[tuple[int, int | None]]) -> str:
    done = sum(so_far for so_far, _ in counts) / _MIB
    totals = [total for _, total in counts]
    known = [total for total in totals if total is not None]
    if len(known) == len(totals):
        whole = sum(known) / _MIB
        share = done / whole if whole else 1.0
        bar = "#" * int(20 * min(share, 1.0))
        return f"[{bar:<20}] {done:,.1f} of {whole:,.1f} MiB  {what}"
    return f"{done:,.1f} MiB  {what}"
