"""Showing a local run: a table that lives on a terminal, or lines wherever else they go."""

from __future__ import annotations

import sys
from math import isnan
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from fairway.local.view import Row, View
from fairway.report.printable import visible

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

_EVERY: Final = 10.0  # seconds between lines about the same
_COLUMNS: Final = ("version", "", "share", "got", "requests", "p50", "p95", "errors")
_STYLES: Final = {"pass": "green", "fail": "bold red", "unknown": "yellow"}


class Screen(Protocol):
    """Where a run is shown."""

    def say(self, text: str) -> None:
        """Print a line that stays."""

    def show(self, view: View) -> None:
        """Show how things are."""

    def close(self) -> None:
        """Leave what was shown last."""


def screen() -> Screen:
    """Return a live table where standard output is a terminal and rich is there, else lines."""
    if sys.stdout.isatty():
        try:
            return LiveScreen()
        except ImportError:
            pass
    return PlainScreen()


class PlainScreen:
    """Lines: what happens when it does, and how things are every few seconds.

    A gate has a line whenever it says something else than before.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._words: tuple[str, ...] = ()

    def say(self, text: str) -> None:
        """Print a line."""
        print(visible(text), flush=True)

    def show(self, view: View) -> None:
        """Print a line for each version, unless it was just done."""
        words = tuple(each.word for each in view.gates)
        if words != self._words:
            for each in view.gates:
                self.say(f"         {each.word:7}  {each.gate}: {each.why}")
            self._words = words
        now = monotonic()
        if self._last is None:
            self._last = now  # there is nothing to see yet
        if now - self._last < _EVERY:
            return
        self._last = now
        self.say(view.title)
        for row in view.rows:
            got, requests, p50, p95, errors = _numbers(row)
            self.say(
                f"         {row.version} {row.role}, {row.share}: got {got}, p50 {p50}, p95 {p95},"
                f" errors {errors}; {requests} requests in all"
            )

    def close(self) -> None:
        """Nothing is left to do."""


class LiveScreen:
    """A table that is drawn again in its place, below the lines that stay."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(highlight=False)
        self._live: Live = Live(console=self._console, refresh_per_second=4, transient=False)
        self._live.start()

    def say(self, text: str) -> None:
        """Print a line above the table."""
        self._console.print(visible(text), markup=False)

    def show(self, view: View) -> None:
        """Draw the table anew."""
        from rich.console import Group
        from rich.text import Text

        lines = [
            Text.assemble((f"{each.word:8}", _STYLES[each.word]), f"{each.gate}: {each.why}")
            for each in view.gates
        ]
        self._live.update(Group(Text(view.title, "bold"), _table(view), *lines))

    def close(self) -> None:
        """Leave the table as it was last."""
        self._live.stop()


def _table(view: View) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    for number, name in enumerate(_COLUMNS):
        table.add_column(name, justify="left" if number < 3 else "right")
    for row in view.rows:
        table.add_row(row.version, row.role, row.share, *_numbers(row))
    return table


def _numbers(row: Row) -> tuple[str, str, str, str, str]:
    """Return what was counted, a dash for what was not."""
    return (
        _written(row.got, "{:.1%}"),
        f"{row.requests:,}",
        _time(row.p50),
        _time(row.p95),
        _written(row.errors, "{:.2%}"),
    )


def _time(seconds: float) -> str:
    return _written(seconds * 1000, "{:.1f} ms" if seconds < 0.1 else "{:.0f} ms")


def _written(value: float, form: str) -> str:
    return "-" if isnan(value) else form.format(value)
