"""Reading protobuf messages field by field, forward, without keeping what is not asked for.

Source: the encoding of Protocol Buffers (https://protobuf.dev/programming-guides/encoding).
Groups, unknown fields, and fields of another wire type than their message gives them are refused:
another reader might know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fairway.scan.report import MalformedError, RefusedError
from fairway.scan.stream import Stream

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MOST_FIELDS = 20_000_000
_DEEPEST = 90  # protobuf's own readers stop at 100
_LONGEST_TEXT = 4096


class Field(NamedTuple):
    """A field of a message: its number, a varint's value, or where a text or message ends."""

    number: int
    value: int
    end: int


class Reader:
    """Fields of nested messages, in the order of the file, with a bound on all of them."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = _MOST_FIELDS
        self._depth = 0
        self.size = size

    def fields(self, end: int, known: Mapping[int, int] | None, what: str) -> Iterator[Field]:
        """Yield the fields up to ``end``; ``known`` are the wire types by number, or anything.

        A field that was not read when the next is asked for is skipped.
        """
        stream = self._stream
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RefusedError("messages are nested deeper than any reader goes")
        while stream.position < end:
            self._left -= 1
            if self._left < 0:
                raise RefusedError("the file has more fields than any model")
            tag = self._varint()
            number, wire = tag >> 3, tag & 7
            if known is not None and known.get(number) != wire:
                raise RefusedError(f"{what} has a field {number} that is not known")
            field = self._field(number, wire, end)
            yield field
            if stream.position > field.end or field.end > end:
                raise MalformedError(f"a field of {what} leads out of it")
            stream.skip(field.end - stream.position)
        if stream.position != end:
            raise MalformedError(f"a field of {what} leads out of it")
        self._depth -= 1

    def text(self, field: Field) -> str:
        """Return the text of a field, of at most 4096 bytes."""
        length = field.end - self._stream.position
        if length > _LONGEST_TEXT:
            raise RefusedError("a name is longer than any name")
        try:
            return self._stream.read(length).decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedError("a text is not UTF-8") from None

    def chunks(self, field: Field) -> Iterator[bytes]:
        """Yield the bytes of a field in pieces."""
        while length := field.end - self._stream.position:
            yield self._stream.read(min(length, 1 << 16))

    def _field(self, number: int, wire: int, end: int) -> Field:
        stream = self._stream
        if number < 1 or number >= 1 << 29:
            raise MalformedError("a field has an impossible number")
        if wire == VARINT:
            value = self._varint()
            return Field(number, value, stream.position)
        size = {FIXED64: 8, FIXED32: 4}.get(wire)
        if size is None:
            if wire != BYTES:
                raise MalformedError("a field has an impossible wire type")
            size = self._varint()
        if stream.position + size > end:
            raise MalformedError("a field leads out of its message")
        return Field(number, 0, stream.position + size)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._stream.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF
        raise MalformedError("a number is longer than any number")


def top_level(stream: Stream, size: int, known: Mapping[int, int]) -> set[int] | None:
    """Return the numbers of a file's outermost fields, or None when they are not these."""
    found = set()
    try:
        for field in Reader(stream, size).fields(size, known, "the file"):
            found.add(field.number)
    except RefusedError:
        return None
    return found


def once(seen: set[int], field: Field, what: str) -> None:
    """Refuse a field that stands twice, of which readers keep different ones."""
    if field.number in seen:
        raise RefusedError(f"{what} has a field {field.number} twice")
    seen.add(field.number)
