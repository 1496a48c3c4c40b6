"""Whether the server wants new traffic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Lifecycle:
    """Shared by the signal handler, which writes, and the application, which reads."""

    draining: bool = False
