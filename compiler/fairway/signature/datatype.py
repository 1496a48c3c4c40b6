"""Datatypes in the four languages that name them: one table for each, into the protocol's names.

The names here are those of the Open Inference Protocol v2, which contracts use. A type that a
table does not hold has no counterpart, so nothing can be said of it but its name.
"""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["BOOL", "UINT", "INT", "FP", "BYTES"]

KINDS: Final[dict[str, Kind]] = {
    "BOOL": "BOOL",
    "UINT8": "UINT", "UINT16": "UINT", "UINT32": "UINT", "UINT64": "UINT",
    "INT8": "INT", "INT16": "INT", "INT32": "INT", "INT64": "INT",
    "FP16": "FP", "FP32": "FP", "FP64": "FP",
    "BYTES": "BYTES",
}  # fmt: skip
"""What a protocol datatype is, whatever its precision."""

MLFLOW: Final = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
}
"""``mlflow.types.DataType`` of MLflow 3, less ``binary`` and ``datetime``, which are no text."""

NUMPY: Final = {
    "bool": "BOOL",
    "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64",
    "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64",
    "float16": "FP16", "float32": "FP32", "float64": "FP64",
    "str": "BYTES",
}  # fmt: skip
"""Names of numpy dtypes, as MLflow signatures have them; ``object`` may hold anything."""

ONNX: Final = {
    1: "FP32", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64",
    8: "BYTES", 9: "BOOL", 10: "FP16", 11: "FP64", 12: "UINT32", 13: "UINT64",
}  # fmt: skip
"""``TensorProto.DataType`` of ONNX, less what the protocol has no name for."""

ONNX_OTHERS: Final = {
    0: "undefined", 14: "complex64", 15: "complex128", 16: "bfloat16", 17: "float8e4m3fn",
    18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
    27: "float6e2m3", 28: "float6e3m2",
}  # fmt: skip
"""The rest of ``TensorProto.DataType``, by the names that ONNX gives them."""

_ORDER: Final[dict[Kind, int]] = {"BOOL": 0, "UINT": 1, "INT": 2, "FP": 3}


def fits(given: str, taken: str) -> bool:
    """Return whether the model server casts ``given`` to ``taken``: precision may change.

    For numbers this is numpy's "same_kind" (booleans to whole numbers to floats, unsigned to
    signed); text is text only.
    """
    first, second = KINDS[given], KINDS[taken]
    if "BYTES" in (first, second):
        return first == second
    return _ORDER[first] <= _ORDER[second]


def same_kind(one: str, other: str) -> bool:
    """Return whether two datatypes differ in precision only."""
    return KINDS[one] == KINDS[other]


def is_text(datatype: str) -> bool:
    """Return whether a datatype is text rather than a number."""
    return KINDS[datatype] == "BYTES"
