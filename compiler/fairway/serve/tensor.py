"""Tensor data on the wire, JSON or binary, to numpy arrays and back.

Sources: the tensor data of the Open Inference Protocol v2,
https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
and the binary tensor data extension of
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fairway.serve.errors import Refusal
from fairway.serve.signature import InputTensor, whole_range

Array = NDArray[np.generic]

# Little-endian, the byte order of the binary extension.
DTYPES: Final[dict[str, np.dtype[np.generic]]] = {
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
    "BYTES": np.dtype(np.object_),
}
_KINDS: Final[dict[str, tuple[frozenset[type], str]]] = {
    "BOOL": (frozenset({bool}), "true or false"),
    "BYTES": (frozenset({str}), "a string"),
    "FP": (frozenset({int, float}), "a number"),
    "INT": (frozenset({int}), "a whole number"),
}
_JSON_NAMES: Final[dict[type, str]] = {
    bool: "a boolean",
    dict: "an object",
    float: "a number with a fraction or beyond 64 bits",
    int: "a number",
    list: "a list",
    str: "a string",
    type(None): "null",
}


def kind_of(datatype: str) -> str:
    """Return the family of a datatype: BOOL, BYTES, FP or INT."""
    if datatype in ("BOOL", "BYTES"):
        return datatype
    return "FP" if datatype.startswith("FP") else "INT"


def place(tensor: InputTensor, index: int, shape: Sequence[int]) -> str:
    """Name one element: its tensor, row and column (by name where the contract names it).

    ``index`` counts in row-major order, rows and columns from 0.
    """
    at = np.unravel_index(index, tuple(shape))
    text = f"input {tensor.name!r}, row {int(at[0])}"
    if len(at) > 2:
        text += f", element {[int(position) for position in at[1:]]}"
    column = int(at[-1]) if len(at) > 1 else 0
    if tensor.columns is not None:
        return f"{text}, column {tensor.columns[column].name!r}"
    return f"{text}, column {column}" if len(at) == 2 else text


def from_json(tensor: InputTensor, data: JsonValue, shape: Sequence[int]) -> Array:
    """Read JSON data, nested by its shape or flat in row-major order.

    Null becomes NaN in FP data and None in BYTES data; whether a column may have it is left to
    the limits. Raises ``Refusal`` for a wrong count, nesting or type of element.
    """
    if not isinstance(data, list):
        raise Refusal("data", f"input {tensor.name!r}: data must be a list")
    flat = _flatten(tensor, data, shape)
    kind = kind_of(tensor.datatype)
    allowed, expected = _KINDS[kind]
    wrong = set(map(type, flat)) - allowed
    if kind in ("FP", "BYTES") and tensor.columns is not None:
        wrong.discard(type(None))
    if wrong:
        index = next(i for i, value in enumerate(flat) if type(value) in wrong)
        found = _JSON_NAMES[type(flat[index])]
        raise Refusal("type", f"{place(tensor, index, shape)}: expected {expected}, found {found}")
    if kind == "INT":
        _check_whole(tensor, flat, shape)
    array = np.empty(len(flat), dtype=DTYPES[tensor.datatype])
    with np.errstate(over="ignore"):  # too large for the datatype is infinite, refused later
        array[:] = flat
    return array.reshape(shape)


def _flatten(tensor: InputTensor, data: list[JsonValue], shape: Sequence[int]) -> list[JsonValue]:
    if not data or not isinstance(data[0], list):
        if len(data) != math.prod(shape):
            raise Refusal(
                "length",
                f"input {tensor.name!r}: data has {len(data)} elements, "
                f"but shape {list(shape)} holds {math.prod(shape)}",
            )
        return data
    level: list[JsonValue] = [data]
    for depth, size in enumerate(shape):
        for index, node in enumerate(level):
            if not isinstance(node, list) or len(node) != size:
                at = [int(i) for i in np.unravel_index(index, tuple(shape[:depth]))]
                found = f"{len(node)} elements" if isinstance(node, list) else "no list"
                where = f"data{at}" if depth else "data"
                raise Refusal(
                    "length",
                    f"input {tensor.name!r}: {where} has {found}, "
                    f"but shape {list(shape)} expects {size}",
                )
        level = list(chain.from_iterable(level))  # type: ignore[arg-type]  # all are lists
    return level


def _check_whole(tensor: InputTensor, flat: list[JsonValue], shape: Sequence[int]) -> None:
    low, high = whole_range(tensor.datatype)
    for index, value in enumerate(flat):
        if not low <= value <= high:  # type: ignore[operator]  # all are int
            raise Refusal(
                "type",
                f"{place(tensor, index, shape)}: {value} is outside {tensor.datatype}, "
                f"{low} to {high}",
            )


def from_binary(tensor: InputTensor, raw: bytes, shape: Sequence[int]) -> Array:
    """Read binary data: little-endian elements in row-major order, BYTES with length prefixes.

    BYTES elements are text in UTF-8. Raises ``Refusal`` for a wrong size or encoding.
    """
    count = math.prod(shape)
    if tensor.datatype == "BYTES":
        array = np.empty(count, dtype=object)
        array[:] = _split_bytes(tensor, raw, count)
        return array.reshape(shape)
    dtype = DTYPES[tensor.datatype]
    if len(raw) != count * dtype.itemsize:
        raise Refusal(
            "length",
            f"input {tensor.name!r}: {len(raw)} bytes of binary data, but {count} elements of "
            f"{tensor.datatype} are {count * dtype.itemsize} bytes",
        )
    if tensor.datatype == "BOOL" and raw.translate(None, b"\x00\x01"):
        raise Refusal("type", f"input {tensor.name!r}: a BOOL byte must be 0 or 1")
    # A copy, because a model may write to its inputs.
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()


def _split_bytes(tensor: InputTensor, raw: bytes, count: int) -> list[str]:
    elements: list[str] = []
    offset = 0
    try:
        while offset < len(raw):
            (size,) = struct.unpack_from("<I", raw, offset)
            offset += 4 + size
            if offset > len(raw):
                raise struct.error
            elements.append(raw[offset - size : offset].decode())
    except struct.error:
        raise Refusal("length", f"input {tensor.name!r}: binary data ends in an element") from None
    except UnicodeDecodeError:
        raise Refusal(
            "type", f"input {tensor.name!r}: element {len(elements)} is not UTF-8 text"
        ) from None
    if len(elements) != count:
        raise Refusal(
            "length",
            f"input {tensor.name!r}: binary data has {len(elements)} elements, the shape {count}",
        )
    return elements


def to_json(array: Array) -> Array | list[str | None]:
    """Flatten an output in row-major order, for orjson; NaN is written as null."""
    if array.dtype.kind == "O":
        return [None if value is None else _text(value) for value in array.ravel().tolist()]
    return np.ascontiguousarray(array).ravel()


def to_binary(array: Array) -> bytes:
    """Write an output in the form that ``from_binary`` reads."""
    if array.dtype.kind != "O":
        return array.tobytes()
    parts = [_text(value).encode() for value in array.ravel().tolist()]
    return b"".join(chain.from_iterable((struct.pack("<I", len(part)), part) for part in parts))


def _text(value: str | bytes | float | None) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return "" if value is None else str(value)
