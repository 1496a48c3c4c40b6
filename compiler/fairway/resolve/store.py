"""The cache of models' bytes: each file once, by its sha256, safe under concurrent runs.

Layout below ``$FAIRWAY_CACHE_DIR/models`` (default ``~/.cache/fairway/models``): ``blobs/ab/<hex>``
are files by digest, read-only; ``folders/<hex>`` are versions as folders of hard links to them;
``parts`` are downloads that broke off; ``beside`` is what is being made. Everything becomes
visible by a rename, so what is there is whole, and two runs that make the same thing both succeed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import NamedTuple

from fairway import kept
from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.part import Part, open_part, refuse_other_bytes
from fairway.resolve.paths import check_paths
from fairway.spec.lock import LockedFile

DEFAULT_LIMIT = 20 << 30
_CACHE = "free some space, or set FAIRWAY_CACHE_DIR to a folder that can be written"


class Blob(NamedTuple):
    """A file in the cache: where it is, its size in bytes, and ``sha256:<hex>``."""

    path: Path
    size: int
    digest: str


class StoppedError(Exception):
    """Another file of the version failed, so this one is not wanted any more."""


class Allowance:
    """How many bytes a version may still bring; shared by the threads that fetch its files."""

    def __init__(self, limit: int, what: str) -> None:
        self._limit = limit
        self._what = what
        self._spent = 0
        self._stopped = False
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Make every further ``spend`` raise ``StoppedError``."""
        self._stopped = True

    def spend(self, size: int) -> None:
        """Count bytes; ``SourceRefusedError`` when the version becomes larger than the limit.

        A negative number gives back what was counted for bytes that did not stay.
        """
        if self._stopped and size >= 0:
            raise StoppedError
        with self._lock:
            self._spent += size
            if size > 0 and self._spent > self._limit:
                message = f"{self._what} is larger than the limit of {shown_size(self._limit)}"
                fix = "raise the limit with --max-size, if the version is meant to be that large"
                raise SourceRefusedError(message, fix)


