"""The held-out data by the contract: the model's inputs, the target, and columns to group by.

One rule says which column is what. An input column has the name that the contract gives it; a
tensor without named columns takes the column of its own name, or ``name_0``, ``name_1``, … in
row-major order. The target is the column that has the name of one of the contract's outputs, or
the one that ``evidence.target`` names. Other columns are only there to group rows by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fairway.evidence.measure.table import DatasetRefusedError, Table, Text
from fairway.serve.contract import Contract
from fairway.serve.errors import Refusal
from fairway.serve.limits import limits_check
from fairway.serve.signature import InputTensor
from fairway.serve.tensor import DTYPES, Array, kind_of

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Holdout(NamedTuple):
    """Rows of a data set: ``inputs`` by tensor, ``target`` and ``others`` as they were written."""

    inputs: Mapping[str, Array]
    target: str
    truth: Text
    table: Table

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.table.rows


def read_holdout(table: Table, contract: Contract, target: str | None = None) -> Holdout:
    """Return a data set as the contract means it. Raises ``DatasetRefusedError``.

    Rows that the model server would refuse are refused here: a result that leaves them out would
    be about other rows than the data set's.
    """
    names = {name for tensor in contract.inputs for name in input_columns(tensor)}
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise DatasetRefusedError(
            f"the data set has no column {min(missing)!r}, which the contract's inputs have",
            "add the column, or correct its name in the data set or the contract",
        )
    chosen = _target(table, contract, names, target)
    truth = table.columns[chosen]
    if any(value is None for value in truth):
        row = next(i for i, value in enumerate(truth) if value is None)
        raise DatasetRefusedError(
            f"row {row} has no {chosen}, the target", "remove the rows without a target"
        )
    inputs = {tensor.name: _array(tensor, table) for tensor in contract.inputs}
    return Holdout(inputs, chosen, truth, table)


def input_columns(tensor: InputTensor) -> list[str]:
    """Return the names of the columns that make up a tensor, in row-major order."""
    count = math.prod(tensor.shape[1:])
    if tensor.columns is not None and count == len(tensor.columns):
        return [column.name for column in tensor.columns]
    return [tensor.name] if count == 1 else [f"{tensor.name}_{i}" for i in range(count)]


def _target(table: Table, contract: Contract, inputs: set[str], target: str | None) -> str:
    if target is not None:
        if target in table.columns:
            return target
        raise DatasetRefusedError(
            f"the data set has no column {target!r}, which is to be the target", "correct the name"
        )
    outputs = [output.name for output in contract.outputs]
    named = [name for name in outputs if name in table.columns and name not in inputs]
    if len(named) == 1:
        return named[0]
    found = f"columns {' and '.join(named)} are" if named else "no column is"
    raise DatasetRefusedError(
        f"{found} named like an output of the contract ({', '.join(outputs)}), so which one is the"
        " target is not known",
        "give the target's column the name of the output that predicts it",
    )


def _array(tensor: InputTensor, table: Table) -> Array:
    blocks = [_values(tensor, name, table.columns[name]) for name in input_columns(tensor)]
    array = np.stack(blocks, axis=1).reshape((table.rows, *tensor.shape[1:]))
    try:
        limits_check(tensor)(array)
    except Refusal as refusal:
        raise DatasetRefusedError(
            f"the contract refuses a row of the data set: {refusal.message}",
            "correct the row, or the limits in the contract",
        ) from refusal
    return array


def _values(tensor: InputTensor, name: str, column: Text) -> Array:
    kind = kind_of(tensor.datatype)
    if kind == "BYTES":
        return column
    converted = np.empty(len(column), dtype=DTYPES[tensor.datatype])
    try:
        with np.errstate(over="ignore"):
            converted[:] = [_number(kind, value) for value in column]
    except (ValueError, KeyError, TypeError, OverflowError):
        row = _first_wrong(kind, column)
        value = column[row] if row is not None else "a value"
        raise DatasetRefusedError(
            f"row {row or 0}, column {name!r}: {str(value)[:60]!r} is not a {tensor.datatype}",
            "correct the value, or the datatype in the contract",
        ) from None
    return converted


def _number(kind: str, value: str | None) -> float | int | bool:
    if kind == "FP":
        return math.nan if value is None else float(value)
    if value is None:
        raise ValueError
    if kind == "BOOL":
        return _TRUTHS[value.lower()]
    return int(value) if value.lstrip("+-").isdecimal() else _whole(float(value))


def _whole(value: float) -> int:
    if value != int(value):
        raise ValueError
    return int(value)


def _first_wrong(kind: str, column: Text) -> int | None:
    for row, value in enumerate(column.tolist()):
        try:
            _number(kind, value)
        except (ValueError, KeyError, TypeError, OverflowError):
            return row
    return None
