"""The body of an inference request, checked against the contract before the model sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from kserve import InferInput, InferRequest  # type: ignore[import-untyped,import-not-found,unused-ignore]
from kserve.protocol.infer_type import RequestedOutput  # type: ignore[import-untyped,import-not-found,unused-ignore]
from pydantic import JsonValue

from fairway.serve.contract import Contract
from fairway.serve.errors import Refusal
from fairway.serve.limits import Check, limits_check
from fairway.serve.signature import InputTensor
from fairway.serve.tensor import Array, from_binary, from_json

JSON_LENGTH_HEADER: Final = "inference-header-content-length"
_Object = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Checked:
    """A request that keeps the contract; ``rows`` is the size of its batch."""

    request: InferRequest
    rows: int


class RequestReader:
    """Reads bodies into kserve's ``InferRequest``, whose inputs hold numpy arrays."""

    def __init__(self, model: str, version: str, contract: Contract, max_rows: int) -> None:
        self._model = model
        self._version = version
        self._inputs: Final = {tensor.name: tensor for tensor in contract.inputs}
        self._outputs: Final = tuple(tensor.name for tensor in contract.outputs)
        self._checks: Final[dict[str, Check]] = {
            tensor.name: limits_check(tensor) for tensor in contract.inputs
        }
        self._max_rows = max_rows

    def read(self, headers: Mapping[str, str], body: bytes) -> Checked:
        """Read one request; ``headers`` have lower-case names.

        Raises ``Refusal`` for anything that the contract or the protocol does not allow.
        """
        text, raw = _split(headers, body)
        envelope = _object(_parse(text), "the body")
        if "inputs" not in envelope and "instances" in envelope:
            raise Refusal("inputs", "the body is a v1 request; this server takes v2: 'inputs'")
        request_id = envelope.get("id")
        if request_id is not None and not isinstance(request_id, str):
            raise Refusal("id", "'id' must be a string")
        parameters = _parameters(envelope, "the request")
        arrays = self._read_inputs(_objects(envelope, "inputs"), raw)
        request = InferRequest(
            model_name=self._model,
            model_version=self._version,
            request_id=request_id,
            infer_inputs=[
                InferInput(name, list(array.shape), self._inputs[name].datatype, array)
                for name, array in arrays.items()
            ],
            request_outputs=self._read_outputs(
                envelope, parameters.get("binary_data_output") is True
            ),
        )
        return Checked(request, next(iter(arrays.values())).shape[0])

    def _read_inputs(self, items: Sequence[_Object], raw: memoryview | None) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        offset = 0
        for item in items:
            tensor = self._tensor(item, arrays)
            shape = self._shape(tensor, item)
            size = _parameters(item, f"input {tensor.name!r}").get("binary_data_size")
            if size is None:
                if "data" not in item:
                    raise Refusal("data", f"input {tensor.name!r}: 'data' is missing")
                array = from_json(tensor, item["data"], shape)
            else:
                part = _take(tensor, item, raw, offset, size)
                offset += len(part)
                array = from_binary(tensor, part, shape)
            self._checks[tensor.name](array)
            arrays[tensor.name] = array
        missing = [name for name in self._inputs if name not in arrays]
        if missing:
            raise Refusal("inputs", f"input {missing[0]!r} is missing")
        if raw is not None and offset != len(raw):
            raise Refusal(
                "length", f"{len(raw)} bytes of binary data, the inputs account for {offset}"
            )
        _check_rows({name: array.shape[0] for name, array in arrays.items()})
        return {name: arrays[name] for name in self._inputs}

    def _tensor(self, item: _Object, seen: Mapping[str, Array]) -> InputTensor:
        name = item.get("name")
        if not isinstance(name, str):
            raise Refusal("inputs", "every input needs a 'name', a string")
        tensor = self._inputs.get(name)
        if tensor is None:
            known = ", ".join(repr(known) for known in self._inputs)
            raise Refusal("inputs", f"unknown input {name[:256]!r}; the model takes {known}")
        if name in seen:
            raise Refusal("inputs", f"input {name!r} is given twice")
        datatype = item.get("datatype")
        if datatype != tensor.datatype:
            found = repr(datatype[:32]) if isinstance(datatype, str) else "no datatype"
            raise Refusal(
                "datatype", f"input {name!r}: expected datatype {tensor.datatype}, found {found}"
            )
        return tensor

    def _shape(self, tensor: InputTensor, item: _Object) -> list[int]:
        shape = item.get("shape")
        label = f"input {tensor.name!r}: "
        if not isinstance(shape, list) or not all(type(size) is int for size in shape):
            raise Refusal("shape", f"{label}'shape' must be a list of whole numbers")
        sizes = [size for size in shape if isinstance(size, int)]
        wanted = list(tensor.shape)
        fits = len(sizes) == len(wanted) and all(
            size >= 0 if want == -1 else size == want
            for size, want in zip(sizes, wanted, strict=True)
        )
        if not fits:
            raise Refusal("shape", f"{label}expected shape {wanted}, found {str(sizes)[:200]}")
        if sizes[0] == 0:
            raise Refusal("rows", f"{label}the batch has no rows")
        if sizes[0] > self._max_rows:
            raise Refusal(
                "rows", f"{label}{sizes[0]} rows, at most {self._max_rows} are accepted at once"
            )
        return sizes

    def _read_outputs(self, envelope: _Object, binary: bool) -> list[RequestedOutput]:
        items = _objects(envelope, "outputs") if envelope.get("outputs") is not None else ()
        wanted: dict[str, bool] = {}
        for item in items:
            name = item.get("name")
            if not isinstance(name, str) or name not in self._outputs:
                known = ", ".join(repr(known) for known in self._outputs)
                raise Refusal("outputs", f"unknown output {name!r:.256}; the model gives {known}")
            if name in wanted:
                raise Refusal("outputs", f"output {name!r} is asked for twice")
            asked = _parameters(item, f"output {name!r}").get("binary_data", binary)
            if not isinstance(asked, bool):
                raise Refusal("outputs", f"output {name!r}: 'binary_data' must be true or false")
            wanted[name] = asked
        chosen = wanted or dict.fromkeys(self._outputs, binary)
        return [RequestedOutput(name, {"binary_data": asked}) for name, asked in chosen.items()]


