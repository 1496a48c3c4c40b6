"""The limits of an input's columns, checked on a whole array at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fairway.serve.errors import Refusal
from fairway.serve.signature import Column, InputTensor, Scalar
from fairway.serve.tensor import DTYPES, Array, kind_of, place

_UNLIMITED = Column(name="unlimited")
Check = Callable[[Array], None]


def limits_check(tensor: InputTensor) -> Check:
    """Build the check of one input; it raises ``Refusal`` for the first value out of limits.

    The check takes an array of the tensor's datatype whose last dimension is the columns.
    """
    columns = tensor.columns or (_UNLIMITED,) * tensor.width
    if tensor.datatype == "BOOL":
        return lambda array: None
    broken = (
        _broken_text(columns) if tensor.datatype == "BYTES" else _broken_numbers(tensor, columns)
    )

    def check(array: Array) -> None:
        bad = broken(array.reshape(-1, tensor.width))
        if not bad.any():
            return
        index = int(bad.argmax())  # flattened, row-major
        value: Scalar = (
            array.reshape(-1)[index].item()
            if array.dtype.kind != "O"
            else (array.reshape(-1).tolist()[index])
        )
        text = columns[index % tensor.width].refusal(value)
        raise Refusal("limit", f"{place(tensor, index, array.shape)}: {text or 'not accepted'}")

    return check


def _broken_numbers(
    tensor: InputTensor, columns: tuple[Column, ...]
) -> Callable[[Array], NDArray[np.bool_]]:
    """Return a function from values [rows, columns] to whether each breaks a limit."""
    dtype = DTYPES[tensor.datatype]
    floating = kind_of(tensor.datatype) == "FP"
    # The largest finite value as the bound refuses infinity.
    edge = float(np.finfo(dtype.str).max) if floating else np.inf
    low = np.array([-edge if c.min is None else c.min for c in columns], dtype=np.float64)
    high = np.array([edge if c.max is None else c.max for c in columns], dtype=np.float64)
    if floating:
        # Rounded as the values were: 0.1 in FP32 is above 0.1 in FP64.
        low, high = (np.clip(x, -edge, edge).astype(dtype).astype(np.float64) for x in (low, high))
    nullable = np.array([column.nullable for column in columns])
    listed = [(i, np.array(c.categories)) for i, c in enumerate(columns) if c.categories]

    def broken(values: Array) -> NDArray[np.bool_]:
        numbers = values.astype(np.float64, copy=False)
        bad: NDArray[np.bool_] = ~((numbers >= low) & (numbers <= high))  # NaN compares false
        if nullable.any():
            bad &= ~(nullable & np.isnan(numbers))
        for index, categories in listed:
            absent = ~np.isin(values[:, index], categories)
            if columns[index].nullable:
                absent &= ~np.isnan(numbers[:, index])
            bad[:, index] |= absent
        return bad

    return broken


def _broken_text(columns: tuple[Column, ...]) -> Callable[[Array], NDArray[np.bool_]]:
    accepted = [None if c.categories is None else frozenset(c.categories) for c in columns]

    def broken(values: Array) -> NDArray[np.bool_]:
        bad = np.zeros(values.shape, dtype=np.bool_)
        for index, (column, categories) in enumerate(zip(columns, accepted, strict=True)):
            cells: list[str | None] = values[:, index].tolist()
            bad[:, index] = [
                not column.nullable
                if cell is None
                else (categories is not None and cell not in categories)
                for cell in cells
            ]
        return bad

    return broken
