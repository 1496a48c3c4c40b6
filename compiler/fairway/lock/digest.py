"""The OpenSSF model-signing root digest of a model's files.

Source: OpenSSF Model Signing specification v1.0 (serialisation by file): the sha256 over the
files' raw sha256 digests, in the order of their path's parts. It covers the bytes and their
order, not the names; whoever compares names compares the list of files as well.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_CHUNK = 1 << 20
_LINK = "a symbolic link, whose target may change unseen"
_COPY = "copy the file instead of linking it"


class FileDigest(NamedTuple):
    """A file of a model: its path inside the model (POSIX), size in bytes, sha256 in hex."""

    path: str
    size: int
    sha256: str


class SourceRefusedError(Exception):
    """A model's folder holds something that cannot be locked; ``fix`` says what mends it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def digest_files(folder: Path) -> tuple[FileDigest, ...]:
    """Return the files of a model in path-parts order; a single file is a folder of one.

    Raises ``SourceRefusedError`` for links, devices and an empty folder, and ``OSError`` when
    a file cannot be read. Nothing is ignored, hidden files included.
    """
    if folder.is_symlink():
        raise SourceRefusedError(f"{folder.name} is {_LINK}", _COPY)
    if folder.is_file():
        return (_digest_file(folder, folder.name),)
    found = sorted(_walk(folder), key=lambda path: path.relative_to(folder).parts)
    if not found:
        raise SourceRefusedError("the folder holds no files", "add the version's files")
    return tuple(_digest_file(path, path.relative_to(folder).as_posix()) for path in found)


def root_digest(files: Iterable[FileDigest]) -> str:
    """Return ``sha256:<hex>`` over the files' raw digests in path-parts order."""
    ordered = sorted(files, key=lambda file: PurePosixPath(file.path).parts)
    joined = b"".join(bytes.fromhex(file.sha256) for file in ordered)
    return f"sha256:{hashlib.sha256(joined).hexdigest()}"


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if entry.is_symlink():
                raise SourceRefusedError(f"{entry.name} is {_LINK}", _COPY)
            if entry.is_dir():
                yield from _walk(path)
            elif entry.is_file():
                yield path
            else:
                raise SourceRefusedError(
                    f"{entry.name} is neither a file nor a folder", "remove it"
                )


def _digest_file(path: Path, name: str) -> FileDigest:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return FileDigest(name, size, digest.hexdigest())
