"""One ``fairway validate`` in a process of its own, held to a time and to an amount of memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

MEMORY = 1 << 30
SECONDS = 10


class Bounded(NamedTuple):
    """What a run printed, its exit code, and the most memory it had, in MiB."""

    report: str
    errors: str
    code: int


def validate(folder: Path, *arguments: str) -> Bounded:
    """Run ``fairway validate`` in ``folder``; raise when it takes too long."""
    done = subprocess.run(
        [sys.executable, "-m", "fairway", "validate", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        preexec_fn=_limit,
    )
    return Bounded(done.stdout, done.stderr, done.returncode)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
