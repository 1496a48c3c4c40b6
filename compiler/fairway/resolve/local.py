"""``./path``: a file or folder beside the spec, used where it is."""

from __future__ import annotations

from pathlib import Path

from fairway.lock.digest import SourceRefusedError, digest_files
from fairway.resolve.source import Wanted
from fairway.spec.lock import Resolved

_CORRECT = "correct the path, or add the files"
_RESTORE = "restore the files, or lock the new ones with `fairway lock`"


class LocalSource:
    """Models in the deployment's own folder; they need no cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real = folder.resolve()

    def resolve(self, uri: str) -> Resolved:
        """Return the path itself, when something is there."""
        self._path(uri)
        return Resolved(uri=uri)

    def fetch(self, wanted: Wanted) -> Path:
        """Return the path; its files are digested only to hold them against those of the lock."""
        path = self._path(wanted.resolved.uri)
        if wanted.files:
            self._check(path, wanted)
        return path

    def _path(self, uri: str) -> Path:
        path = self._folder / uri
        try:
            if not path.resolve().is_relative_to(self._real):
                raise SourceRefusedError("the path leads out of the deployment's folder", _CORRECT)
            path.lstat()
        except FileNotFoundError:
            raise SourceRefusedError(f"{uri} does not exist", _CORRECT) from None
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a NUL
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise SourceRefusedError(f"{uri}: {why}", _CORRECT) from error
        return path

    def _check(self, path: Path, wanted: Wanted) -> None:
        uri = wanted.resolved.uri
        try:
            found = {file.path: f"sha256:{file.sha256}" for file in digest_files(path)}
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise SourceRefusedError(f"{uri}: {why}", _CORRECT) from error
        locked = {file.path: file.digest for file in wanted.files}
        for name in sorted(found.keys() | locked.keys()):
            if found.get(name) != locked.get(name):
                how = "is new" if name not in locked else "is not there any more"
                how = "has other bytes" if name in found and name in locked else how
                message = f"{uri}: the bytes changed since the lock: {name} {how}"
                raise SourceRefusedError(message, _RESTORE)
