"""Scanning a skops file: the archive, its schema, and every member that a node reads."""

from __future__ import annotations

import json
from typing import BinaryIO

from fairway.scan.archive import Archive, open_archive
from fairway.scan.npy import check_npy
from fairway.scan.report import Found, RefusedError, shown
from fairway.scan.skops_schema import NEWEST_PROTOCOL, Schema
from fairway.scan.stream import Stream
from fairway.source.strict_json import unique

SCHEMA = "schema.json"
_LARGEST_SCHEMA = 32 << 20
_AGAIN = "save the model again with skops.io.dump"


def scan_skops(file: BinaryIO, size: int, found: Found, patterns: tuple[str, ...]) -> None:
    """List a skops file's types; raise ``RefusedError`` when it is not as skops writes it."""
    with open_archive(file, size) as archive:
        schema = Schema(found, patterns)
        schema.walk(_schema(archive))
        for name, kind in schema.files.items():
            with archive.open(name) as member:
                length = archive.members[name].size
                if kind == "npy":
                    check_npy(Stream.of_file(member, length), length)
                elif kind == "npz":
                    scan_npz(member, length)
        unread = archive.members.keys() - schema.files.keys() - {SCHEMA}
        if unread:
            name = shown(min(unread))
            raise RefusedError(f"the archive holds {name}, which its schema never reads", _AGAIN)


def scan_npz(file: BinaryIO, size: int) -> None:
    """Hold an archive of NumPy arrays to numbers; raise ``RefusedError`` for anything else."""
    with open_archive(file, size) as archive:
        for name, member in archive.members.items():
            if not name.endswith(".npy"):
                raise RefusedError(f"the archive's {shown(name)} is no NumPy array", _AGAIN)
            with archive.open(name) as array:
                check_npy(Stream.of_file(array, member.size), member.size)


def _schema(archive: Archive) -> dict[str, object]:
    member = archive.members.get(SCHEMA)
    if member is None or member.size > _LARGEST_SCHEMA:
        raise RefusedError("the archive has no skops schema, or one of more than 32 MiB", _AGAIN)
    with archive.open(SCHEMA) as file:
        data = file.read()
    try:
        value = json.loads(data, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"the skops schema is not JSON: {error}", _AGAIN) from error
    protocol = value.get("protocol") if isinstance(value, dict) else None
    if not isinstance(protocol, int) or isinstance(protocol, bool):
        raise RefusedError("the skops schema has no protocol", _AGAIN)
    if not 0 <= protocol <= NEWEST_PROTOCOL:
        raise RefusedError(f"skops protocol {protocol} is not known", "save it with skops 0.16")
    schema: dict[str, object] = value
    return schema
