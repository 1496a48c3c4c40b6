"""Watching files for edits: by their bytes, so that a file that is only touched is no edit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest_of(files: Iterable[Path]) -> str:
    """Return one digest over files, by path; one that cannot be read counts as having no bytes."""
    digest = hashlib.sha256()
    for path in sorted(files):
        try:
            data = path.read_bytes()
        except OSError:
            data = b"\0"
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
