"""An artifact: one file of the output, before it is written."""

from __future__ import annotations

from typing import NamedTuple


class Artifact(NamedTuple):
    """A rendered file: its path in the output (POSIX), its text, and where it came from.

    ``spec`` is the spec's path from the project's folder; ``environment`` is empty for what all
    environments share. ``targets`` names the targets that made it, in order.
    """

    path: str
    text: str
    targets: tuple[str, ...]
    spec: str
    environment: str
