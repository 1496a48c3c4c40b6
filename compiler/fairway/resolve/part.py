"""A file that is being downloaded, which a later try or run can go on with.

What broke off is kept under a name made of the URL and of its validator (a strong ETag or a
Last-Modified date), so that bytes of two states of the same URL never come together.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import time
from binascii import Error as Base64Error
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, NoReturn

from fairway.lock.digest import SourceRefusedError

_CHUNK = 1 << 20
_MAX_VALIDATOR = 120  # as a part of a file's name, which has at most 255 bytes
_KEPT = 7 * 86400.0


class OtherBytesError(SourceRefusedError):
    """The bytes that came are not those that were named."""


class Part:
    """An open file and the digest of what is in it; ``size`` is in bytes."""

    def __init__(self, path: Path, stream: BinaryIO, *, kept: bool) -> None:
        self.path = path
        self.kept = kept
        self._stream = stream
        self._digest = hashlib.sha256()
        self.size = 0
        while chunk := stream.read(_CHUNK):
            self._digest.update(chunk)
            self.size += len(chunk)

    @property
    def hexdigest(self) -> str:
        """The sha256 of the bytes so far."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        self._stream.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def restart(self) -> None:
        """Forget every byte."""
        self._stream.seek(0)
        self._stream.truncate()
        self._digest = hashlib.sha256()
        self.size = 0

    def move(self, target: Path) -> None:
        """Make the file ``target``, read-only, whole on the disk before it has that name."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.path.chmod(0o444)
        self.path.replace(target)
        self.kept = True  # it is not this part any more, and must not be removed

    def drop(self) -> None:
        """Remove the file."""
        self.kept = True
        with suppress(FileNotFoundError):
            self.path.unlink()

    def close(self) -> None:
        """Close the file; it stays when its bytes have a name that a later run finds."""
        if not self.kept:
            self.drop()
        with suppress(OSError):  # a full disk has been reported by the write already
            self._stream.close()

    @staticmethod
    def kept_validator(root: Path, key: str) -> str:
        """Return the validator of the newest part that was kept of ``key``, or nothing."""
        found: list[tuple[float, str]] = []
        for path in (root / "parts").glob(f"{_key(key)}.*.part"):
            with suppress(OSError, Base64Error, UnicodeDecodeError):
                encoded = path.name.split(".")[1]
                validator = base64.urlsafe_b64decode(encoded).decode()
                status = path.stat()
                if status.st_size:
                    found.append((status.st_mtime, validator))
        return max(found)[1] if found else ""


def open_part(root: Path, key: str, validator: str) -> Part:
    """Open the part that was kept of these bytes, or a new one."""
    folder = root / "parts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    encoded = base64.urlsafe_b64encode(validator.encode()).decode()
    if key and encoded and len(encoded) <= _MAX_VALIDATOR:
        _forget_old(folder)
        path = folder / f"{_key(key)}.{encoded}.part"
        stream = _claim(path)
        if stream is not None:
            return Part(path, stream, kept=True)
    beside = root / "beside"
    beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = mkstemp(dir=beside)
    return Part(Path(name), os.fdopen(handle, "w+b"), kept=False)


def refuse_other_bytes(
    what: str, found: str, found_size: int, digest: str | None, size: int | None
) -> NoReturn:
    """Raise ``OtherBytesError``: the bytes which came are not those that were named."""
    if digest is not None and found != digest:
        message = f"{what}: its bytes are {found}, not {digest}"
    else:
        message = f"{what}: it has {found_size:,} bytes, not {size:,}"
    raise OtherBytesError(message, "find out who changed it where it is kept")


def _key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def _claim(path: Path) -> BinaryIO | None:
    """Open a part for this run alone; None when another run fills it now."""
    try:
        fcntl = importlib.import_module("fcntl")
    except ImportError:
        return None  # without locks on files no part is shared between runs
    stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The run before may have made it a blob since it was opened: that file is not a part.
        if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
            return stream
    except OSError:
        pass
    stream.close()
    return None


def _forget_old(folder: Path) -> None:
    """Remove what broke off long ago; nobody goes on with it."""
    limit = time.time() - _KEPT
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.stat().st_mtime < limit:
                    os.unlink(entry.path)
