"""Reading a layer's tar: members as streams, in bounded memory, and nothing is written by name.

``tarfile`` parses the headers. Around it is what it does not promise: it reads a header of any
size into memory, takes a damaged header for the end, and goes back where a size is negative.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.paths import MAX_FILES
from fairway.resolve.store import Allowance

_MAX_ENTRIES = 1_000_000
_CHUNK = 1 << 20
_BLOCK = 512
_MAX_HEADERS = 64 << 10
# Deflate reaches 1,032 to 1; weights hardly compress, and small files of zeros are harmless.
_MAX_RATIO = 200
_FREE = 64 << 20
# The type of an entry, and the types whose data are a part of the next entry's header.
_TYPE = slice(156, 157)
_PAX = frozenset({b"x", b"g", b"X"})
_LONG = frozenset({b"L", b"K"})
_OWN_FILES = "pack the model's own files only"
_PUSH = "push the layer again from the files themselves"


class Budget:
    """What all layers of a model may hold together: bytes after decompression, entries, files."""

    def __init__(self, expanded: Allowance, what: str) -> None:
        self.expand = expanded.spend
        self._what = what
        self._entries = 0
        self._files = 0

    def entry(self) -> None:
        """Count an entry of an archive, whatever it is."""
        self._entries += 1
        if self._entries > _MAX_ENTRIES:
            message = f"{self._what} has more than {_MAX_ENTRIES:,} entries"
            raise SourceRefusedError(message, _OWN_FILES)

    def file(self) -> None:
        """Count a file that belongs to the model."""
        self._files += 1
        if self._files > MAX_FILES:
            message = f"{self._what} has more than {MAX_FILES:,} files"
            raise SourceRefusedError(message, _OWN_FILES)


class Member(NamedTuple):
    """An entry of a tar: its name as it stands there, and ``file``, ``folder`` or ``link``.

    ``link`` is also what devices and pipes are called. ``size`` is in bytes.
    """

    name: str
    kind: str
    size: int


class Archive:
    """The members of one layer, which must be read in their order.

    All methods raise ``SourceRefusedError``
    for an archive that is damaged, ambiguous, or larger than what it may bring.
    """

    def __init__(self, stream: IO[bytes], what: str, budget: Budget, packed: int) -> None:
        self._reader = _Reader(stream, what, budget, packed)
        self._what = what
        self._budget = budget
        self._left = 0

    def members(self) -> Iterator[Member]:
        """Yield each member; its bytes are read with ``chunks`` before the next one, or never."""
        with _refusing(self._what):
            tar = tarfile.TarFile(fileobj=cast("IO[bytes]", self._reader), mode="r")
        while True:
            with _refusing(self._what):
                self._reader.begin_header()
                found = tar.next()
                tar.members = []  # type: ignore[attr-defined]  # else all are kept
            if found is None:
                self._reader.check_end()
                return
            self._budget.entry()
            if found.size < 0 or found.issparse() or (found.size and not found.isreg()):
                message = f"{self._what}: {found.name!r} has an impossible size, or is sparse"
                raise SourceRefusedError(message, _PUSH)
            self._left = found.size
            kind = "file" if found.isreg() else "folder" if found.isdir() else "link"
            yield Member(found.name, kind, found.size)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes of the member that ``members`` yielded last."""
        while self._left:
            with _refusing(self._what):
                chunk = self._reader.data(min(self._left, _CHUNK))
            if not chunk:
                raise SourceRefusedError(f"{self._what} ends inside of a file", _PUSH)
            self._left -= len(chunk)
            yield chunk


@contextmanager
def open_archive(path: Path, what: str, budget: Budget, *, compressed: bool) -> Iterator[Archive]:
    """Open a layer's file as a tar, or as a tar in gzip."""
    with path.open("rb") as raw:
        packed = path.stat().st_size
        if compressed:
            with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                yield Archive(cast("IO[bytes]", stream), what, budget, packed)
        else:
            yield Archive(raw, what, budget, packed)


class _Reader:
    """What ``tarfile`` reads from: forwards only, and counted."""

    def __init__(self, stream: IO[bytes], what: str, budget: Budget, packed: int) -> None:
        self._stream = stream
        self._what = what
        self._expand = budget.expand
        self._most = max(_FREE, packed * _MAX_RATIO)
        self._position = 0
        self._last = b""
        self.begin_header()

    def begin_header(self) -> None:
        self._header = 0
        self._body = self._records = False

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        if position < self._position:
            raise SourceRefusedError(f"{self._what}: an entry has a negative size", _PUSH)
        while self._position < position:
            if not self.data(min(_CHUNK, position - self._position)):
                raise SourceRefusedError(f"{self._what} ends inside of a file", _PUSH)

    def read(self, size: int) -> bytes:
        """Return a part of a header, as ``tarfile`` asks for it."""
        self._header += size
        if not 0 <= size <= _MAX_HEADERS or self._header > _MAX_HEADERS:
            message = f"{self._what}: the header of an entry is larger than 64 KiB"
            raise SourceRefusedError(message, _PUSH)
        block = b""
        while len(block) < size and (chunk := self.data(size - len(block))):
            block += chunk
        if self._records:
            _check_records(block, self._what)
        kind = b"" if self._body else block[_TYPE]
        if self._body or size == _BLOCK:
            self._body, self._records = kind in _LONG | _PAX, kind in _PAX
        self._last = block
        return block

    def data(self, size: int) -> bytes:
        """Return at most ``size`` bytes."""
        chunk = self._stream.read(size)
        self._position += len(chunk)
        self._last = b""
        self._expand(len(chunk))
        if self._position > self._most:
            message = f"{self._what} expands to more than {_MAX_RATIO} times its size"
            raise SourceRefusedError(message, "push it without compression, if it is no bomb")
        return chunk

    def check_end(self) -> None:
        """Refuse what follows the end: another reader might not take it for the end."""
        rest = self._last
        with _refusing(self._what):
            while not any(rest):
                rest = self.data(_CHUNK)
                if not rest:
                    return
        raise SourceRefusedError(f"{self._what} is damaged: bytes follow its end", _PUSH)


def _check_records(block: bytes, what: str) -> None:
    """Refuse a pax header that is not ``LENGTH KEY=VALUE`` lines, in time linear in its size.

    The regular expressions of ``tarfile`` take quadratic time for some that are not.
    """
    position = 0
    while position < len(block) and block[position]:
        found = re.compile(rb"([1-9][0-9]{0,5}) ").match(block, position)
        end = position + int(found[1]) if found else 0
        start = found.end() if found else 0
        key, equals, value = block[start : end - 1].partition(b"=")
        whole = start < end <= len(block) and block[end - 1 : end] == b"\n"
        if not whole or not equals or not key or key.startswith(b"GNU.sparse"):
            raise SourceRefusedError(f"{what}: an entry has a header that is not read", _PUSH)
        if re.search(rb"[0-9]{300}", value):
            raise SourceRefusedError(f"{what}: an entry has a header that is too odd", _PUSH)
        position = end


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Turn whatever a damaged archive makes the readers raise into one refusal."""
    try:
        yield
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise SourceRefusedError(f"{what} is not a tar archive: {error}", _PUSH) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceRefusedError(f"{what} is not a whole gzip file: {error}", _PUSH) from error
