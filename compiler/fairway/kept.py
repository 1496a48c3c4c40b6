"""What is kept between runs: values that take long to make, in the user's cache directory.

Each file begins with a digest of the rest. Without a usable cache, everything is made anew:
slower, with the same results.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from typing import Any

_KEPT = 8
_DIGEST_SIZE = 32


def folder() -> str:
    """Return the cache directory: ``$FAIRWAY_CACHE_DIR``, else ``fairway`` in the user's own."""
    return os.environ.get("FAIRWAY_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
        "fairway",
    )


def path(name: str, *parts: str) -> str:
    """Return where a value is kept that depends on nothing but ``parts`` and this Python."""
    key = sha256("\n".join((sys.version, *parts)).encode()).hexdigest()[:20]
    return os.path.join(folder(), f"{name}-{key}.bin")


@cache
def sources(*folders: str) -> Iterable[str]:
    """Return what changes with any file in the folders: their paths, sizes and times."""
    return tuple(
        f"{entry.path}:{status.st_size}:{status.st_mtime_ns}"
        for each in folders
        for entry in sorted(os.scandir(each), key=lambda entry: entry.name)
        if entry.is_file()
        for status in (entry.stat(),)
    )


def load(path: str) -> Any:
    """Return what is kept at ``path``, or None."""
    try:
        status = os.stat(path)
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            return None  # somebody else's file decides nothing here
        with open(path, "rb") as stream:
            digest, data = stream.read(_DIGEST_SIZE), stream.read()
    except OSError:
        return None
    if sha256(data).digest() != digest:
        return None  # cut or damaged: marshal may end the process over it
    try:
        return marshal.loads(data)  # noqa: S302 - our own, as bytecode is
    except (ValueError, EOFError, TypeError):
        return None


def store(path: str, value: Any, *, most: int = _KEPT) -> None:
    """Keep a value that ``marshal`` can hold at ``path``; of its name, ``most`` at a time.

    With 0 nothing is forgotten.
    """
    beside = f"{path}.{os.getpid()}"
    try:
        data = marshal.dumps(value)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(beside, "wb") as stream:
            stream.write(sha256(data).digest() + data)
        os.replace(beside, path)
        if most:
            _forget_old(path, most)
    except (OSError, ValueError):
        return  # a read-only home costs time, nothing else


def _forget_old(path: str, most: int) -> None:
    """Keep the newest values of a name only: every version of Fairway or Python has its own."""
    parent, file = os.path.split(path)
    begin = file.rpartition("-")[0] + "-"
    with os.scandir(parent) as entries:
        found = [(e.stat().st_mtime_ns, e.path) for e in entries if e.name.startswith(begin)]
    for _, old in sorted(found)[:-most]:
        os.unlink(old)
