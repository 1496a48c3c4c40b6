"""The files of the repository: what git tracks, and what it would track if it were added."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "compiler" / "fairway"
# Without git, in an unpacked archive, these are left out by name.
_IGNORED = {
    ".git",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    "rendered",
    ".hypothesis",
    "node_modules",
}


@cache
def tracked_files() -> tuple[str, ...]:
    """Paths relative to the root, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
        names = set(listed.stdout.split("\0")) - {""}
    except (OSError, subprocess.CalledProcessError):
        names = set(_walk(ROOT))
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def _walk(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.name in _IGNORED or path.name.endswith(("_cache", ".egg-info")):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path.relative_to(ROOT).as_posix()


def below(*folders: str) -> list[str]:
    """The tracked files below some folders."""
    return [name for name in tracked_files() if name.startswith(tuple(f"{f}/" for f in folders))]


def python_files(*folders: str) -> list[str]:
    return [name for name in below(*folders) if name.endswith(".py")]
