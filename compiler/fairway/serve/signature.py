"""The signature of a model: its input and output tensors, and the limits of each column.

Tensors are those of the Open Inference Protocol v2 (name, datatype, shape); columns, methods and
sources are additions. Source: https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    StrictBool,
    StrictInt,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

Datatype = Literal[
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64",
    "FP16", "FP32", "FP64", "BYTES",
]  # fmt: skip
Method = Literal["predict", "predict_proba", "decision_function", "transform"]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Route = tuple[str | int, ...]
Problem = tuple[Route, str]
Scalar = bool | int | float | str | None

# Fields that may not be empty say so in the schema and are checked by hand: pydantic's min_length
# counts only the items that were valid, and so adds "too short" to every error inside a list.
NOT_EMPTY: Final[dict[str, JsonValue]] = {"minItems": 1}
_LARGEST: Final = sys.float_info.max
_WHOLE_BITS: Final = {
    "UINT8": 8, "UINT16": 16, "UINT32": 32, "UINT64": 64,
    "INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64,
}  # fmt: skip


def whole_range(datatype: str) -> tuple[int, int]:
    """Smallest and largest value of an integer datatype, both inclusive."""
    bits = _WHOLE_BITS[datatype]
    if datatype.startswith("U"):
        return 0, 2**bits - 1
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def refuse(title: str, problems: Iterator[Problem]) -> None:
    """Raise one ``ValidationError`` with a line for each problem, located at its route.

    pydantic keeps the routes of a ``ValidationError`` raised inside a validator and puts the
    route of the enclosing field before them; a plain ``ValueError`` would lose the inner part.
    """
    lines = [
        # The text is an argument, not the template: names may contain braces.
        InitErrorDetails(
            type=PydanticCustomError("contract", "{problem}", {"problem": text}),
            loc=route,
            input=None,
        )
        for route, text in problems
    ]
    if lines:
        raise ValidationError.from_exception_data(title, lines)


def _number(value: object) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    raise PydanticCustomError("number", "Input should be a finite number")


def _category(value: object) -> str | int:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("category", "Input should be text or a whole number")


# Not unions that pydantic knows: it would add the member that failed to the route of the value.
Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
Category = Annotated[
    str | int, PlainValidator(_category), WithJsonSchema({"type": ["string", "integer"]})
]


class Part(BaseModel):
    """A part of a contract: frozen, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Part):
    """One column of an input: the last dimension of its tensor, and what a value may be."""

    name: Name = Field(description="Name of the column.", examples=["mean radius"])
    unit: str | None = Field(
        default=None, description="Unit of the values, for people.", examples=["mm"]
    )
    min: Number | None = Field(
        default=None, description="Smallest value accepted, inclusive.", examples=[0]
    )
    max: Number | None = Field(
        default=None, description="Largest value accepted, inclusive.", examples=[60]
    )
    nullable: StrictBool = Field(
        default=False,
        description="Whether null (NaN in binary data) is accepted; FP and BYTES only.",
        examples=[True],
    )
    categories: tuple[Category, ...] | None = Field(
        default=None,
        json_schema_extra=NOT_EMPTY,
        description="The only values accepted: text for BYTES, whole numbers otherwise.",
        examples=[["DE", "FR"]],
    )

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        refuse("Column", self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if self.min is not None and self.max is not None and self.min > self.max:
            yield ("min",), f"min {self.min} is above max {self.max}"
        if self.categories is not None:
            if self.min is not None or self.max is not None:
                yield ("categories",), "a column has categories or limits, not both"
            if not self.categories:
                yield ("categories",), "no value would be accepted"
            seen: set[str | int] = set()
            for index, category in enumerate(self.categories):
                if category in seen:
                    yield ("categories", index), f"category {category!r} is listed twice"
                seen.add(category)

    def refusal(self, value: Scalar) -> str | None:
        """Say what is wrong with a value; None when nothing is.

        The value's type must already fit the tensor's datatype. Null and NaN are the same thing.
        """
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None if self.nullable else "null or NaN, but the column is not nullable"
        if isinstance(value, float) and math.isinf(value):
            return "infinite, or too large for the datatype"
        unit = f" {self.unit}" if self.unit else ""
        if isinstance(value, int | float):
            if self.min is not None and value < self.min:
                return f"{value} is below the minimum {self.min}{unit}"
            if self.max is not None and value > self.max:
                return f"{value} is above the maximum {self.max}{unit}"
        if self.categories is not None and value not in self.categories:
            shown = ", ".join(repr(category) for category in self.categories[:10])
            more = ", …" if len(self.categories) > 10 else ""
            return f"{value!r} is not one of {shown}{more}"
        return None


class _Tensor(Part):
    name: Name = Field(description="Name of the tensor.", examples=["features"])
    datatype: Datatype = Field(
        description="Open Inference Protocol v2 datatype of the elements.", examples=["FP64"]
    )
    shape: tuple[StrictInt, ...] = Field(
        json_schema_extra=NOT_EMPTY,
        description="Sizes of the dimensions; -1, only first, stands for the rows of a batch.",
        examples=[[-1, 30]],
    )
    source: Name | None = Field(
        default=None,
        description="Name of the tensor in an ONNX graph, where it is another one.",
        examples=["float_input"],
    )

    def _shape_problems(self) -> Iterator[Problem]:
        if not self.shape:
            yield ("shape",), "a tensor has at least one dimension, the rows"
            return
        if self.shape[0] != -1 and self.shape[0] < 1:
            yield ("shape", 0), f"the first dimension is -1 or at least 1, not {self.shape[0]}"
        for index, size in enumerate(self.shape[1:], start=1):
            if size < 1:
                yield ("shape", index), f"only the first dimension may be open, found {size}"


class InputTensor(_Tensor):
    """An input tensor; a tensor of one dimension has exactly one column."""

    columns: tuple[Column, ...] | None = Field(
        default=None,
        description="Columns of the last dimension, in order. Without them values must be finite.",
        examples=[[{"name": "mean radius", "unit": "mm", "min": 0, "max": 60}]],
    )

    @model_validator(mode="after")
    def _consistent(self) -> InputTensor:
        refuse("InputTensor", self._problems())
        return self

    @property
    def width(self) -> int:
        """Number of columns: the size of the last dimension, 1 for a tensor of one dimension."""
        return self.shape[-1] if len(self.shape) > 1 else 1

    def _problems(self) -> Iterator[Problem]:
        yield from self._shape_problems()
        if self.columns is None:
            return
        if len(self.columns) != self.width:
            yield (
                ("columns",),
                f"{len(self.columns)} columns, but the last dimension is {self.width}",
            )
        seen: set[str] = set()
        for index, column in enumerate(self.columns):
            if column.name in seen:
                yield ("columns", index, "name"), f"column {column.name!r} is named twice"
            seen.add(column.name)
            for field, text in self._misfits(column):
                yield ("columns", index, field), text

    def _misfits(self, column: Column) -> Iterator[tuple[str, str]]:
        text = self.datatype == "BYTES"
        if column.nullable and not (text or self.datatype.startswith("FP")):
            yield "nullable", f"{self.datatype} has no value for null"
        if text or self.datatype == "BOOL":
            for field, limit in (("min", column.min), ("max", column.max)):
                if limit is not None:
                    yield field, f"{self.datatype} values have no order"
        if column.categories is not None:
            if self.datatype == "BOOL":
                yield "categories", "BOOL values have no categories"
            elif any(isinstance(category, str) is not text for category in column.categories):
                expected = "text" if text else "whole numbers"
                yield "categories", f"categories of {self.datatype} values are {expected}"


class OutputTensor(_Tensor):
    """An output tensor and where the model finds it."""

    method: Method = Field(
        default="predict",
        description="Method of a scikit-learn model that gives this output.",
        examples=["predict_proba"],
    )

    @model_validator(mode="after")
    def _consistent(self) -> OutputTensor:
        refuse("OutputTensor", self._shape_problems())
        return self
