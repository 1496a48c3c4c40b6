"""The files beside a spec, read by relative path and never from outside their folder."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from fairway.source.file import MAX_BYTES

_CHUNK = 1 << 17
# A link is not followed, and opening a FIFO that nobody writes to must not hang.
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class FileContent(NamedTuple):
    """A file's bytes with their sha256 in hexadecimal."""

    data: bytes
    sha256: str

    @property
    def digest(self) -> str:
        """The digest with its algorithm: ``sha256:<hex>``."""
        return f"sha256:{self.sha256}"


class Folder:
    """Reads a deployment's own files, each once."""

    def __init__(
        self, path: str, shown: str, instead: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        """Take the folder's path; ``instead`` holds bytes of files that stand for those on disk."""
        self.path = path
        self.shown = shown
        self._read: dict[str, FileContent | str] = {
            name: FileContent(data, hashlib.sha256(data).hexdigest())
            for name, data in instead.items()
        }

    @cached_property
    def real(self) -> str:
        """The folder's path without symbolic links."""
        return os.path.realpath(self.path)

    def file(self, name: str) -> FileContent | str:
        """Return a file's content, or a sentence that says why it cannot be read."""
        known = self._read.get(name)
        if known is None:
            known = self._read[name] = self._load(name)
        return known

    def shown_path(self, name: str) -> str:
        """Return the path of a file as people see it."""
        return os.path.normpath(os.path.join(self.shown, name)).replace(os.sep, "/")

    def _load(self, name: str) -> FileContent | str:
        path = os.path.join(self.path, name)
        try:
            if not _NOFOLLOW and os.path.islink(path):
                raise OSError(errno.ELOOP, "a symbolic link")
            handle = os.open(path, _READ)
        except (OSError, ValueError) as error:
            return self._why_not(name, path, error)
        try:
            if not self._inside(name, path):
                return f"{name} lies outside the deployment's folder"
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return f"the file {name} is not a file"
            if status.st_size > MAX_BYTES:
                return f"{name} is larger than 1 MiB"
            data = _read(handle)
        except OSError as error:
            return f"{name} cannot be read: {(error.strerror or str(error)).lower()}"
        finally:
            os.close(handle)
        return FileContent(data, hashlib.sha256(data).hexdigest())

    def _why_not(self, name: str, path: str, error: OSError | ValueError) -> str:
        if not isinstance(error, ValueError) and os.path.islink(path):
            return f"{name} is a symbolic link; what it points to may change unseen"
        if not self._inside(name, path):
            return f"{name} lies outside the deployment's folder"
        if isinstance(error, ValueError) or error.errno in (errno.ENOENT, errno.ENOTDIR):
            return f"the file {name} does not exist"
        return f"{name} cannot be read: {(error.strerror or str(error)).lower()}"

    def _inside(self, name: str, path: str) -> bool:
        if os.path.basename(name) == name and name not in (os.curdir, os.pardir):
            return True  # no folder in between that could be a link
        try:
            return os.path.commonpath((os.path.realpath(path), self.real)) == self.real
        except ValueError:
            return False  # a NUL in the path


def _read(handle: int) -> bytes:
    """Return a file's bytes; one that grows meanwhile is cut behind the limit."""
    chunks: list[bytes] = []
    size = 0
    while size <= MAX_BYTES and (data := os.read(handle, _CHUNK)):
        chunks.append(data)
        size += len(data)
    return b"".join(chunks)
