"""What a file is, decided from its bytes and never from its name."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from fairway.scan.archive import open_archive
from fairway.scan.compressed import compression, expanded
from fairway.scan.npy import MAGIC
from fairway.scan.onnx_file import looks_like_onnx
from fairway.scan.pickles import acts_like_pickle
from fairway.scan.report import RefusedError
from fairway.scan.safetensors import header_size
from fairway.scan.savedmodel import looks_like_savedmodel
from fairway.scan.skops_file import SCHEMA
from fairway.scan.stream import Stream

Kind: TypeAlias = Literal[
    "skops", "onnx", "savedmodel", "safetensors", "pickle", "compressed", "npy", "npz", "archive",
    "program", "text", "empty", "unknown",
]  # fmt: skip
"""``compressed`` is what joblib would decompress; ``program`` a binary, a library or a script."""
_HEAD = 4096
_PROGRAMS = (
    b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"\x00asm", b"!<arch>\n",
)  # fmt: skip
_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF", b"!<arch>")
# What text is made of, and what makes it look like other text than it is.
_CONTROL = bytes({*range(32)} - {9, 10, 12, 13}) + b"\x7f"


def detect(path: Path) -> Kind:
    """Return what the file at ``path`` is; raises ``OSError`` when it cannot be read.

    A kind says how the bytes begin and are laid out, not that they are well formed or safe.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        return kind_of(file, size)


def kind_of(file: BinaryIO, size: int) -> Kind:
    """Return what an open file of ``size`` bytes is."""
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return "empty"
    early = _by_magic(file, size, head)
    if early is not None:
        return early
    if header_size(head, size) is not None:
        return "safetensors"
    if looks_like_onnx(Stream.of_file(file, size), size):
        return "onnx"
    if looks_like_savedmodel(Stream.of_file(file, size), size):
        return "savedmodel"
    if acts_like_pickle(Stream.of_file(file, size)):
        return "pickle"
    if compression(head) is not None and _expands(file, size, head):
        return "compressed"
    return "text" if is_text(file) else "unknown"


def _by_magic(file: BinaryIO, size: int, head: bytes) -> Kind | None:
    if head[0] == 0x80 and len(head) > 1 and head[1] <= 5:
        return "pickle"
    if head.startswith(MAGIC):
        return "npy"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip_kind(file, size)
    if head.startswith(_PROGRAMS) or _is_windows_program(head) or _is_script(head):
        return "program"
    if head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        return "archive"
    return None


def _zip_kind(file: BinaryIO, size: int) -> Kind:
    try:
        with open_archive(file, size) as archive:
            if SCHEMA in archive.members:
                return "skops"
            arrays = archive.members and all(name.endswith(".npy") for name in archive.members)
            return "npz" if arrays else "archive"
    except RefusedError:
        return "archive"


def _is_windows_program(head: bytes) -> bool:
    at = int.from_bytes(head[60:64], "little")
    return head.startswith(b"MZ") and head[at : at + 4] == b"PE\0\0"


def _is_script(head: bytes) -> bool:
    line = head.removeprefix(codecs.BOM_UTF8).split(b"\n", 1)[0]
    return line.startswith(b"#!") and line[2:].strip().isascii()


def _expands(file: BinaryIO, size: int, head: bytes) -> bool:
    """Whether it is compressed, and no text or numbers that begin alike: ``x^``, ``BZ``, ``ZF``."""
    name = compression(head) or ""
    try:
        return len(expanded(file, size, name).peek(1)) == 1
    except RefusedError as error:
        unreadable = name in ("lz4", "zstd") or (name.startswith("joblib") and head[2:4] == b"0x")
        return unreadable or "expands" in error.message


def is_text(file: BinaryIO) -> bool:
    """Return whether a file is UTF-8 to the end, without control characters."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
            if len(chunk.translate(None, _CONTROL)) != len(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
