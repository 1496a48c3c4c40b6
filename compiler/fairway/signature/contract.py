"""A contract as JSON Schema: what a request's tensors hold, what an answer's do, and examples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import JsonValue

from fairway.serve.contract import Contract
from fairway.serve.signature import Column, InputTensor, OutputTensor
from fairway.signature.schema import DRAFT, array_schema, element_schema, object_schema


class ContractSchema(NamedTuple):
    """JSON Schemas (2020-12) of ``{tensor: data}``, and examples that they accept.

    Data is nested by a tensor's shape, rows first. ``examples`` have ``name``, ``inputs`` and,
    where the contract tells, ``outputs``.
    """

    inputs: dict[str, Any]
    outputs: dict[str, Any]
    examples: tuple[dict[str, Any], ...]


def contract_schema(contract: Contract) -> ContractSchema:
    """Return a contract's JSON Schemas and its examples, their data nested."""
    inputs = {tensor.name: _input(tensor) for tensor in contract.inputs}
    outputs = {tensor.name: _output(tensor) for tensor in contract.outputs}
    shapes = {tensor.name: tensor.shape for tensor in contract.inputs}
    output_shapes = {tensor.name: tensor.shape for tensor in contract.outputs}
    examples = []
    for example in contract.examples:
        value: dict[str, Any] = {"name": example.name, "inputs": _nested(example.inputs, shapes)}
        if example.outputs:
            value["outputs"] = _nested(example.outputs, output_shapes)
        examples.append(value)
    return ContractSchema(
        {"$schema": DRAFT, **object_schema(inputs, list(inputs))},
        {"$schema": DRAFT, **object_schema(outputs, [])},
        tuple(examples),
    )


def _input(tensor: InputTensor) -> dict[str, Any]:
    plain = element_schema(tensor.datatype)
    named: dict[str, Any] = {}
    if tensor.columns is None:
        schema = array_schema(plain, _open(tensor.shape))
    else:
        columns = [_column(plain, column) for column in tensor.columns]
        named["x-columns"] = [column.name for column in tensor.columns]
        schema = _rows(columns, tensor.shape)
    return _labelled(schema, tensor) | named


def _output(tensor: OutputTensor) -> dict[str, Any]:
    # The answer has null for NaN and for missing text; see fairway.serve.tensor.
    element = element_schema(tensor.datatype)
    if tensor.datatype == "BYTES" or tensor.datatype.startswith("FP"):
        element["type"] = [element["type"], "null"]
    return _labelled(array_schema(element, _open(tensor.shape)), tensor)


def _rows(columns: Sequence[dict[str, Any]], shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the schema of a tensor whose last dimension has these columns.

    Columns with the same limits are said once: 64 pixels are not 64 schemas.
    """
    if len(shape) == 1:
        return array_schema(columns[0], _open(shape))
    if all(column == columns[0] for column in columns):
        return array_schema(columns[0], _open(shape))
    row: dict[str, Any] = {"type": "array", "prefixItems": list(columns), "items": False}
    row["minItems"] = len(columns)
    return array_schema(row, _open(shape[:-1]))


def _column(plain: dict[str, Any], column: Column) -> dict[str, Any]:
    schema = dict(plain)
    if column.min is not None:
        schema["minimum"] = max(column.min, schema.get("minimum", column.min))
    if column.max is not None:
        schema["maximum"] = min(column.max, schema.get("maximum", column.max))
    if column.categories is not None:
        schema = {"type": schema["type"], "enum": list(column.categories)}
    if column.nullable:
        schema["type"] = [schema["type"], "null"]
        if column.categories is not None:
            schema["enum"].append(None)
    if column.unit is not None:
        schema["x-unit"] = column.unit
    return schema


def _open(shape: tuple[int, ...]) -> tuple[int | None, ...]:
    return tuple(None if size == -1 else size for size in shape)


def _labelled(schema: dict[str, Any], tensor: InputTensor | OutputTensor) -> dict[str, Any]:
    return {**schema, "minItems": max(1, tensor.shape[0]), "x-datatype": tensor.datatype,
            "x-shape": list(tensor.shape)}  # fmt: skip


def _nested(
    data: dict[str, list[JsonValue]], shapes: dict[str, tuple[int, ...]]
) -> dict[str, list[Any]]:
    return {name: _nest(values, shapes[name]) for name, values in data.items()}


def _nest(values: list[JsonValue], shape: tuple[int, ...]) -> list[Any]:
    """Return the data of a tensor as nested lists; flat data is in row-major order."""
    if len(shape) == 1 or any(isinstance(value, list) for value in values):
        return values
    level: list[Any] = values
    for size in reversed(shape[1:]):
        level = [level[start : start + size] for start in range(0, len(level), size)]
    assert len(level) * math.prod(shape[1:]) == len(values)  # noqa: S101 - the contract was checked
    return level
