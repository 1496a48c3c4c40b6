"""Reading a file: within a size limit, only if regular, only as UTF-8."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from typing import NamedTuple

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Location

MAX_BYTES = 1 << 20
"""A spec larger than 1 MiB is refused before it is parsed."""

_CHUNK = 1 << 17

# YAML 1.2 section 5.1, less the line separators that YAML 1.1 readers break lines at.
_FORBIDDEN = "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_PLAIN = bytes([9, 10, 13, *range(32, 127)])


class SourceFile(NamedTuple):
    """A file's path as shown to people, its text without a byte order mark, and its digest.

    ``digest`` is the sha256 of the file's bytes, in hexadecimal. ``text`` may hold characters
    that YAML forbids; then a finding says so.
    """

    path: str
    text: str
    digest: str


def read_file(path: str, shown: str | None = None) -> tuple[SourceFile | None, list[Finding]]:
    """Read ``path``; return the source, or None and the finding that says why not."""
    name = shown if shown is not None else path
    try:
        data = _read_bytes(path)
    except OSError as error:
        return None, [_unreadable(name, path, error)]
    if len(data) > MAX_BYTES:
        message = "the file is larger than 1 MiB (1,048,576 bytes)"
        fix = "move data out of the spec and refer to it by path"
        return None, [rule.TOO_LARGE(message, Location(name), fix=fix)]
    return decode(name, data)


def source_from_text(path: str, text: str) -> SourceFile:
    """Return a source for text that has no file, such as a generated or an edited spec."""
    return SourceFile(path, text, hashlib.sha256(text.encode()).hexdigest())


def _read_bytes(path: str) -> bytes:
    # O_NONBLOCK: opening a FIFO that nobody writes to must not hang.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file")
        data = os.read(handle, _CHUNK)
        if len(data) < _CHUNK:
            return data
        chunks = [data]
        total = len(data)
        while total <= MAX_BYTES and (data := os.read(handle, _CHUNK)):
            chunks.append(data)
            total += len(data)
        return b"".join(chunks)
    finally:
        os.close(handle)


def _unreadable(name: str, path: str, error: OSError) -> Finding:
    if isinstance(error, IsADirectoryError):
        message, fix = "this is a directory, not a file", "give the file inside it"
    elif isinstance(error, FileNotFoundError) and os.path.islink(path):
        message = f"this is a symbolic link to {os.readlink(path)}, which does not exist"
        fix = "restore the link's target, or replace the link with a file"
    elif isinstance(error, FileNotFoundError):
        message, fix = "the file does not exist", "check the path"
    elif isinstance(error, PermissionError):
        message, fix = "the file may not be read (permission denied)", "check its permissions"
    else:
        message = f"the file cannot be read: {(error.strerror or str(error)).lower()}"
        fix = "replace it with a regular file"
    return rule.UNREADABLE(message, Location(name), fix=fix)


def decode(name: str, data: bytes) -> tuple[SourceFile | None, list[Finding]]:
    """Return the text of a file's bytes, or findings that say why they are not UTF-8 text."""
    digest = hashlib.sha256(data).hexdigest()
    encoding = _other_encoding(data)
    if encoding:
        fix = "save it as UTF-8"
        return None, [rule.ENCODING(f"the file is {encoding}, not UTF-8", Location(name), fix=fix)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _invalid_utf8(name, data, digest, error)
    source = SourceFile(name, text, digest)
    if not data.translate(None, _PLAIN):
        return source, []
    # Compiling that pattern takes longer than most files do; texts have few distinct characters.
    if all(map(_is_allowed, set(text))):
        return source, []
    found = re.search(_FORBIDDEN, text)
    if found is None:
        return source, []
    at = Location(name, offsets=(found.start(), found.end()))
    code = f"U+{ord(found.group()):04X}"
    label = {"\0": "a NUL character", "\x1b": "an escape character"}.get(
        found.group(), "a character that YAML does not allow, or that its readers disagree on"
    )
    mend = Fix("remove it, or write it as an escape in double quotes", replacement="")
    return source, [rule.CHARACTER(f"{label} ({code})", at, fix=mend)]


def _is_allowed(character: str) -> bool:
    """Whether a character is none of ``_FORBIDDEN``, as far as one can say cheaply."""
    return character.isprintable() or character in "\t\n\r"


def _other_encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    # Without a mark: every second byte of ASCII text in UTF-16 is NUL.
    head = data[:64]
    if len(head) >= 4 and (
        head[1::2].count(0) > len(head) // 3 or head[::2].count(0) > len(head) // 3
    ):
        return "UTF-16" if head.count(0) < len(head) * 2 // 3 else "UTF-32"
    return ""


def _invalid_utf8(
    name: str, data: bytes, digest: str, error: UnicodeDecodeError
) -> tuple[SourceFile, list[Finding]]:
    # error.start counts from after a byte order mark when there is one.
    body = data.removeprefix(b"\xef\xbb\xbf")
    start = len(body[: error.start].decode("utf-8", "replace"))
    source = SourceFile(name, body.decode("utf-8", "replace"), digest)
    message = f"the file is not valid UTF-8: byte 0x{body[error.start]:02x} at offset {error.start}"
    at = Location(name, offsets=(start, start + 1))
    return source, [rule.ENCODING(message, at, fix="save it as UTF-8")]
