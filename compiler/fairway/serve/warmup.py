"""The contract's examples, run before the server says that it is ready."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
import orjson
from pydantic import JsonValue

from fairway.serve.contract import Contract, Example
from fairway.serve.errors import Refusal, StartupError
from fairway.serve.log import log
from fairway.serve.model import ServedModel
from fairway.serve.request import RequestReader
from fairway.serve.tensor import Array


def warm_up(model: ServedModel, reader: RequestReader, contract: Contract) -> int:
    """Run every example and return how many outputs differ from what it expects.

    A model that fails on an example, or breaks its contract, does not start (``StartupError``).
    Different values are only logged: two versions of a model share one contract, and the numbers
    of an example hold for the version it was written with.
    """
    differing = 0
    for example in contract.examples:
        try:
            request = reader.read({}, _body(contract, example)).request
            inputs = {tensor.name: tensor.data for tensor in request.inputs}
            answers = model.answer(inputs, contract.outputs)
        except Refusal as refusal:
            raise StartupError(f"example {example.name!r}: {refusal.message}") from refusal
        except Exception as error:
            raise StartupError(f"example {example.name!r}: the model failed: {error}") from error
        for name, expected in example.outputs.items():
            if not _close(answers[name], expected, example.tolerance):
                differing += 1
                log(logging.WARNING, "example differs", example=example.name, output=name)
    return differing


def _body(contract: Contract, example: Example) -> bytes:
    inputs = []
    for tensor in contract.inputs:
        data = example.inputs[tensor.name]
        rows = len(_flat(data)) // math.prod(tensor.shape[1:])
        shape = [rows, *tensor.shape[1:]]
        inputs.append(
            {"name": tensor.name, "datatype": tensor.datatype, "shape": shape, "data": data}
        )
    return orjson.dumps({"inputs": inputs})


def _flat(data: Sequence[JsonValue]) -> list[JsonValue]:
    flat: list[JsonValue] = []
    for item in data:
        flat += _flat(item) if isinstance(item, list) else [item]
    return flat


def _close(answer: Array, expected: Sequence[JsonValue], tolerance: float) -> bool:
    values = _flat(expected)
    if len(values) != answer.size:
        return False
    if answer.dtype.kind in "OUSb":
        return answer.ravel().tolist() == values
    numbers = np.array(values, dtype=np.float64)  # null becomes NaN
    return bool(
        np.allclose(
            answer.ravel().astype(np.float64),
            numbers,
            rtol=tolerance,
            atol=tolerance,
            equal_nan=True,
        )
    )
