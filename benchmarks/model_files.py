"""The files of a generated deployment: contracts, and the smallest models of each format.

The models are whole as far as they are read without being loaded: scanned, digested, and held
against their contract. They predict nothing.
"""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import zipfile
import zlib
from typing import Any

_NOUNS = (
    "amount", "age", "balance", "count", "delay", "distance", "duration", "income", "latency",
    "length", "limit", "load", "mileage", "price", "rate", "ratio", "score", "size", "speed",
    "temperature", "tenure", "usage", "value", "volume", "weight",
)  # fmt: skip
_ADJECTIVES = (
    "mean", "last", "total", "peak", "first", "median", "open", "paid", "net", "gross", "daily",
    "weekly", "monthly", "worst", "best",
)  # fmt: skip
_UNITS = ("EUR", "days", "km", "kWh", "ms", "°C", "kg/m²", "%", "items")
_EPOCH = (1980, 1, 1, 0, 0, 0)

MODEL_CODE = '''"""The model's own code."""

from __future__ import annotations


class Model:
    """Answers with the sum of each row, times {factor}."""

    def load(self, folder: str) -> None:
        """Read nothing: there is nothing to read."""

    def predict(self, inputs: dict[str, list[list[float]]]) -> dict[str, list[float]]:
        """Return a score a row."""
        return {{"score": [sum(row) * {factor} for row in inputs["features"]]}}
'''


def contract(source: random.Random) -> str:
    """Return a contract of 5 to 60 columns as JSON text, with one example."""
    size = source.randint(5, 60)
    columns: list[dict[str, Any]] = []
    row: list[float] = []
    for index in range(size):
        column, typical = _column(source, index)
        columns.append(column)
        row.append(typical)
    outputs: list[dict[str, Any]] = [{"name": "score", "datatype": "FP64", "shape": [-1]}]
    if source.random() < 0.3:
        proba = {"name": "probability", "datatype": "FP64", "shape": [-1, source.randint(2, 6)]}
        outputs.append({**proba, "method": "predict_proba"})
    inputs = {"name": "features", "datatype": "FP64", "shape": [-1, size], "columns": columns}
    value = {
        "inputs": [inputs],
        "outputs": outputs,
        "examples": [{"name": "typical", "inputs": {"features": [row]}}],
    }
    return json.dumps(value, indent=source.choice((None, 1, 2)), ensure_ascii=False) + "\n"


def _column(source: random.Random, index: int) -> tuple[dict[str, Any], float]:
    name = f"{source.choice(_ADJECTIVES)}_{source.choice(_NOUNS)}_{index}"
    kind = source.random()
    if kind < 0.15:
        categories = list(range(1, source.randint(3, 9)))
        return {"name": name, "categories": categories}, source.choice(categories)
    column: dict[str, Any] = {"name": name}
    low = source.choice((0, 0, 0, -50, 1, 0.5))
    high = low + source.choice((1, 10, 99.5, 1000, 250_000))
    if kind < 0.7:
        column["unit"] = source.choice(_UNITS)
    column |= {"min": low, "max": high}
    if kind > 0.92:
        column["nullable"] = True
    return column, round(source.uniform(low, high), 3)


def model_files(source: random.Random, form: str, signature: str) -> dict[str, bytes]:
    """Return the files of one model version of a format, by path; 0.5 to 5 KiB in all.

    ``signature`` is the contract that an ONNX graph takes and gives.
    """
    weights = struct.pack("<200d", *(source.random() for _ in range(200)))
    weights = weights[: 8 * source.randint(20, 200)]
    if form == "skops":
        return {"model.skops": _skops(weights)}
    if form == "joblib":
        numbers = struct.unpack(f"<{len(weights) // 8}d", weights)
        return {"model.joblib": zlib.compress(pickle.dumps({"weights": list(numbers)}, 4))}
    if form == "onnx":
        return {"model.onnx": _onnx(weights, json.loads(signature))}
    if form == "savedmodel":
        return {
            "saved_model.pb": _saved_model(),
            "variables/variables.data-00000-of-00001": weights,
            "variables/variables.index": source.randbytes(64),
        }
    return {"weights.txt": weights.hex().encode(), "vocabulary.txt": b"a\nb\nc\n"}


# -- skops -----------------------------------------------------------------------------------------


def _skops(weights: bytes) -> bytes:
    """Return a dictionary with one array, as skops writes it."""
    key = {**_node("str", "builtins", "TypeNode"), "__id__": 3}
    array = {**_node("ndarray", "numpy", "NdArrayNode"), "type": "numpy", "file": "0.npy"}
    names = {**_node("list", "builtins", "ListNode"), "content": [key], "__id__": 4}
    schema = {
        **_node("dict", "builtins", "DictNode"),
        "content": {"weights": {**array, "__id__": 2}},
        "key_types": names,
        "__id__": 1,
        "protocol": 2,
        "_skops_version": "0.16.0",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in (("schema.json", json.dumps(schema).encode()), ("0.npy", _npy(weights))):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return stream.getvalue()


def _node(name: str, module: str, loader: str) -> dict[str, Any]:
    return {"__class__": name, "__module__": module, "__loader__": loader}


def _npy(weights: bytes) -> bytes:
    """Return an array of doubles in NumPy's format 1.0."""
    shape = f"({len(weights) // 8},)"
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + weights


# -- protobuf: ONNX (onnx.proto3) and TensorFlow (saved_model.proto) -------------------------------

_DOUBLE = 11


def _onnx(weights: bytes, contract: Any) -> bytes:
    """Return a graph with the contract's inputs and outputs, and weights that nothing reads."""
    values = [_number(1, len(weights) // 8), _number(2, _DOUBLE), _text(8, "w"), _part(9, weights)]
    graph = [
        _part(1, _text(1, contract["inputs"][0]["name"]), _text(2, output["name"]),
              _text(4, "Identity"))
        for output in contract["outputs"]
    ]  # fmt: skip
    graph += [_text(2, "generated"), _part(5, *values)]
    graph += [_part(11, *_value(tensor)) for tensor in contract["inputs"]]
    graph += [_part(12, *_value(tensor)) for tensor in contract["outputs"]]
    return _number(1, 8) + _part(7, *graph) + _part(8, _number(2, 18))


def _value(tensor: Any) -> tuple[bytes, bytes]:
    sizes = [_part(1, *([_number(1, size)] if size > 0 else [])) for size in tensor["shape"]]
    kind = _part(1, _number(1, _DOUBLE), _part(2, *sizes))
    return _text(1, tensor["name"]), _part(2, kind)


def _saved_model() -> bytes:
    node = _part(1, _text(1, "x"), _text(2, "Placeholder"))
    return _number(1, 1) + _part(2, _part(1, _text(4, "serve")), _part(2, node))


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes([*data, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field: int, value: str) -> bytes:
    return _part(field, value.encode())


def holdout(source: random.Random) -> str:
    """Return a few rows of held-out data as CSV."""
    rows = ("label,weight", *(f"{source.randint(0, 1)},{source.random():.3f}" for _ in range(5)))
    return "\n".join(rows) + "\n"
