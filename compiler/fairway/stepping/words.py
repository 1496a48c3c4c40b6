"""How numbers and times of a release are said to people."""

from __future__ import annotations


def span(seconds: float) -> str:
    """Return a length of time in its two largest units: ``1h 30m``."""
    left = max(0, int(seconds))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts[:2]) or "0s"


def percent(share: float) -> str:
    """Return a share from 0 to 100 with its sign: ``12.5%``."""
    return f"{share:g}%"
