"""A safetensors file is its header and its tensors, and nothing between, before or behind them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from scan.scanning import messages, scan_bytes

SIZES = {"F32": 4, "F64": 8, "I8": 1, "BOOL": 1, "BF16": 2, "I64": 8, "U16": 2, "F16": 2}


def safetensors(header: object, data: bytes = b"", blanks: int = 0) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * blanks
    return len(text).to_bytes(8, "little") + text + data


def tensor(start: int, end: int, dtype: str = "F32", shape: list[int] | None = None) -> object:
    shape = [(end - start) // SIZES.get(dtype, 4)] if shape is None else shape
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def benign() -> dict[str, bytes]:
    return {
        **{dtype: safetensors({"a": tensor(0, 8 * size, dtype)}, bytes(8 * size))
           for dtype, size in SIZES.items()},
        "two": safetensors({"a": tensor(0, 8), "b": tensor(8, 16)}, bytes(16)),
        "any order": safetensors({"b": tensor(8, 16), "a": tensor(0, 8)}, bytes(16)),
        "metadata": safetensors({"__metadata__": {"format": "pt"}, "a": tensor(0, 8)}, bytes(8)),
        "empty tensor": safetensors({"a": tensor(0, 0, shape=[0, 3])}, b""),
        "scalar": safetensors({"a": tensor(0, 4, shape=[])}, bytes(4)),
        "blanks": safetensors({"a": tensor(0, 8)}, bytes(8), blanks=5),
        "numbers like a pickle": safetensors({"a": tensor(0, 8)}, b"\x80\x04\x95....."),
    }  # fmt: skip


def hostile() -> dict[str, bytes]:
    one = tensor(0, 8)
    text = json.dumps(one).encode()
    pickled = pickle.dumps(pickle.Unpickler)
    return {
        "overlap": safetensors({"a": tensor(0, 8), "b": tensor(4, 12)}, bytes(12)),
        "the same bytes twice": safetensors({"a": one, "b": one}, bytes(8)),
        "hole": safetensors({"a": one, "b": tensor(12, 20)}, bytes(20)),
        "hole at the start": safetensors({"a": tensor(4, 12)}, bytes(12)),
        "bytes behind": safetensors({"a": one}, bytes(8) + pickled),
        "bytes missing": safetensors({"a": one}, bytes(7)),
        "negative": safetensors({"a": tensor(-8, 0, shape=[2])}, bytes(8)),
        "backwards": safetensors({"a": tensor(8, 0, shape=[2])}, bytes(8)),
        "shape does not fit": safetensors({"a": tensor(0, 8, shape=[3])}, bytes(8)),
        "shape overflows": safetensors({"a": tensor(0, 8, shape=[2**40] * 4)}, bytes(8)),
        "shape of texts": safetensors({"a": tensor(0, 8) | {"shape": ["2"]}}, bytes(8)),
        "unknown type": safetensors({"a": one | {"dtype": "PY"}}, bytes(8)),
        "unknown key": safetensors({"a": one | {"code": "1"}}, bytes(8)),
        "tensor twice": safetensors(b'{"a":%b,"a":%b}' % (text, text), bytes(8)),
        "no json": safetensors(b"{'a': 1}"),
        "a list": safetensors(b'{}[]'),
        "metadata of numbers": safetensors({"__metadata__": {"a": 1}, "a": one}, bytes(8)),
        "nested deep": safetensors(b'{"a":' * 200_000),
        "header beyond the end": (10**6).to_bytes(8, "little") + b"{}",
        "header of a petabyte": (1 << 50).to_bytes(8, "little") + b"{}",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(benign()))
def test_benign_is_accepted(name: str, tmp_path: Path):
    report = scan_bytes(tmp_path, benign()[name], "model.safetensors")
    assert messages(report) == ""
    assert report.format == "safetensors"


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_is_refused(name: str, tmp_path: Path):
    report = scan_bytes(tmp_path, hostile()[name], "model.safetensors")
    assert report.faults
    assert "could not be scanned" not in messages(report)
