"""Reading protobuf messages field by field, without their schema.

Source: the protobuf encoding specification (wire types 0, 1, 2 and 5; groups are not read). Bytes
are skipped, not copied, so a message of gigabytes costs its number of fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_LARGEST_NUMBER = (1 << 29) - 1


class WireError(Exception):
    """The bytes are no protobuf message."""


class Field(NamedTuple):
    """A field: its number, wire type, value (varints only) and where its bytes are."""

    number: int
    kind: int
    value: int
    start: int
    end: int


def fields(data: memoryview, start: int, end: int) -> Iterator[Field]:
    """Yield the fields of the message in ``data[start:end]``; raise ``WireError`` where it ends.

    Varints are unsigned 64-bit numbers.
    """
    position = start
    while position < end:
        tag, position = _varint(data, position, end)
        number, kind = tag >> 3, tag & 7
        if not 0 < number <= _LARGEST_NUMBER:
            raise WireError(f"field number {number}")
        value, size = 0, 0
        if kind == VARINT:
            value, position = _varint(data, position, end)
        elif kind == BYTES:
            size, position = _varint(data, position, end)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise WireError(f"wire type {kind}")
        if size > end - position:
            raise WireError("a field is longer than its message")
        yield Field(number, kind, value, position, position + size)
        position += size


def _varint(data: memoryview, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            raise WireError("a number is cut")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
    raise WireError("a number is longer than 64 bits")
