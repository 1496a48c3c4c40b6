"""Which Fairway this is."""

from __future__ import annotations


def version() -> str:
    """Return the installed distribution's version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("fairway")
    except PackageNotFoundError:
        return "0+unknown"