class Store:
    """The cache below one folder. ``limit`` is the most bytes that one version may have.

    Every method raises ``FairwayError`` when the disk is full or the folder cannot be written.
    """

    def __init__(self, folder: Path | None = None, *, limit: int = DEFAULT_LIMIT) -> None:
        self.root = (Path(kept.folder()) if folder is None else folder) / "models"
        self.limit = limit
        self._verified: dict[str, tuple[int, ...]] = {}

    def allowance(self, what: str) -> Allowance:
        """Return a new account of the bytes of one version; ``what`` names it in the error."""
        return Allowance(self.limit, what)

    def blob(self, digest: str) -> Path | None:
        """Return the file with this digest (``sha256:<hex>``), or None when it must be fetched.

        The bytes are digested the first time that a run uses them, and whenever the file has
        changed since; one that is damaged is removed.
        """
        path = self._blob_path(digest)
        try:
            if self._verified.get(digest) == (state := _state(path)):
                return path
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return None
        if f"sha256:{found}" == digest:
            self._verified[digest] = state
            return path
        path.unlink(missing_ok=True)
        return None

    def add(
        self,
        chunks: Iterable[bytes],
        what: str,
        *,
        digest: str | None = None,
        size: int | None = None,
        allowance: Allowance | None = None,
    ) -> Blob:
        """Keep the bytes of ``chunks``; ``what`` names the file in errors.

        Raises ``SourceRefusedError`` when they are not those of ``digest`` or not ``size`` many,
        or more than ``allowance`` has left. Nothing is kept of them then.
        """
        account = allowance or self.allowance(what)
        with self.part() as part:
            for chunk in chunks:
                account.spend(len(chunk))
                part.write(chunk)
            return self.finish(part, what, digest=digest, size=size)

    @contextmanager
    def part(self, key: str = "", validator: str = "") -> Iterator[Part]:
        """Open a file to be filled, which holds already what came before of the same bytes.

        It is kept for a later run when ``key`` (a URL) and ``validator`` (its strong ETag or date)
        name the bytes, and dropped otherwise, or when another run is filling it.
        """
        with self._writing():
            part = open_part(self.root, key, validator)
        try:
            yield part
        except OSError as error:
            raise self._fault(error) from error
        finally:
            part.close()

    def kept_validator(self, key: str) -> str:
        """Return the validator of what was kept of ``key``, or an empty string."""
        return Part.kept_validator(self.root, key)

    def finish(
        self, part: Part, what: str, *, digest: str | None = None, size: int | None = None
    ) -> Blob:
        """Make a filled part a blob; ``SourceRefusedError`` when its bytes are not those named."""
        found = f"sha256:{part.hexdigest}"
        if (digest is not None and found != digest) or (size is not None and part.size != size):
            part.drop()
            refuse_other_bytes(what, found, part.size, digest, size)
        with self._writing():
            path = self._blob_path(found)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.move(path)
            self._verified[found] = _state(path)
        return Blob(path, part.size, found)

    def folder(self, files: Iterable[LockedFile]) -> Path:
        """Return a folder that holds exactly these files, all of which are blobs.

        It is shared by all runs and must not be written to; one that was is made again. Raises
        ``SourceRefusedError`` for paths that lead out of it, and ``KeyError`` (a bug of the
        caller) for a file whose bytes were not added.
        """
        ordered = sorted(files, key=lambda file: file.path)
        check_paths(file.path for file in ordered)
        blobs = {file.path: self._known(file.digest) for file in ordered}
        listing = "".join(f"{file.digest} {file.path}\n" for file in ordered)
        target = self.root / "folders" / hashlib.sha256(listing.encode()).hexdigest()
        if _holds(target, blobs):
            return target
        with self._writing():
            made = self._fill(blobs)
            try:
                _put(made, target, blobs)
            finally:
                shutil.rmtree(made, ignore_errors=True)
        return target

    def _known(self, digest: str) -> Path:
        path = self.blob(digest)
        if path is None:
            raise KeyError(digest)
        return path

    def _fill(self, blobs: dict[str, Path]) -> Path:
        beside = self.root / "beside"
        beside.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.root / "folders").mkdir(mode=0o700, exist_ok=True)
        made = Path(mkdtemp(dir=beside))
        for path, blob in blobs.items():
            target = made / path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                os.link(blob, target)
            except FileExistsError:
                message = f"this file system takes {path} and another of the files for one"
                raise SourceRefusedError(message, "rename one of them") from None
            except OSError:  # a file system without links, or too many of one file
                shutil.copyfile(blob, target)
                target.chmod(0o444)
        return made

    def _blob_path(self, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        return self.root / "blobs" / name[:2] / name

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._fault(error) from error

    def _fault(self, error: OSError) -> FairwayError:
        why = (error.strerror or str(error)).lower()
        return FairwayError(f"the cache {self.root} cannot be written: {why}", _CACHE)


def shown_size(size: int) -> str:
    """Return a number of bytes as people read it: ``20 GiB``, ``1.5 MiB``, ``12 bytes``."""
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << power:
            return f"{size / (1 << power):.3g} {unit}"
    return f"{size} bytes"


def _state(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _holds(folder: Path, blobs: dict[str, Path]) -> bool:
    """Return whether a folder has exactly these files, and the bytes of each are the blob's."""
    expected = {*blobs, *(str(each) for path in blobs for each in PurePosixPath(path).parents)}
    found = {
        os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
        for parent, folders, names in os.walk(folder)
        for name in (*folders, *names)
    }
    if found != expected - {"."}:
        return False
    return all(_same(folder / path, blob) for path, blob in blobs.items())


def _same(path: Path, blob: Path) -> bool:
    try:
        if path.is_symlink():
            return False
        if path.samefile(blob):
            return True
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == blob.name
    except OSError:
        return False


def _put(made: Path, target: Path, blobs: dict[str, Path]) -> None:
    """Rename a folder to its place; another run may have put the same there first."""
    try:
        made.rename(target)
    except OSError:
        if _holds(target, blobs):
            return
        damaged = Path(mkdtemp(dir=made.parent))
        target.rename(damaged / "damaged")
        shutil.rmtree(damaged, ignore_errors=True)
        made.rename(target)
