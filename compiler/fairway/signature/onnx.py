"""The inputs and outputs of an ONNX graph, read without ONNX.

Source: ``onnx.proto`` (ONNX IR version 13): ``ModelProto.graph`` is field 7; of ``GraphProto``
5 is ``initializer``, 11 ``input``, 12 ``output``, 15 ``sparse_initializer``; of ``ValueInfoProto``
1 is ``name``, 2 ``type``; of ``TypeProto`` 1 is ``tensor_type``, with ``elem_type`` 1 and
``shape`` 2; a dimension has ``dim_value`` 1 or ``dim_param`` 2. Weights are passed over.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fairway.signature.datatype import ONNX, ONNX_OTHERS
from fairway.signature.errors import OwnSignatureError
from fairway.signature.own import OwnSignature, OwnTensor, Size
from fairway.signature.wire import BYTES, VARINT, Field, WireError, fields

_MODEL_GRAPH = 7
_INITIALIZER, _INPUT, _OUTPUT, _SPARSE = 5, 11, 12, 15
_TENSOR_NAME, _SPARSE_VALUES = 8, 1
_OTHER_TYPES = {4: "sequence", 5: "map", 7: "opaque", 8: "sparse tensor", 9: "optional"}
_MOST_FIELDS = 4_000_000
_LONGEST_NAME = 1 << 12
_AGAIN = "export the model again; the file is no ONNX model, or it is damaged"


class _Graph(NamedTuple):
    inputs: list[OwnTensor]
    outputs: list[OwnTensor]
    constants: set[str]


def onnx_signature(path: Path) -> OwnSignature:
    """Return the inputs that a graph must be fed and its outputs.

    Inputs with an initializer are constants. Raises ``OwnSignatureError`` when the file is no
    ONNX model, and ``OSError`` when it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            if not path.stat().st_size:
                raise WireError("it is empty")
            with (
                mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as pages,
                memoryview(pages) as data,
            ):
                graph = _Reader(data).graph()
    except WireError as error:
        message = f"{path.name} cannot be read as ONNX: {error}"
        raise OwnSignatureError(message, _AGAIN) from error
    inputs = [tensor for tensor in graph.inputs if tensor.name not in graph.constants]
    return OwnSignature(path.name, tuple(inputs), tuple(graph.outputs), graph=True)


class _Reader:
    """Reads one model; how many fields it looks at is bounded."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._left = _MOST_FIELDS

    def graph(self) -> _Graph:
        graphs = [f for f in self._fields(0, len(self._data)) if f.number == _MODEL_GRAPH]
        if len(graphs) != 1 or graphs[0].kind != BYTES:
            raise WireError("it holds no graph" if not graphs else "it holds several graphs")
        found = _Graph([], [], set())
        for field in self._fields(graphs[0].start, graphs[0].end):
            if field.number in (_INPUT, _OUTPUT):
                tensor = self._value(field)
                (found.inputs if field.number == _INPUT else found.outputs).append(tensor)
            elif field.number == _INITIALIZER:
                found.constants.add(self._name(field, _TENSOR_NAME))
            elif field.number == _SPARSE:
                values = [f for f in self._inside(field) if f.number == _SPARSE_VALUES]
                found.constants.update(self._name(each, _TENSOR_NAME) for each in values)
        return found

    def _value(self, field: Field) -> OwnTensor:
        name = self._name(field, 1)
        found = OwnTensor(name, None, "untyped", None)
        for kind in (f for f in self._inside(field) if f.number == 2):
            for part in self._inside(kind):
                if part.number == 1:
                    found = self._tensor(name, part)
                elif part.number in _OTHER_TYPES:
                    found = OwnTensor(name, None, _OTHER_TYPES[part.number], None)
        return found

    def _tensor(self, name: str, field: Field) -> OwnTensor:
        element, shape = 0, None
        for part in self._inside(field):
            if part.number == 1 and part.kind == VARINT:
                element = part.value
            elif part.number == 2:
                dims = [f for f in self._inside(part) if f.number == 1]
                shape = tuple(self._size(dim) for dim in dims)
        datatype = ONNX.get(element)
        return OwnTensor(
            name, datatype, datatype or ONNX_OTHERS.get(element, f"type {element}"), shape
        )

    def _size(self, field: Field) -> Size:
        size: Size = None
        for part in self._inside(field):
            if part.number == 1 and part.kind == VARINT:
                # Exporters write 0 and -1 for an open dimension.
                size = part.value if 0 < part.value < 1 << 62 else None
            elif part.number == 2:
                size = self._text(part) or None
        return size

    def _name(self, field: Field, number: int) -> str:
        names = [self._text(part) for part in self._inside(field) if part.number == number]
        return names[-1] if names else ""

    def _text(self, field: Field) -> str:
        if field.kind != BYTES or field.end - field.start > _LONGEST_NAME:
            raise WireError("a name is too long, or no text")
        try:
            return bytes(self._data[field.start : field.end]).decode()
        except UnicodeDecodeError:
            raise WireError("a name is not UTF-8") from None

    def _inside(self, field: Field) -> Iterator[Field]:
        if field.kind != BYTES:
            raise WireError("a message is no message")
        return self._fields(field.start, field.end)

    def _fields(self, start: int, end: int) -> Iterator[Field]:
        for field in fields(self._data, start, end):
            self._left -= 1
            if self._left < 0:
                raise WireError("it has too many parts")
            yield field
