"""A folder's files as a mapping from path to bytes, and what two such trees differ in."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

Tree: TypeAlias = Mapping[str, bytes]

SHOWN_FILES = 5
SHOWN_LINES = 40


def read_tree(root: Path) -> Tree:
    """Return every file below ``root`` by its path with forward slashes."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def differences(expected: Tree, actual: Tree) -> str:
    """Return what a reader needs to see of how ``actual`` differs; empty when it does not."""
    changed = [path for path in sorted(expected.keys() | actual.keys())
               if expected.get(path) != actual.get(path)]  # fmt: skip
    if not changed:
        return ""
    shown = [line for path in changed[:SHOWN_FILES] for line in _file(path, expected, actual)]
    rest = len(changed) - SHOWN_FILES
    if rest > 0:
        shown.append(f"… and {rest} files more: {', '.join(changed[SHOWN_FILES:])}")
    return "\n".join([f"{len(changed)} files differ", *shown])


def _file(path: str, expected: Tree, actual: Tree) -> Iterator[str]:
    if path not in actual:
        yield f"--- {path} is missing"
    elif path not in expected:
        yield f"+++ {path} is new"
    else:
        before, after = (side[path].decode().splitlines() for side in (expected, actual))
        lines = list(difflib.unified_diff(before, after, f"golden/{path}", path, lineterm="", n=2))
        yield from lines[:SHOWN_LINES] or ["only the line ends differ"]
        if len(lines) > SHOWN_LINES:
            yield f"… {len(lines) - SHOWN_LINES} lines more"
