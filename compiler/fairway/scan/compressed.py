"""Reading what joblib compresses, without keeping it and without being blown up.

The magic numbers are those of joblib 1.6 (``joblib/compressor.py``), which alone decide how
joblib reads a file. Python's standard library reads all of them but lz4.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import BinaryIO, Protocol

from fairway.scan.report import MalformedError, RefusedError
from fairway.scan.stream import Stream

_CHUNK = 1 << 16
_FREE = 256 << 20
"""Bytes that any file may expand to; models of zeros compress a thousand times."""
_RATIO = 200
_DICTIONARY = 256 << 20
_AGAIN = "save the model again with joblib.dump"


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Zlib:
    """zlib's decompressor with the interface of those of bz2 and lzma."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def compression(head: bytes) -> str | None:
    """Return what joblib would decompress a file of this beginning with, or None."""
    for magic, name in (
        (b"ZF", "joblib before 0.10"),
        (b"\x1f\x8b", "gzip"),
        (b"BZ", "bz2"),
        (b"\xfd7zXZ", "xz"),
        (b"\x5d\x00", "lzma"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ):
        if head.startswith(magic):
            return name
    if head[:1] == b"\x78" and len(head) > 1 and (0x7800 + head[1]) % 31 == 0:
        return "zlib"
    return None


class _Expanded:
    """The bytes inside a compressed file of one stream, with nothing after it."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        file.seek(0)
        self._file = file
        self._limit = max(_FREE, _RATIO * size)
        self._total = 0
        self._inner = _decompressor(name)

    def read(self, size: int, /) -> bytes:
        while not self._inner.eof:
            data = b""
            if self._inner.needs_input:
                data = self._file.read(_CHUNK)
                if not data:
                    raise MalformedError("the compressed data is cut off", "fetch the file again")
            try:
                out = self._inner.decompress(data, size)
            except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
                raise MalformedError(f"the compressed data is damaged: {error}", _AGAIN) from error
            if out:
                self._count(len(out))
                return out
        if self._inner.unused_data or self._file.read(1):
            raise RefusedError("bytes follow the end of the compressed data", _AGAIN)
        return b""

    def _count(self, size: int) -> None:
        self._total += size
        if self._total > self._limit:
            mib = self._limit >> 20
            message = f"the compressed data expands to more than {mib} MiB, as a bomb does"
            raise RefusedError(message, "save the model without compression")


def expanded(file: BinaryIO, size: int, name: str) -> Stream:
    """Return the bytes inside a file that is compressed with ``name``.

    Raises ``RefusedError`` for a method that the standard library cannot read.
    """
    return Stream(_Expanded(file, size, name))


def _decompressor(name: str) -> _Decompressor:
    if name == "zlib":
        return _Zlib(zlib.MAX_WBITS)
    if name == "gzip":
        return _Zlib(31)
    if name == "bz2":
        return bz2.BZ2Decompressor()
    if name == "xz":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DICTIONARY)
    if name == "lzma":
        return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_DICTIONARY)
    raise RefusedError(
        f"it is compressed with {name}, which cannot be looked into",
        "save it with zlib, gzip, bz2, lzma or xz, or without compression",
    )
