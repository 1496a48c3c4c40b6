"""A report put into a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_report(text: str, path: Path) -> None:
    """Write a report as UTF-8 to ``path``, making its directories.

    The text is written beside the file and renamed over it, so a reader never sees half of it;
    a device or a pipe, which a rename would replace, is written to. Raises ``OSError``.
    """
    data = text.encode()
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(data)
        return
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".fairway-{os.urandom(8).hex()}.tmp")
    try:
        with beside.open("xb") as stream:
            stream.write(data)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
