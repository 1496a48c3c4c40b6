"""Fetching a version's files, several at a time, each held against the lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.part import OtherBytesError
from fairway.resolve.paths import check_paths
from fairway.resolve.source import Wanted
from fairway.resolve.store import Allowance, Blob, StoppedError, Store
from fairway.spec.lock import LockedFile

_AT_ONCE = 4
_NEW_BYTES = "find out who changed them; if they are meant, lock them with `fairway lock --update`"


class RemoteFile(NamedTuple):
    """A file where it is kept: its path in the model, its address there, its size if known."""

    path: str
    address: str
    size: int | None = None


Get = Callable[[RemoteFile, LockedFile | None, Allowance], Blob]
"""Fetches one file, held against what the lock says of it."""


def cached_version(store: Store, wanted: Wanted) -> Path | None:
    """Return the version from the cache alone, or None when any of its files is not there."""
    if not wanted.files or any(store.blob(file.digest) is None for file in wanted.files):
        return None
    return placed(store, wanted.files)


def fetch_version(store: Store, wanted: Wanted, files: Sequence[RemoteFile], get: Get) -> Path:
    """Return the folder of the version's files, or its one file.

    Raises ``SourceRefusedError`` when there are none, when their paths lead out of a folder, when
    they are more than the store's limit, or when they are not those of the lock; and what ``get``
    raises, of the first file in path order.
    """
    uri = wanted.resolved.uri
    if not files:
        raise SourceRefusedError(f"{uri} has no files", "correct the address")
    check_paths(file.path for file in files)
    locked = {file.path: file for file in wanted.files}
    if locked:
        _same_files(uri, files, locked)
    allowance = store.allowance(uri)
    _fits(store, files, uri)
    ordered = sorted(files)

    def fetch(file: RemoteFile) -> LockedFile:
        known = locked.get(file.path)
        try:
            blob = get(file, known, allowance)
        except OtherBytesError as error:
            if known is None:
                raise
            raise _changed(uri, str(error)) from error
        return LockedFile(path=file.path, size=blob.size, digest=blob.digest)

    return placed(store, _all_of(ordered, fetch, allowance))


def placed(store: Store, files: Sequence[LockedFile]) -> Path:
    """Return the folder of these files, or the file itself when a version is one file alone."""
    folder = store.folder(files)
    alone = len(files) == 1 and "/" not in files[0].path
    return folder / files[0].path if alone else folder


def _all_of(
    files: Sequence[RemoteFile], fetch: Callable[[RemoteFile], LockedFile], allowance: Allowance
) -> list[LockedFile]:
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch") as pool:
        futures: list[Future[LockedFile]] = [pool.submit(fetch, file) for file in files]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            broken = any(each.done() and each.exception() is not None for each in futures)
        except BaseException:
            broken = True
            raise
        finally:
            if broken:
                allowance.stop()
                pool.shutdown(wait=False, cancel_futures=True)
    errors = [each.exception() for each in futures if not each.cancelled()]
    for error in errors:
        if error is not None and not isinstance(error, StoppedError):
            raise error
    return [each.result() for each in futures]


def _same_files(uri: str, files: Sequence[RemoteFile], locked: dict[str, LockedFile]) -> None:
    found = {file.path for file in files}
    for path in sorted(locked.keys() - found):
        raise _changed(uri, f"{path} is not there any more")
    for path in sorted(found - locked.keys()):
        raise _changed(uri, f"{path} is new")
    for file in sorted(files):
        size = locked[file.path].size
        if file.size is not None and file.size != size:
            raise _changed(uri, f"{file.path}: it has {file.size:,} bytes, not {size:,}")


def _changed(uri: str, how: str) -> SourceRefusedError:
    return SourceRefusedError(
        f"{uri}: the registry's bytes changed since the lock: {how}", _NEW_BYTES
    )


def _fits(store: Store, files: Sequence[RemoteFile], uri: str) -> None:
    """Refuse a version that is known to be too large before a byte of it is fetched."""
    store.allowance(uri).spend(sum(file.size or 0 for file in files))
