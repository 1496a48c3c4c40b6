"""Times as evidence has them: RFC 3339, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_time(text: object) -> datetime | None:
    """Return a time of RFC 3339 in UTC, None for anything else."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def written(time: datetime) -> str:
    """Return a time as evidence has it: ``2026-11-01T09:00:00Z``."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
