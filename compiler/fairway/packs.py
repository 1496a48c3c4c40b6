"""Where the built-in packs are: inside the package when installed, beside it in a checkout."""

from __future__ import annotations

import os

PACKAGE = os.path.dirname(os.path.realpath(__file__))


def pack_folder(room: str) -> str:
    """Return the folder of a room of data, ``targets`` or ``policies``."""
    installed = os.path.join(PACKAGE, room)
    return installed if os.path.isdir(installed) else os.path.join(PACKAGE, "..", "..", room)
