"""Scanning an ONNX model: every node of every graph, and where its tensors are.

Field numbers are those of ``onnx/onnx-ml.proto`` of ONNX 1.23 (IR version 14); a test compares
them with the installed descriptors. Built into onnxruntime are the domains below; every other
operator is a shared library that somebody would have to load, unless the model defines it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import NamedTuple

from fairway.scan.protobuf import BYTES, Field, Reader, once, top_level
from fairway.scan.report import Found, RefusedError, shown
from fairway.scan.stream import Stream

MODEL = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
GRAPH = {1: 2, 2: 2, 5: 2, 10: 2, 11: 2, 12: 2, 13: 2, 14: 2, 15: 2, 16: 2}
NODE = dict.fromkeys(range(1, 11), BYTES)
FUNCTION = dict.fromkeys((1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), BYTES)
TRAINING = dict.fromkeys((1, 2, 3, 4), BYTES)
_STANDARD = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}
_RUNTIME = {"com.microsoft", "com.microsoft.experimental", "com.microsoft.nchwc"}
# They run Python, PyTorch or a compiled blob, or open a file that the model names.
_DANGEROUS = {"PythonOp", "PythonOpGrad", "ATen", "ATenOp", "EPContext", "TritonOp", "ExternalOp"}
_MOST_OPERATORS = 10_000
_EXTERNAL = 1
_NUMBER = re.compile(r"[0-9]{1,18}")
_INSIDE = "keep the tensors inside the .onnx file, or in a file beside it"
_STANDARD_OPERATORS = "export the model with standard operators only"


class ExternalData(NamedTuple):
    """Where a tensor's bytes are: a file beside the model, from an offset, so many bytes."""

    location: str
    offset: int
    length: int | None


class OnnxScan:
    """A walk over a model of ``size`` bytes; ``external`` holds the files that it reads."""

    def __init__(self, stream: Stream, size: int, found: Found) -> None:
        self.external: set[ExternalData] = set()
        self._reader = Reader(stream, size)
        self._found = found
        self._custom: set[tuple[str, str]] = set()
        self._defined: set[tuple[str, str]] = set()

    def run(self) -> None:
        """List the operators; raise ``RefusedError`` where the file is no model."""
        reader = self._reader
        seen: set[int] = set()
        for field in reader.fields(reader.size, MODEL, "the model"):
            if field.number == 7:
                once(seen, field, "the model")
                self._graph(field)
            elif field.number == 8:
                seen.add(field.number)
            elif field.number == 20:
                self._training(field)
            elif field.number == 25:
                self._function(field)
        if seen != {7, 8}:
            raise RefusedError("the model has no graph, or no opset", "export the model again")
        for domain, operator in sorted(self._custom - self._defined):
            name = shown(f"{domain}.{operator}")
            self._found.fault(f"operator {name} is in no known library", _STANDARD_OPERATORS)

    def _training(self, outer: Field) -> None:
        for field in self._reader.fields(outer.end, TRAINING, "the training information"):
            if field.number in (1, 2):
                self._graph(field)

    def _graph(self, outer: Field) -> None:
        for field in self._reader.fields(outer.end, GRAPH, "a graph"):
            if field.number == 1:
                self._node(field)
            elif field.number == 5:
                self._tensor(field)
            elif field.number == 15:
                self._sparse(field)

    def _function(self, outer: Field) -> None:
        names = {1: "", 10: ""}
        seen: set[int] = set()
        for field in self._reader.fields(outer.end, FUNCTION, "a function"):
            if field.number in names:
                once(seen, field, "a function")
                names[field.number] = self._reader.text(field)
            elif field.number == 7:
                self._node(field)
            elif field.number == 11:
                self._attribute(field)
        self._defined.add((names[10], names[1]))

    def _node(self, outer: Field) -> None:
        names = {4: "", 7: ""}
        seen: set[int] = set()
        for field in self._reader.fields(outer.end, NODE, "a node"):
            if field.number in names:
                once(seen, field, "a node")
                names[field.number] = self._reader.text(field)
            elif field.number == 5:
                self._attribute(field)
        domain, operator = names[7], names[4]
        self._found.operators.add(shown(f"{domain or 'ai.onnx'}.{operator}", 200))
        if len(self._found.operators) > _MOST_OPERATORS:
            raise RefusedError("the model has more operators than there are")
        if operator in _DANGEROUS and domain not in _STANDARD:
            message = f"operator {operator} runs code, or reads files that the model names"
            self._found.fault(message, _STANDARD_OPERATORS)
        if domain not in _STANDARD | _RUNTIME:
            self._custom.add((domain, operator))

    def _attribute(self, outer: Field) -> None:
        # Lists of numbers come packed or one by one, so wire types are not fixed here.
        for field in self._reader.fields(outer.end, None, "an attribute"):
            if field.number in (5, 10):
                self._tensor(field)
            elif field.number in (6, 11):
                self._graph(field)
            elif field.number in (22, 23):
                self._sparse(field)

    def _sparse(self, outer: Field) -> None:
        for field in self._reader.fields(outer.end, None, "a sparse tensor"):
            if field.number in (1, 2):
                self._tensor(field)

    def _tensor(self, outer: Field) -> None:
        entries: dict[str, str] = {}
        external = False
        for field in self._reader.fields(outer.end, None, "a tensor"):
            if field.number == 13:
                key, value = self._entry(field)
                if key in entries:
                    raise RefusedError("a tensor's place is given twice", _INSIDE)
                entries[key] = value
            elif field.number == 14:
                external = field.value == _EXTERNAL
        if entries or external:
            self.external.add(_place(entries))

    def _entry(self, outer: Field) -> tuple[str, str]:
        texts = {1: "", 2: ""}
        seen: set[int] = set()
        for field in self._reader.fields(outer.end, {1: BYTES, 2: BYTES}, "a tensor's place"):
            once(seen, field, "a tensor's place")
            texts[field.number] = self._reader.text(field)
        return texts[1], texts[2]


def looks_like_onnx(stream: Stream, size: int) -> bool:
    """Return whether a file's outermost fields are a model's."""
    found = top_level(stream, size, MODEL)
    return found is not None and {1, 7} <= found


def _place(entries: dict[str, str]) -> ExternalData:
    location = entries.get("location", "")
    path = PurePosixPath(location)
    odd = "\\" in location or ":" in location or "\0" in location
    if not path.parts or path.is_absolute() or ".." in path.parts or odd:
        message = f"a tensor is read from {shown(location) or 'nowhere'}, outside of the model"
        raise RefusedError(message, _INSIDE)
    numbers = [entries.get(key, default) for key, default in (("offset", "0"), ("length", ""))]
    if not all(text == "" or _NUMBER.fullmatch(text) for text in numbers):
        raise RefusedError("a tensor's place is no number", _INSIDE)
    offset, length = (int(text) if text else None for text in numbers)
    return ExternalData(str(path), offset or 0, length)
