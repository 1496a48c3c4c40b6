"""What a model's own files say that it takes and gives."""

from __future__ import annotations

from typing import Any, NamedTuple

from fairway.signature.schema import array_schema, element_schema, object_schema

Size = int | str | None
"""A dimension: its size, the name of an open one, or None where it is not known."""


class OwnTensor(NamedTuple):
    """A tensor; ``datatype`` is the protocol's, None when ``type_name`` has no counterpart.

    ``name`` is empty for a tensor that is known by its place only. ``shape`` is None when it is
    not known.
    """

    name: str
    datatype: str | None
    type_name: str
    shape: tuple[Size, ...] | None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the tensor's data."""
        element = element_schema(self.datatype)
        schema = element if self.shape is None else array_schema(element, self.shape)
        shape = {} if self.shape is None else {"x-shape": list(self.shape)}
        return {**schema, "x-datatype": self.datatype or self.type_name, **shape}


class OwnColumn(NamedTuple):
    """A column of a table; ``required`` is False where it may be absent or null.

    ``datatype`` is None for what is no scalar, or has no counterpart in the protocol; ``nested``
    is then the JSON Schema of the column.
    """

    name: str
    datatype: str | None
    type_name: str
    required: bool = True
    nested: dict[str, Any] | None = None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a value in the column."""
        if self.nested is not None:
            return self.nested
        return {**element_schema(self.datatype), "x-datatype": self.datatype or self.type_name}


class OwnSignature(NamedTuple):
    """Inputs and outputs, each either tensors or the columns of one table, in the model's order.

    ``source`` is the file that says so. ``graph`` is True when the tensors' names are those that
    the model server feeds; otherwise it goes by column names and widths.
    """

    source: str
    inputs: tuple[OwnTensor, ...] | tuple[OwnColumn, ...]
    outputs: tuple[OwnTensor, ...] | tuple[OwnColumn, ...]
    graph: bool = False

    def schemas(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the JSON Schemas (2020-12) of the inputs and of the outputs."""
        return _schema(self.inputs), _schema(self.outputs)


def _schema(parts: tuple[OwnTensor, ...] | tuple[OwnColumn, ...]) -> dict[str, Any]:
    if not parts:
        return {}
    if not all(part.name for part in parts):
        if len(parts) == 1:
            return parts[0].schema()
        return {"type": "array", "prefixItems": [part.schema() for part in parts], "items": False}
    required = [part.name for part in parts if not isinstance(part, OwnColumn) or part.required]
    return object_schema({part.name: part.schema() for part in parts}, required)
