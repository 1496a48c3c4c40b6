"""Requests of the Open Inference Protocol v2: right ones from rows, and every kind of wrong one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from fairway.serve.contract import Contract
from fairway.serve.signature import Column, InputTensor, whole_range

Row: TypeAlias = Mapping[str, Sequence[Any]]
"""One row: the values of each input tensor, flat in row-major order."""

MAX_ROWS: Final = 10_000
"""The most rows that the model server takes at once, unless it is told otherwise."""

_COLUMNS: Final = 64  # tried one by one; wider tensors have more of the same


class Case(NamedTuple):
    """A request of one kind of wrongness; ``rows`` is how many predictions a 200 must hold."""

    kind: str
    what: str
    body: bytes
    rows: int = 1


def body_of(contract: Contract, row: Row, rows: int = 1) -> dict[str, Any]:
    """Return a request of one row, ``rows`` times."""
    return {
        "inputs": [
            {
                "name": tensor.name,
                "datatype": tensor.datatype,
                "shape": [rows, *tensor.shape[1:]],
                "data": list(row[tensor.name]) * rows,
            }
            for tensor in contract.inputs
        ]
    }


def example_rows(contract: Contract, inputs: Mapping[str, Sequence[Any]]) -> tuple[bytes, int]:
    """Return the request of one of the contract's examples and its number of rows."""
    first = contract.inputs[0]
    rows = len(flat(inputs[first.name])) // math.prod(first.shape[1:])
    row = {tensor.name: flat(inputs[tensor.name]) for tensor in contract.inputs}
    body = body_of(contract, row)
    for tensor in body["inputs"]:
        tensor["shape"][0] = rows
    return json.dumps(body).encode(), rows


def flat(data: Sequence[Any]) -> list[Any]:
    """Return nested data in row-major order."""
    values: list[Any] = []
    for item in data:
        values += flat(item) if isinstance(item, list) else [item]
    return values


def cases(contract: Contract, row: Row) -> Iterator[Case]:
    """Yield wrong and unusual requests, made from a right one, in an order that never changes."""
    for position, tensor in enumerate(contract.inputs):
        width = min(len(row[tensor.name]), _COLUMNS)
        for at in range(width):
            yield from _of_a_value(contract, row, position, at)
        yield from _of_a_tensor(contract, row, position)
    yield from _of_the_whole(contract, row)


def _with(contract: Contract, row: Row, position: int, **changes: Any) -> bytes:
    body = body_of(contract, row)
    body["inputs"][position].update(changes)
    return json.dumps(body).encode()


def _of_a_value(contract: Contract, row: Row, position: int, at: int) -> Iterator[Case]:
    tensor = contract.inputs[position]
    column = _column(tensor, at)
    values: list[tuple[str, str, Any]] = [("missing values", "null", None)]
    values += [("out of range", what, value) for what, value in _beyond(tensor, column)]
    if at < 2:
        other = 7 if tensor.datatype == "BYTES" else "text"
        values += [("wrong types", "another type", other), ("wrong types", "an object", {"a": 1})]
        values += [("wrong types", "a list", [1, 2])]
    if at < 2 and tensor.datatype != "BOOL":
        values.append(("wrong types", "a boolean", True))
    name = column.name if column is not None else str(at)
    for kind, what, value in values:
        data = list(row[tensor.name])
        data[at] = value
        yield Case(kind, f"{what} in {name}", _with(contract, row, position, data=data))


def _column(tensor: InputTensor, at: int) -> Column | None:
    return tensor.columns[at % len(tensor.columns)] if tensor.columns else None


def _beyond(tensor: InputTensor, column: Column | None) -> Iterator[tuple[str, Any]]:
    """Yield values just outside of what a column takes, and far outside of it."""
    if tensor.datatype == "BOOL":
        return
    if tensor.datatype == "BYTES":
        yield "a long text", "x" * 10_000
        yield "control characters", "\x00\x1b[31m\u202e"
        return
    low, high = (None, None) if column is None else (column.min, column.max)
    if low is not None:
        yield "less than the minimum", low - 1
    if high is not None:
        yield "more than the maximum", high + 1
    if tensor.datatype.startswith("FP"):
        yield "1e308", 1e308
        yield "-1e308", -1e308
    else:
        yield "more than the datatype", whole_range(tensor.datatype)[1] + 1
    if column is not None and column.categories is not None:
        yield "an unknown category", max(c for c in column.categories if isinstance(c, int)) + 1


def _of_a_tensor(contract: Contract, row: Row, position: int) -> Iterator[Case]:
    tensor = contract.inputs[position]
    data = list(row[tensor.name])
    width = len(data)
    nothing = [None] * width
    yield Case("missing values", "null everywhere", _with(contract, row, position, data=nothing))
    for word in ("NaN", "Infinity", "-Infinity"):
        text = _with(contract, row, position, data=["\u0001", *data[1:]]).decode()
        yield Case("missing values", f"the word {word}", text.replace('"\\u0001"', word).encode())
    for what, changed in (("reversed", data[::-1]), ("rotated by one", data[1:] + data[:1])):
        if width > 1:
            yield Case("permuted columns", what, _with(contract, row, position, data=changed))
    for what, changed in (("one value short", data[:-1]), ("one value more", [*data, data[0]])):
        shape = [1, *tensor.shape[1:]]
        body = _with(contract, row, position, data=changed, shape=shape)
        yield Case("wrong shapes", what, body)
    for shape in ([], [-1, *tensor.shape[1:]], [1, *tensor.shape[1:], 1], [2**62, 2**62]):
        body = _with(contract, row, position, shape=shape)
        yield Case("wrong shapes", f"shape {shape}", body)
    empty = _with(contract, row, position, data=[], shape=[0, *tensor.shape[1:]])
    yield Case("empty requests", "no rows", empty)
    yield Case("wrong requests", "another datatype", _with(contract, row, position, datatype="X"))
    yield Case("wrong requests", "an unknown tensor", _with(contract, row, position, name="?"))


def _of_the_whole(contract: Contract, row: Row) -> Iterator[Case]:
    right = json.dumps(body_of(contract, row)).encode()
    for what, body in (("no body", b""), ("{}", b"{}"), ("no inputs", b'{"inputs": []}')):
        yield Case("empty requests", what, body)
    for what, body in (
        ("half of the JSON", right[: len(right) // 2]),
        ("a list", b"[]"),
        ("not UTF-8", b'{"inputs": "\xff"}'),
        ("10,000 brackets", b"[" * 10_000),
        ("protocol v1", b'{"instances": [[1]]}'),
    ):
        yield Case("wrong requests", what, body)
    many = json.dumps(body_of(contract, row, MAX_ROWS + 1)).encode()
    yield Case("too many rows", f"{MAX_ROWS + 1} rows", many, MAX_ROWS + 1)
