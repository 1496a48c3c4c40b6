"""Running ``fairway`` as people do: a process of its own, with its streams apart."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(sys.executable).with_name("fairway")
_INHERITED = ("PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")


class Ran(NamedTuple):
    """What a run left behind."""

    out: str
    err: str
    code: int


def fairway(*arguments: str, folder: Path, surroundings: Mapping[str, str] | None = None) -> Ran:
    """Run the console script in ``folder`` with no variables but a few and ``surroundings``."""
    return _run([str(SCRIPT), *arguments], folder, surroundings or {})


def python(code: str, *, folder: Path, surroundings: Mapping[str, str] | None = None) -> Ran:
    """Run a piece of Python in a fresh process."""
    return _run([sys.executable, "-c", code], folder, surroundings or {})


def _run(command: list[str], folder: Path, surroundings: Mapping[str, str]) -> Ran:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PYTHONIOENCODING": "utf-8", **surroundings},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return Ran(done.stdout, done.stderr, done.returncode)
