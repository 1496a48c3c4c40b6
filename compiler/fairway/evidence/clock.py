"""The time that a test is dated with: given, or that of the commit that is tested."""

from __future__ import annotations

import subprocess
from datetime import datetime
from os import PathLike

from fairway.errors import UsageError
from fairway.evidence.dates import parse_time

_FORMS = "give it as RFC 3339, such as 2026-11-01T09:00:00Z"


def time_of_test(given: str | None, folder: str | PathLike[str]) -> datetime:
    """Return ``given`` (RFC 3339), or the time of HEAD in ``folder``. Raises ``UsageError``."""
    if given is not None:
        found = parse_time(given)
        if found is None:
            raise UsageError(f"--now: {given[:60]!r} is not a time with a zone", _FORMS)
        return found
    # One process for a whole run; a library to read one date would cost more than it.
    try:
        done = subprocess.run(
            ["git", "show", "-s", "--format=%cI", "HEAD"],  # noqa: S607 - the user's own git
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        done = None
    found = parse_time(done.stdout.strip()) if done is not None and done.returncode == 0 else None
    if found is None:
        message = f"{folder} is in no git repository with a commit, so the test has no date"
        raise UsageError(message, f"commit first, or give --now; {_FORMS}")
    return found
