"""The three files of a version's evidence, written all together or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fairway.errors import FairwayError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "evidence"


def statement_path(version: str) -> str:
    """Return where the statement of a version is, inside its deployment's folder."""
    return f"{FOLDER}/{version}.test-result.json"


def report_path(version: str) -> str:
    """Return where the report of a version is."""
    return f"{FOLDER}/{version}.report.json"


def page_path(version: str) -> str:
    """Return where the page of a version is."""
    return f"{FOLDER}/{version}.report.html"


def write_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below ``folder``, the last of the map last. Raises ``FairwayError``.

    All are on the disk beside their places before the first is renamed. If the machine stops
    between two renames, the old statement names the digest of the old report, and no longer
    counts: that is why the statement is the last.
    """
    beside: dict[Path, Path] = {}
    try:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            beside[path] = path.with_name(f".{path.name}.{os.getpid()}")
            _write(beside[path], data)
        for path, written in beside.items():
            written.replace(path)
    except OSError as error:
        where = f"{folder / FOLDER}: evidence cannot be written"
        raise FairwayError(f"{where}: {error.strerror or error}") from error
    finally:
        for written in beside.values():
            with suppress(OSError):
                written.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
