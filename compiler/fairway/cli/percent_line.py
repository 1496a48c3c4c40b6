"""A line on the terminal that says how much of a long calculation is done."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_AFTER = 1.0
_EVERY = 0.2


class PercentLine:
    """Shows a share of ``what`` on one line, which is gone at the end; call it with the share.

    Nothing is written unless ``stream`` is a terminal and more than a second has passed.
    """

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._shows = self._stream.isatty()
        self._next = time.monotonic() + _AFTER
        self._width = 0

    def __call__(self, share: float) -> None:
        """Take note of how much is done, from 0 to 1."""
        if not self._shows or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        text = f"{self._what}: {share:.0%}"
        self._stream.write(f"\r{text:<{self._width}}")
        self._stream.flush()
        self._width = max(self._width, len(text))

    def clear(self) -> None:
        """Remove the line, so that what is printed next begins on an empty one."""
        if self._width:
            self._stream.write(f"\r{'':<{self._width}}\r")
            self._stream.flush()
