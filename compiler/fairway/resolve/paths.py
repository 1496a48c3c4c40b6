"""Paths inside a model, as a registry names them: they never lead out of the model's folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from fairway.lock.digest import SourceRefusedError

MAX_FILES = 100_000
_RENAME = "rename the file where the model is kept"


def check_paths(paths: Iterable[str]) -> None:
    """Refuse paths that cannot all be files below one folder on every system.

    Raises ``SourceRefusedError`` for a path that is empty, absolute, not canonical, has a part
    ``..``, a backslash or a control character, comes twice, or names a folder that another path
    has as a file; and for more than ``MAX_FILES`` of them.
    """
    files: set[str] = set()
    for path in paths:
        _check_path(path)
        if path in files:
            raise SourceRefusedError(f"the source names the file {path} twice", _RENAME)
        files.add(path)
        if len(files) > MAX_FILES:
            message = f"the source has more than {MAX_FILES:,} files"
            raise SourceRefusedError(message, "name the model's own folder")
    for path in files:
        for parent in PurePosixPath(path).parents:
            if str(parent) in files:
                message = f"the source has {parent} as a file and as the folder of {path}"
                raise SourceRefusedError(message, _RENAME)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        raise SourceRefusedError(f"the file {path!r} leads out of the model's folder", _RENAME)
    printable = path.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in path)
    if (
        not printable
        or not path.strip()
        or "\\" in path
        or not {"", "."}.isdisjoint(parts)
        or any(letter < " " or letter == "\x7f" for letter in path)
    ):
        raise SourceRefusedError(f"{path!r} is not a file's path on every system", _RENAME)
