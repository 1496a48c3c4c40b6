"""The files beside a spec, read by relative path and never from outside their folder."""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

from fairway.source.file import MAX_BYTES


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

    def __init__(self, path: str, shown: str) -> None:
        self.path = path
        self.shown = shown
        self._read: dict[str, FileContent | str] = {}

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
        if os.path.islink(path):
            return f"{name} is a symbolic link; what it points to may change unseen"
        real = os.path.realpath(path)
        if os.path.commonpath((real, os.path.realpath(self.path))) != os.path.realpath(self.path):
            return f"{name} lies outside the deployment's folder"
        try:
            if not os.path.isfile(path):
                kind = "is not a file" if os.path.exists(path) else "does not exist"
                return f"the file {name} {kind}"
            if os.path.getsize(path) > MAX_BYTES:
                return f"{name} is larger than 1 MiB"
            with open(path, "rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            return f"{name} cannot be read: {(error.strerror or str(error)).lower()}"
        return FileContent(data, hashlib.sha256(data).hexdigest())
