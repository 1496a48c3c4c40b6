"""Opening zip archives without being led out of them or blown up by them.

Python's ``zipfile`` is what skops and NumPy read with, so it reads here as well; before that the
end of the file is held to the one form that every reader understands alike.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

from fairway.scan.report import MalformedError, RefusedError, shown

_END = struct.Struct("<4s4H2LH")  # the end of central directory record, APPNOTE.TXT 4.3.16
_LOCATOR = b"PK\x06\x07"
_LOCAL = struct.Struct("<4s5H3L2H")
_MOST_MEMBERS = 65_534
_LARGEST_DIRECTORY = 32 << 20
_LARGEST = 4 << 30
_RATIO = 1_100  # deflate cannot expand more than 1032 times
_FREE = 64 << 20
_MEAN_RATIO = 200
_CHUNK = 1 << 20
_AGAIN = "save the file again with the library that makes it"


class Member(NamedTuple):
    """A file in an archive, and its size in bytes."""

    name: str
    size: int


class Archive:
    """A zip archive whose directory was checked; members are read once, with their checksums."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.members = {
            info.filename: Member(info.filename, info.file_size) for info in archive.infolist()
        }

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Yield a member's bytes as a file that can be sought, checked against its checksum.

        Raises ``RefusedError`` when there is no such member or its bytes are damaged.
        """
        member = self.members.get(name)
        if member is None:
            raise RefusedError(f"the archive has no {shown(name)}", _AGAIN)
        with TemporaryFile() as copy:
            try:
                with self._archive.open(name) as stream:
                    left = member.size
                    while data := stream.read(min(left + 1, _CHUNK)):
                        left -= len(data)
                        if left < 0:
                            raise RefusedError("a member is larger than it says", _AGAIN)
                        copy.write(data)
            except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
                raise MalformedError(f"{shown(name)} is damaged: {error}", _AGAIN) from error
            except (NotImplementedError, RuntimeError) as error:
                raise RefusedError(f"{shown(name)} cannot be read: {error}", _AGAIN) from error
            if left:
                raise RefusedError(f"{shown(name)} is shorter than it says", _AGAIN)
            copy.seek(0)
            yield copy


@contextmanager
def open_archive(file: BinaryIO, size: int) -> Iterator[Archive]:
    """Yield a zip archive that is nothing else besides; raise ``RefusedError`` otherwise."""
    _check_end(file, size)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise MalformedError(f"the archive is damaged: {error}", _AGAIN) from error
    with archive:
        infos = archive.infolist()
        _check_members(infos)
        _check_places(file, infos, archive.start_dir)
        yield Archive(archive)


def _check_end(file: BinaryIO, size: int) -> None:
    """Hold the end to its directory: no comment, nothing before or after."""
    if size < _END.size:
        raise MalformedError("the archive is cut off", _AGAIN)
    file.seek(max(size - _END.size - 20, 0))
    tail = file.read(_END.size + 20)
    magic, disk, first, here, count, length, start, comment = _END.unpack(tail[-_END.size :])
    if magic != b"PK\x05\x06" or comment:
        raise RefusedError("the archive is cut off, or bytes follow its end", _AGAIN)
    if len(tail) > _END.size and tail[-_END.size - 20 :].startswith(_LOCATOR):
        raise RefusedError("the archive is in zip64 form, of more than 4 GiB", _AGAIN)
    if disk or first or here != count or count > _MOST_MEMBERS or length > _LARGEST_DIRECTORY:
        raise RefusedError("the archive has more members than any model", _AGAIN)
    if start + length + _END.size != size:
        raise RefusedError("the archive is put together with other bytes", _AGAIN)


def _check_members(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    total = packed = 0
    for info in infos:
        name = info.filename
        folded = str(PurePosixPath(name)).casefold()
        total, packed = total + info.file_size, packed + info.compress_size
        if folded in seen:
            raise RefusedError(f"the archive holds {shown(name)} twice", _AGAIN)
        seen.add(folded)
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not name:
            raise RefusedError(f"the archive's {shown(name)} leads out of it", _AGAIN)
        mode = info.external_attr >> 16
        if mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0):
            raise RefusedError(f"the archive's {shown(name)} is a link or no file", _AGAIN)
        if info.flag_bits & 0x1:
            raise RefusedError(f"the archive's {shown(name)} is encrypted", _AGAIN)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RefusedError(f"the archive's {shown(name)} is compressed unusually", _AGAIN)
        if info.is_dir() or info.file_size > _RATIO * info.compress_size + _CHUNK:
            raise RefusedError(f"the archive's {shown(name)} is a folder or a bomb", _AGAIN)
    if total > _LARGEST or total > max(_FREE, _MEAN_RATIO * packed):
        raise RefusedError("the archive expands without measure, as a bomb does", _AGAIN)


def _check_places(file: BinaryIO, infos: list[zipfile.ZipInfo], end: int) -> None:
    """Members stand one behind the other, without overlap, and are named twice alike."""
    at = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        if info.header_offset != at:
            raise RefusedError("the archive's members overlap, or hide bytes between them", _AGAIN)
        file.seek(at)
        head = file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
            raise MalformedError("the archive is damaged", _AGAIN)
        flags, length, extra = (_LOCAL.unpack(head)[index] for index in (2, 9, 10))
        name = file.read(length).decode("utf-8" if flags & 0x800 else "cp437", "replace")
        if name != info.orig_filename or "\0" in name:
            raise RefusedError("the archive names a member in two ways", _AGAIN)
        at += _LOCAL.size + length + extra + info.compress_size
        if flags & 0x8:
            at += _descriptor(file, at)
    if at != end:
        raise RefusedError("the archive hides bytes between its members", _AGAIN)


def _descriptor(file: BinaryIO, at: int) -> int:
    """Return the size of the checksum behind a member that was written as a stream."""
    file.seek(at)
    return 16 if file.read(4) == b"PK\x07\x08" else 12
