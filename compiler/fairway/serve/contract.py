"""The contract of a model, the file ``contract.json``: its signature and examples.

A compiler checks contracts with this module as well, so it needs pydantic and the standard library
only. A contract that does not fit itself is a ``pydantic.ValidationError`` whose ``loc`` is the
route of the wrong value, such as ``("inputs", 0, "columns", 3, "min")``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field, JsonValue, model_validator

from fairway.serve.signature import (
    NOT_EMPTY,
    InputTensor,
    Name,
    Number,
    OutputTensor,
    Part,
    Problem,
    Route,
    Scalar,
    refuse,
    whole_range,
)


class Example(Part):
    """A request and its answer: the documentation, the warm-up and the smoke test of a model."""

    name: Name = Field(description="What the example shows.", examples=["benign"])
    inputs: dict[str, list[JsonValue]] = Field(
        description="Data of every input tensor, nested by its shape or flat in row-major order.",
        examples=[{"features": [[17.99, 10.38]]}],
    )
    outputs: dict[str, list[JsonValue]] = Field(
        default_factory=dict,
        description="Expected data of some or all outputs; none where versions may differ.",
        examples=[{"label": [1]}],
    )
    tolerance: Annotated[Number, Field(ge=0)] = Field(
        default=1e-6,
        json_schema_extra={"minimum": 0},
        description="Largest accepted distance of a number: absolute, plus relative to its size.",
        examples=[1e-6],
    )


class Contract(Part):
    """What a model accepts and answers."""

    inputs: tuple[InputTensor, ...] = Field(
        json_schema_extra=NOT_EMPTY,
        description="Input tensors; a request must have all of them, with equal numbers of rows.",
        examples=[[{"name": "features", "datatype": "FP64", "shape": [-1, 30]}]],
    )
    outputs: tuple[OutputTensor, ...] = Field(
        json_schema_extra=NOT_EMPTY,
        description="Output tensors; a request may ask for some of them.",
        examples=[[{"name": "label", "datatype": "INT64", "shape": [-1]}]],
    )
    examples: tuple[Example, ...] = Field(
        default=(),
        description="Example requests, run when the server starts.",
        examples=[[{"name": "benign", "inputs": {"features": [[17.99, 10.38]]}}]],
    )

    @model_validator(mode="after")
    def _consistent(self) -> Contract:
        refuse("Contract", _problems(self))
        return self


def _problems(contract: Contract) -> Iterator[Problem]:
    """Every inconsistency that no single tensor shows, with its route in the contract."""
    ambiguous = False
    for field, tensors in (("inputs", contract.inputs), ("outputs", contract.outputs)):
        if not tensors:
            ambiguous = True
            yield (field,), "a contract has at least one tensor here"
    for field, names in (
        ("inputs", [tensor.name for tensor in contract.inputs]),
        ("outputs", [tensor.name for tensor in contract.outputs]),
        ("examples", [example.name for example in contract.examples]),
    ):
        for index, name in enumerate(names):
            if name in names[:index]:
                ambiguous = True
                yield (field, index, "name"), f"{name!r} is named twice"
    if ambiguous:  # what an example then lacks is no news
        return
    for index, example in enumerate(contract.examples):
        for route, text in _example_problems(contract, example):
            yield ("examples", index, *route), text


def _example_problems(contract: Contract, example: Example) -> Iterator[Problem]:
    inputs = {tensor.name: tensor for tensor in contract.inputs}
    outputs = {tensor.name: tensor for tensor in contract.outputs}
    for name in inputs.keys() - example.inputs.keys():
        yield ("inputs",), f"input {name!r} is missing"
    rows: set[int] = set()
    for field, data, tensors in (
        ("inputs", example.inputs, inputs),
        ("outputs", example.outputs, outputs),
    ):
        for name, values in data.items():
            tensor = tensors.get(name)
            if tensor is None:
                yield (field, name), f"unknown name; the contract has {', '.join(tensors)}"
                continue
            count, found = _data_problems(tensor, values)
            rows.update(count)
            for route, text in found:
                yield (field, name, *route), text
    if len(rows) > 1:
        yield (), f"tensors have different numbers of rows: {sorted(rows)}"


def _data_problems(
    tensor: InputTensor | OutputTensor, data: Sequence[JsonValue]
) -> tuple[list[int], list[Problem]]:
    """Rows of the data (none when unknown) and its problems."""
    tail = tensor.shape[1:]
    found: list[Problem] = []
    leaves = list(_leaves(data, ()))
    nested = any(isinstance(item, list) for item in data)
    if nested:
        found += _ragged(data, tail, ())
        rows = len(data)
    else:
        row_size = math.prod(tail)
        if not leaves or len(leaves) % row_size:
            found.append(((), f"{len(leaves)} values are not whole rows of {row_size}"))
        rows = len(leaves) // row_size
    if tensor.shape[0] not in (-1, rows):
        found.append(((), f"{rows} rows, but the first dimension is {tensor.shape[0]}"))
    if found:
        return [], found
    for position, (route, leaf) in enumerate(leaves):
        text = _leaf_problem(tensor, position, leaf)
        if text is not None:
            found.append((route, text))
    return ([rows] if tensor.shape[0] == -1 else []), found


def _leaves(data: Sequence[JsonValue], route: Route) -> Iterator[tuple[Route, JsonValue]]:
    for index, item in enumerate(data):
        if isinstance(item, list):
            yield from _leaves(item, (*route, index))
        else:
            yield (*route, index), item


def _ragged(data: Sequence[JsonValue], sizes: Sequence[int], route: Route) -> list[Problem]:
    """Problems of nested data whose inner lists must have these sizes."""
    if not sizes:
        return [
            ((*route, index), "nested deeper than the shape")
            for index, item in enumerate(data)
            if isinstance(item, list)
        ]
    found: list[Problem] = []
    for index, item in enumerate(data):
        here = (*route, index)
        if not isinstance(item, list):
            found.append((here, f"expected a list of {sizes[0]}"))
        elif len(item) != sizes[0]:
            found.append((here, f"{len(item)} values, expected {sizes[0]}"))
        else:
            found += _ragged(item, sizes[1:], here)
    return found


def _leaf_problem(tensor: InputTensor | OutputTensor, position: int, leaf: JsonValue) -> str | None:
    columns = tensor.columns if isinstance(tensor, InputTensor) else None
    column = columns[position % len(columns)] if columns else None
    if leaf is None:
        if column is not None:
            return column.refusal(None)
        return "null" if isinstance(tensor, InputTensor) else None
    if isinstance(leaf, dict | list) or not _fits(tensor.datatype, leaf):
        return f"{leaf!r} is not a {tensor.datatype}"
    return column.refusal(leaf) if column is not None else None


def _fits(datatype: str, leaf: Scalar) -> bool:
    if datatype == "BYTES":
        return isinstance(leaf, str)
    if datatype == "BOOL":
        return isinstance(leaf, bool)
    if isinstance(leaf, bool) or not isinstance(leaf, int | float):
        return False
    if datatype.startswith("FP"):
        return True
    low, high = whole_range(datatype)
    return isinstance(leaf, int) and low <= leaf <= high
