"""Reading untrusted bytes forward: small pieces are read, large ones are skipped."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from fairway.scan.report import MalformedError

_CHUNK = 1 << 16
LONGEST_READ = 1 << 20
"""The most bytes that are ever asked for at once; whatever is longer is skipped."""


class Source(Protocol):
    """Where bytes come from, in order."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, and none only at the end."""


class Stream:
    """Bytes in order from a position; raises ``MalformedError`` where they end too early.

    A file that can be sought has its size in bytes, so that skipping costs nothing.
    """

    def __init__(self, source: Source, seekable: BinaryIO | None = None, size: int = 0) -> None:
        self._source = source
        self._seekable = seekable
        self._size = size
        self._buffer = b""
        self._at = 0
        self._base = 0

    @classmethod
    def of_file(cls, file: BinaryIO, size: int) -> Stream:
        """Return a stream over a file of ``size`` bytes, from its beginning."""
        file.seek(0)
        return cls(file, file, size)

    @property
    def position(self) -> int:
        """How many bytes were read or skipped."""
        return self._base + self._at

    def read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes."""
        end = self._at + size
        if end > len(self._buffer):
            self._fill(size)
            end = self._at + size
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def byte(self) -> int:
        """Return one byte as a number."""
        if self._at >= len(self._buffer):
            self._fill(1)
        value = self._buffer[self._at]
        self._at += 1
        return value

    def line(self, limit: int = 4096) -> bytes:
        """Return the bytes before the next line end, of which there are at most ``limit``."""
        found = self._buffer.find(b"\n", self._at)
        if found < 0:
            self._more(limit)
            found = self._buffer.find(b"\n", self._at)
        if found < 0 or found - self._at > limit:
            raise MalformedError(f"a line at byte {self.position} has no end")
        data = self._buffer[self._at : found]
        self._at = found + 1
        return data

    def short_line(self, limit: int) -> bytes | None:
        """Return the bytes before the next line end, or None after passing more than ``limit``."""
        if b"\n" in self.peek(limit + 1):
            return self.line(limit)
        while (found := (data := self.peek(_CHUNK)).find(b"\n")) < 0:
            if not data:
                raise self._cut()
            self._at += len(data)
        self._at += found + 1
        return None

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes, or fewer at the end, without moving."""
        if len(self._buffer) - self._at < size:
            self._more(size)
        return self._buffer[self._at : self._at + size]

    def at_end(self) -> bool:
        """Return whether no byte follows."""
        return not self.peek(1)

    def skip(self, size: int) -> None:
        """Move over ``size`` bytes without keeping them."""
        have = len(self._buffer) - self._at
        if size <= have:
            self._at += size
            return
        target = self.position + size
        if self._seekable is not None:
            if target > self._size:
                raise self._cut()
            self._seekable.seek(target)
            self._buffer, self._at, self._base = b"", 0, target
            return
        left = size - have
        self._base, self._at, self._buffer = self._base + len(self._buffer), 0, b""
        while left:
            data = self._source.read(min(left, LONGEST_READ))
            if not data:
                raise self._cut()
            self._base += len(data)
            left -= len(data)

    def _fill(self, size: int) -> None:
        if size > LONGEST_READ:
            raise MalformedError(f"a value at byte {self.position} is too long to be read")
        self._more(size)
        if len(self._buffer) - self._at < size:
            raise self._cut()

    def _more(self, size: int) -> None:
        parts = [self._buffer[self._at :]]
        have = len(parts[0])
        self._base += self._at
        self._at = 0
        while have < size:
            data = self._source.read(max(size - have, _CHUNK))
            if not data:
                break
            parts.append(data)
            have += len(data)
        self._buffer = b"".join(parts)

    def _cut(self) -> MalformedError:
        return MalformedError("the file is cut off", "fetch or save the whole file again")
