"""JSON Schemas of tensors and their elements.

The draft is 2020-12: ``prefixItems`` gives every column of a row its own limits, and OpenAPI 3.1
embeds it as it is. ``x-`` keywords carry what JSON Schema has no word for: the datatype, the
shape and the names of columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.serve.signature import whole_range
from fairway.signature.datatype import KINDS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {"BOOL": "boolean", "UINT": "integer", "INT": "integer", "FP": "number", "BYTES": "string"}


def element_schema(datatype: str | None) -> dict[str, Any]:
    """Return the JSON Schema of one element; of any value when the datatype is not known."""
    if datatype is None:
        return {}
    kind = KINDS[datatype]
    schema: dict[str, Any] = {"type": _TYPES[kind]}
    if kind in ("UINT", "INT"):
        schema["minimum"], schema["maximum"] = whole_range(datatype)
    return schema


def array_schema(element: Mapping[str, Any], shape: Sequence[int | str | None]) -> dict[str, Any]:
    """Return the JSON Schema of nested lists with these sizes; open ones are not limited."""
    schema = dict(element)
    for size in reversed(shape):
        schema = {"type": "array", "items": schema}
        if isinstance(size, int) and size >= 0:
            schema |= {"minItems": size, "maxItems": size}
    return schema


def object_schema(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
