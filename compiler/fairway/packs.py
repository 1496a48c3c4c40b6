"""Where the built-in packs are: inside the package when installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def pack_folder(room: str) -> Path:
    """Return the folder of a room of data, ``targets`` or ``policies``."""
    installed = PACKAGE / room
    return installed if installed.is_dir() else PACKAGE.parent.parent / room
