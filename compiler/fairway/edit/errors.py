"""Why an edit was not made."""

from __future__ import annotations


class EditRefusedError(Exception):
    """An edit cannot be made exactly, so none was; the message says why and names the place."""