def _split(headers: Mapping[str, str], body: bytes) -> tuple[bytes, memoryview | None]:
    """Split a body into its JSON and, if the header announces one, its binary part."""
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        raise Refusal("content-type", f"content-encoding {encoding[:64]!r} is not supported")
    length = headers.get(JSON_LENGTH_HEADER)
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    accepted = (
        ("application/json",)
        if length is None
        else ("application/json", "application/octet-stream")
    )
    if kind not in accepted:
        raise Refusal(
            "content-type", f"content-type must be {' or '.join(accepted)}, found {kind[:64]!r}"
        )
    if not body:
        raise Refusal("body", "the body is empty")
    if length is None:
        return body, None
    if not (length.isascii() and length.isdigit()) or not 0 < int(length[:12]) <= len(body):
        raise Refusal(
            "length", f"{JSON_LENGTH_HEADER} must be from 1 to the body's {len(body)} bytes"
        )
    return body[: int(length)], memoryview(body)[int(length) :]


def _parse(text: bytes) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal("json", f"the body is not JSON: {error}") from None
    return value


def _object(value: JsonValue, label: str) -> _Object:
    if not isinstance(value, dict):
        raise Refusal("json", f"{label} must be a JSON object")
    return value


def _objects(envelope: _Object, field: str) -> Sequence[_Object]:
    items = envelope.get(field)
    if not isinstance(items, list) or not items:
        raise Refusal(field, f"'{field}' must be a list of at least one tensor")
    return [_object(item, f"every item of '{field}'") for item in items]


def _parameters(item: _Object, label: str) -> _Object:
    parameters = item.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise Refusal("parameters", f"{label}: 'parameters' must be an object")
    return parameters


def _take(
    tensor: InputTensor, item: _Object, raw: memoryview | None, offset: int, size: JsonValue
) -> bytes:
    label = f"input {tensor.name!r}"
    if raw is None:
        raise Refusal("length", f"{label}: binary data needs the header {JSON_LENGTH_HEADER}")
    if "data" in item:
        raise Refusal("data", f"{label}: has both 'data' and binary data")
    if type(size) is not int or not 0 <= size <= len(raw) - offset:
        left = len(raw) - offset
        raise Refusal("length", f"{label}: 'binary_data_size' must be from 0 to {left}, the rest")
    return bytes(raw[offset : offset + size])


def _check_rows(rows: Mapping[str, int]) -> None:
    if len(set(rows.values())) > 1:
        found = ", ".join(f"{name!r} {count}" for name, count in rows.items())
        raise Refusal("rows", f"inputs have different numbers of rows: {found}")
