"""The compile command as a process of its own, in a given folder and surroundings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SPECS = REPOSITORY / "specs"
GOLDEN = REPOSITORY / "tests" / "golden" / "fleet"

_INHERITED = ("PATH", "PYTHONPATH", "HOME", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")


def compile_command(
    *arguments: str | Path, folder: Path, surroundings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``fairway compile`` in ``folder`` with no variables but ``surroundings``."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "fairway", "compile", *map(str, arguments)],
        cwd=folder,
        env={**kept, **(surroundings or {})},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
