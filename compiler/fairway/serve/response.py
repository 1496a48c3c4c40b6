"""The body of an inference response: JSON, or JSON and binary tensors where the caller asked."""

from __future__ import annotations

from typing import Final

import orjson
from kserve import InferResponse  # type: ignore[import-untyped,import-not-found,unused-ignore]

from fairway.serve.tensor import Array, to_binary, to_json

Header = tuple[bytes, bytes]
JSON: Final[Header] = (b"content-type", b"application/json")
_Tensor = dict[str, str | list[int] | dict[str, int] | Array | list[str | None]]


def encode(response: InferResponse, binary: frozenset[str]) -> tuple[bytes, tuple[Header, ...]]:
    """Return the body and its headers; ``binary`` names the outputs to send as binary data.

    JSON data is flat in row-major order, and NaN or infinity is null, since JSON has neither.
    """
    outputs: list[_Tensor] = []
    tail: list[bytes] = []
    for output in response.outputs:
        item: _Tensor = {
            "name": output.name,
            "datatype": output.datatype,
            "shape": output.shape,
        }
        if output.name in binary:
            tail.append(to_binary(output.data))
            item["parameters"] = {"binary_data_size": len(tail[-1])}
        else:
            item["data"] = to_json(output.data)
        outputs.append(item)
    head = orjson.dumps(
        {
            "model_name": response.model_name,
            "model_version": response.model_version,
            "id": response.id,
            "outputs": outputs,
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
    if not tail:
        return head, (JSON,)
    return b"".join((head, *tail)), (
        (b"content-type", b"application/octet-stream"),
        (b"inference-header-content-length", str(len(head)).encode()),
    )
