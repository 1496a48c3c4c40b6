"""How wide the terminal is and whether it shows colours."""

from __future__ import annotations

import os
import sys

import click

from fairway.cli.reporting import shows_colour

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


class Terminal:
    """What standard output can show; ``width`` is None when it is not a terminal."""

    def __init__(self) -> None:
        self.colour = shows_colour()
        self.width: int | None = None
        if sys.stdout.isatty():
            try:
                self.width = max(40, os.get_terminal_size(sys.stdout.fileno()).columns)
            except (OSError, ValueError):
                self.width = 80

    def bold(self, text: str) -> str:
        """Return a text in bold letters, where they are shown."""
        return click.style(text, bold=True) if self.colour else text

    def dim(self, text: str) -> str:
        """Return a text that steps back, where that is shown."""
        return click.style(text, dim=True) if self.colour else text

    def severity(self, word: str, text: str = "") -> str:
        """Return a severity, or a text that shows one, in its colour."""
        shown = text or word
        if not self.colour or word == "off":
            return self.dim(shown) if word == "off" else shown
        return click.style(shown, fg=_COLOURS[word])

    def print(self, text: str = "") -> None:
        """Print a line."""
        click.echo(text, color=self.colour)
