"""A contract as far as callers see it: light, for the run that only checks specs.

``fairway.serve.contract`` is the model of the whole file, and needs pydantic. What is read here
was found well formed by it, when the version was locked or when the spec was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, inf
from typing import Any, NamedTuple


class Limits(NamedTuple):
    """What values are accepted: one of ``categories``, else from ``low`` to ``high``.

    Whole numbers have the limits of their datatype where the contract has none.
    """

    low: float
    high: float
    whole: bool
    categories: frozenset[str | int] | None

    def within(self, other: Limits) -> bool:
        """Whether ``other`` accepts every value that these limits do."""
        if other.categories is None:
            if self.categories is None:
                return other.low <= self.low and self.high <= other.high
            return all(
                isinstance(each, str) or other.low <= each <= other.high for each in self.categories
            )
        if self.categories is not None:
            return self.categories <= other.categories
        if self.whole and self.high - self.low < len(other.categories):
            values = range(int(self.low), int(self.high) + 1)
            return all(value in other.categories for value in values)
        return self.low == self.high and self.low in other.categories

    def __str__(self) -> str:
        """Return the limits as a part of a sentence: ``10 to 80``, ``any value``."""
        if self.categories is not None:
            listed = sorted(self.categories, key=lambda each: (isinstance(each, str), each))
            shown = ", ".join(repr(each) for each in listed[:5])
            return f"{shown} and {len(listed) - 5} more" if len(listed) > 5 else shown
        low, high = f"{self.low:.10g}", f"{self.high:.10g}"
        if self.low == -inf:
            return "any value" if self.high == inf else f"at most {high}"
        return f"at least {low}" if self.high == inf else f"{low} to {high}"


class Column(NamedTuple):
    """A column of an input; ``name`` is empty where the contract names none."""

    name: str
    unit: str
    nullable: bool
    limits: Limits


class Tensor(NamedTuple):
    """An input or an output; ``named`` says whether the contract lists its columns.

    ``method`` is that of an output, empty for an input.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    named: bool
    columns: tuple[Column, ...]
    method: str


class Tensors(NamedTuple):
    """What a contract's requests and answers hold, by the tensors' names."""

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]


def contract_tensors(document: Mapping[str, Any]) -> Tensors:
    """Return the tensors of a well-formed contract, as ``json.loads`` gives it."""
    return Tensors(
        {each["name"]: _input(each) for each in document["inputs"]},
        {each["name"]: _output(each) for each in document["outputs"]},
    )


def _input(value: Mapping[str, Any]) -> Tensor:
    datatype, shape = value["datatype"], tuple(value["shape"])
    columns: Sequence[Mapping[str, Any]] | None = value.get("columns")
    if columns is None:
        width = shape[-1] if len(shape) > 1 else 1
        # One stands for all of them: they are equal, and an image has many.
        plain = (Column("", "", False, _limits(datatype, {})),) * min(width, 1)
        return Tensor(value["name"], datatype, shape, False, plain, "")
    return Tensor(
        value["name"],
        datatype,
        shape,
        True,
        tuple(
            Column(
                each["name"],
                each.get("unit") or "",
                bool(each.get("nullable")),
                _limits(datatype, each),
            )
            for each in columns
        ),
        "",
    )


def _output(value: Mapping[str, Any]) -> Tensor:
    method = value.get("method") or "predict"
    return Tensor(value["name"], value["datatype"], tuple(value["shape"]), False, (), method)


def _limits(datatype: str, column: Mapping[str, Any]) -> Limits:
    categories = column.get("categories")
    low, high = column.get("min"), column.get("max")
    whole = "INT" in datatype
    if whole:
        least, largest = _whole_range(datatype)
        low = least if low is None else max(least, ceil(low))
        high = largest if high is None else min(largest, floor(high))
    return Limits(
        -inf if low is None else low,
        inf if high is None else high,
        whole,
        None if categories is None else frozenset(categories),
    )


def _whole_range(datatype: str) -> tuple[int, int]:
    bits = int(datatype.partition("INT")[2])
    return (
        (0, 2**bits - 1) if datatype.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    )
