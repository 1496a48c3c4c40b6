"""The OpenSSF model-signing root digest of a model's files.

Source: OpenSSF Model Signing specification v1.0 (serialisation by file): the sha256 over the
files' raw sha256 digests, in the order of their path's parts. It covers the bytes and their
order, not the names; whoever compares names compares the list of files as well.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_CHUNK = 1 << 20
# Below this many bytes, starting threads takes longer than they save.
_WORTH_THREADS = 8 << 20
_MOST_THREADS = 16
_LINK = "a symbolic link, whose target may change unseen"
_RENAME = "rename the file"
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


class _Found(NamedTuple):
    """A file that was found: where it is, its path inside the model, and its size so far."""

    at: str
    path: str
    size: int


def digest_files(folder: Path, without: Collection[str] = ()) -> tuple[FileDigest, ...]:
    """Return the files of a model in path-parts order; a single file is a folder of one.

    Nothing is ignored, hidden files included, but for the files at the paths of ``without``
    (inside the model, POSIX): a signature of the model that lies in its folder is about the
    model and not of it. Files are read side by side, so a folder of several takes less time than
    its bytes one after the other; one large file cannot, since its digest is one chain.

    Raises ``SourceRefusedError`` for links, devices, names that are not UTF-8 and an empty
    folder, and ``OSError`` when a file cannot be read.
    """
    if folder.is_symlink():
        raise SourceRefusedError(f"{folder.name} is {_LINK}", _COPY)
    if folder.is_file():
        if not _is_text(folder.name):
            raise SourceRefusedError(f"{folder.name!a} is no UTF-8 name", _RENAME)
        return (_digest_file(_Found(str(folder), folder.name, 0)),)
    files = [found for found in _walk(folder) if found.path not in without]
    if not files:
        raise SourceRefusedError("the folder holds no files", "add the version's files")
    files.sort(key=lambda found: found.path.split("/"))
    size = sum(found.size for found in files)
    threads = min(len(files), _processors(), _MOST_THREADS)
    if threads < 2 or size < _WORTH_THREADS:
        return tuple(_digest_file(found) for found in files)
    return _digest_in_threads(files, threads)


def root_digest(files: Iterable[FileDigest]) -> str:
    """Return ``sha256:<hex>`` over the files' raw digests in path-parts order."""
    ordered = sorted(files, key=lambda file: PurePosixPath(file.path).parts)
    joined = b"".join(bytes.fromhex(file.sha256) for file in ordered)
    return f"sha256:{hashlib.sha256(joined).hexdigest()}"


def _walk(folder: Path) -> Iterator[_Found]:
    """Return every file below a folder, in any order; not recursive, so depth costs nothing."""
    waiting = [(str(folder), "")]
    while waiting:
        at, inside = waiting.pop()
        with os.scandir(at) as entries:
            for entry in entries:
                path = inside + entry.name
                if entry.is_symlink():
                    raise SourceRefusedError(f"{path} is {_LINK}", _COPY)
                if not _is_text(path):
                    raise SourceRefusedError(f"{path!a} is no UTF-8 name", _RENAME)
                if entry.is_dir():
                    waiting.append((entry.path, f"{path}/"))
                elif entry.is_file():
                    yield _Found(entry.path, path, entry.stat().st_size)
                else:
                    raise SourceRefusedError(f"{path} is neither a file nor a folder", "remove it")


def _digest_in_threads(files: Sequence[_Found], threads: int) -> tuple[FileDigest, ...]:
    # hashlib and reads let go of the interpreter's lock. The largest file goes first, because
    # whatever begins last decides when all are done.
    order = sorted(range(len(files)), key=lambda index: -files[index].size)
    digests: dict[int, Future[FileDigest]] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="digest") as pool:
        try:
            for index in order:
                digests[index] = pool.submit(_digest_file, files[index])
            return tuple(digests[index].result() for index in range(len(files)))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _digest_file(found: _Found) -> FileDigest:
    digest = hashlib.sha256()
    size = 0
    buffer = bytearray(min(_CHUNK, found.size + 1) if found.size else _CHUNK)
    with memoryview(buffer) as view, open(found.at, "rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            digest.update(view[:count])
            size += count
    return FileDigest(found.path, size, digest.hexdigest())


def _processors() -> int:
    """Return how many processors this process may use, which ``os.cpu_count`` does not know."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return bool(name.strip())
