"""Scanning a safetensors file: a header of JSON, then numbers to the last byte.

Source: ``safetensors/src/tensor.rs`` of safetensors 0.6 (``SafeTensors::read_metadata``).
"""

from __future__ import annotations

import json
from typing import BinaryIO

from fairway.scan.report import MalformedError, RefusedError, shown
from fairway.scan.stream import Stream
from fairway.source.strict_json import unique

_LARGEST_HEADER = 32 << 20
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16,
    "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
    "C64": 64,
}  # fmt: skip
_AGAIN = "save the model again with safetensors"


def header_size(head: bytes, size: int) -> int | None:
    """Return the header's size in bytes when a file begins like safetensors, or None."""
    length = int.from_bytes(head[:8], "little")
    fits = len(head) > 8 and 2 <= length <= _LARGEST_HEADER and length + 8 <= size
    return length if fits and head[8:9] == b"{" else None


def scan_safetensors(file: BinaryIO, size: int) -> None:
    """Hold a file to its header; raise ``RefusedError`` for holes, overlaps and other types."""
    stream = Stream.of_file(file, size)
    length = header_size(stream.peek(9), size)
    if length is None:
        raise MalformedError("it does not begin like a safetensors file", _AGAIN)
    file.seek(8)
    try:
        header = json.loads(file.read(length), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"the safetensors header is not JSON: {error}", _AGAIN) from error
    if not isinstance(header, dict):
        raise MalformedError("the safetensors header is no object", _AGAIN)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise RefusedError("the safetensors metadata is not all text", _AGAIN)
    at = 0
    for start, end, name in sorted(_range(name, entry) for name, entry in header.items()):
        if start != at:
            raise RefusedError(f"tensor {shown(name)} overlaps another, or leaves a hole", _AGAIN)
        at = end
    if at != size - 8 - length:
        raise RefusedError("the safetensors file is longer or shorter than its tensors", _AGAIN)


def _range(name: str, entry: object) -> tuple[int, int, str]:
    if isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"}:
        shape, offsets, bits = entry["shape"], entry["data_offsets"], _BITS.get(str(entry["dtype"]))
        if _sizes(shape, 64) and _sizes(offsets, 2) and len(offsets) == 2 and bits:
            count = bits
            for extent in shape:
                count *= extent
            if offsets[0] <= offsets[1] and (offsets[1] - offsets[0]) * 8 == count:
                return offsets[0], offsets[1], name
    raise RefusedError(f"tensor {shown(name)} does not fit its description", _AGAIN)


def _sizes(value: object, limit: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= limit
        and all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 1 << 48 for v in value)
    )
