"""Reading the header of a NumPy file (``.npy``), whose bytes are numbers or a pickle.

Source: ``numpy/lib/_format_impl.py`` of NumPy 2.4, versions 1.0 to 3.0 of the format.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from fairway.scan.report import MalformedError, RefusedError
from fairway.scan.stream import Stream

MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000  # NumPy's own limit, for which ast.literal_eval is safe
_DESCRIPTION = re.compile(r"[<>|=]?([?biufcOSUVmM])(\d{0,9})(\[[^\[\]]{1,40}\])?", re.ASCII)
_DEEPEST = 16
_AGAIN = "save the array again with numpy.save"


class NpyHeader(NamedTuple):
    """An array: its size in bytes, and whether a pickle of objects follows instead."""

    size: int
    holds_objects: bool


def read_header(stream: Stream) -> NpyHeader:
    """Read a header; raise ``RefusedError`` for one that NumPy does not write."""
    head = stream.read(8)
    if not head.startswith(MAGIC) or head[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise MalformedError("it is no NumPy file of a known version", _AGAIN)
    size = int.from_bytes(stream.read(2 if head[6] == 1 else 4), "little")
    if size > _LONGEST_HEADER:
        raise RefusedError("the NumPy header is longer than NumPy reads", _AGAIN)
    try:
        text = stream.read(size).decode("utf-8" if head[6] == 3 else "latin-1")
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise MalformedError("the NumPy header cannot be read", _AGAIN) from error
    if not isinstance(value, dict) or value.keys() != {"descr", "fortran_order", "shape"}:
        raise MalformedError("the NumPy header has other keys than NumPy writes", _AGAIN)
    item, objects = _item(value["descr"], 0)
    return NpyHeader(item * _count(value["shape"]), objects)


def check_npy(stream: Stream, size: int) -> None:
    """Hold a file of ``size`` bytes to its header: numbers, to the last byte.

    Raises ``RefusedError`` for objects, which are a pickle.
    """
    header = read_header(stream)
    if header.holds_objects:
        raise RefusedError("it is an array of objects, which is a pickle", _AGAIN)
    if size - stream.position != header.size:
        raise RefusedError("the NumPy file has more or fewer bytes than its header says", _AGAIN)


def _count(shape: object) -> int:
    if not isinstance(shape, tuple) or len(shape) > 64:
        raise MalformedError("the NumPy header has no shape", _AGAIN)
    count = 1
    for size in shape:
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 48:
            raise MalformedError("the NumPy header has no shape", _AGAIN)
        count *= size
    return count


def _item(description: object, depth: int) -> tuple[int, bool]:
    """Return an item's size in bytes, and whether it holds objects."""
    if isinstance(description, str):
        found = _DESCRIPTION.fullmatch(description)
        if found is not None:
            kind = found[1]
            size = int(found[2] or (1 if kind in "?b" else 0))
            return (8 if kind == "O" else 4 * size if kind == "U" else size), kind == "O"
    elif isinstance(description, list) and depth < _DEEPEST:
        total, objects = 0, False
        for field in description:
            size, holds = _field(field, depth)
            total, objects = total + size, objects or holds
        return total, objects
    raise RefusedError("the NumPy header has a type that is not known", _AGAIN)


def _field(field: object, depth: int) -> tuple[int, bool]:
    if not isinstance(field, tuple) or not 2 <= len(field) <= 3:
        raise RefusedError("the NumPy header has a type that is not known", _AGAIN)
    size, objects = _item(field[1], depth + 1)
    return size * (_count(field[2]) if len(field) == 3 else 1), objects
