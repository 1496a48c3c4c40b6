"""The cache of packs: ``packs/<digest in hex>`` in the cache directory, never written to again.

A folder is made beside and renamed, so what is there is whole; it is digested whenever it is
used, because it decides what may be deployed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from tempfile import mkdtemp

from fairway import kept
from fairway.errors import FairwayError
from fairway.pack.content import MAX_BYTES, MAX_FILES, pack_digest

_FLAGS = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # where the system has them
    _FLAGS |= getattr(os, _name, 0)


def pack_path(digest: str) -> str:
    """Return where the pack with a digest (``sha256:<hex>``) is kept, if it is."""
    return os.path.join(_root(), digest.removeprefix("sha256:"))


def is_kept(digest: str) -> bool:
    """Return whether the cache holds exactly the pack with this digest: no other file or byte."""
    try:
        return pack_digest(_files(pack_path(digest))) == digest
    except OSError:
        return False


def keep(files: Mapping[str, bytes], digest: str) -> str:
    """Put a pack into the cache, unless it is there, and return its folder.

    ``files`` are its bytes by name. Raises ``FairwayError`` when the cache cannot be written.
    """
    target = pack_path(digest)
    if is_kept(digest):
        return target
    try:
        made = beside()
        try:
            _fill(made, files)
            _put(made, target, digest)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise unwritable(error) from error
    return target


def beside() -> str:
    """Make a new empty folder in the cache, for what is being made; the caller removes it."""
    root = _root()
    os.makedirs(root, mode=0o700, exist_ok=True)
    return mkdtemp(prefix=".", dir=root)


def unwritable(error: OSError) -> FairwayError:
    """Return the error for a cache that cannot be written."""
    why = (error.strerror or str(error)).lower()
    fix = "free some space, or set FAIRWAY_CACHE_DIR to a folder that can be written"
    return FairwayError(f"the cache {_root()} cannot be written: {why}", fix)


def _root() -> str:
    return os.path.join(kept.folder(), "packs")


def _fill(folder: str, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = os.path.join(folder, *name.split("/"))
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "xb") as stream:
            stream.write(data)
        os.chmod(path, 0o444)


def _put(made: str, target: str, digest: str) -> None:
    """Rename a folder to its place; what is damaged there, or was just put there, gives way."""
    try:
        os.rename(made, target)
    except OSError:
        if is_kept(digest):
            return
        damaged = beside()
        os.rename(target, os.path.join(damaged, "damaged"))
        shutil.rmtree(damaged, ignore_errors=True)
        os.rename(made, target)


def _files(folder: str) -> dict[str, str]:
    """Return the digest of every file of a kept pack; ``OSError`` for what no pack has."""
    found: dict[str, str] = {}
    size = 0
    for name, path in _names(folder):
        data = _read(path)
        size += len(data)
        if size > MAX_BYTES or len(found) >= MAX_FILES:
            raise OSError("more than a pack has")
        found[name] = hashlib.sha256(data).hexdigest()
    return found


def _read(path: str) -> bytes:
    file = os.open(path, _FLAGS)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise OSError("not a file of a pack")
        return os.read(file, status.st_size + 1)
    finally:
        os.close(file)


def _names(folder: str) -> list[tuple[str, str]]:
    names: list[tuple[str, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                names.append((entry.name, entry.path))
                continue
            with os.scandir(entry.path) as inner:
                names += [(f"{entry.name}/{each.name}", each.path) for each in inner]
    return names
