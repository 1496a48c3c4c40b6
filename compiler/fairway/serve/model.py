"""The served model: a kserve ``Model`` that keeps its contract in both directions."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from kserve import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
    InferOutput,
    InferRequest,
    InferResponse,
    Model,
)

from fairway.serve.contract import Contract
from fairway.serve.errors import ModelError, StartupError
from fairway.serve.options import Options
from fairway.serve.signature import OutputTensor
from fairway.serve.tensor import DTYPES, Array

_SUFFIXES: Final = {"skops": (".skops",), "onnx": (".onnx",), "joblib": (".joblib", ".pkl")}


class Predictor(Protocol):
    """A loaded model of any format."""

    def predict(
        self, inputs: Mapping[str, Array], wanted: Sequence[OutputTensor]
    ) -> Mapping[str, Array]:
        """Return an array for each wanted output, by name; called from worker threads."""


def load_predictor(options: Options, contract: Contract) -> Predictor:
    """Load the model's files; raises ``StartupError`` where they do not fit the contract."""
    if not options.model.exists():
        raise StartupError(f"--model {options.model} does not exist")
    if options.format == "python":
        from fairway.serve.entrypoint import Entrypoint

        return Entrypoint(options.model, options.entrypoint or "")
    path = _model_file(options.model, _SUFFIXES[options.format])
    if options.format == "onnx":
        from fairway.serve.graph import Graph

        return Graph(path, contract, options.cpu_threads)
    from fairway.serve.estimator import Estimator, load_joblib, load_skops

    skops = options.format == "skops"
    return Estimator(
        load_skops(path, options.trusted_types) if skops else load_joblib(path), contract
    )


def _model_file(path: Path, suffixes: Sequence[str]) -> Path:
    """Return the one file of a format in a folder, or the path itself if it is a file."""
    if path.is_file():
        return path
    found = sorted(file for file in path.iterdir() if file.suffix in suffixes)
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise StartupError(f"{path} must hold one {' or '.join(suffixes)} file, found {names}")
    return found[0]


class ServedModel(Model):  # type: ignore[misc,unused-ignore]  # kserve is untyped
    """One version of a model, predicting on worker threads so that probes are always answered."""

    def __init__(
        self, name: str, version: str, contract: Contract, predictor: Predictor, threads: int
    ) -> None:
        super().__init__(name)
        self.version: Final = version
        self._contract: Final = contract
        self._outputs: Final = {output.name: output for output in contract.outputs}
        self._predictor: Final = predictor
        self._pool: Final = ThreadPoolExecutor(threads, thread_name_prefix="predict")
        self.ready = True

    def get_input_types(self) -> list[dict[str, str | list[int]]]:
        """Return the contract's inputs as protocol metadata."""
        return [_metadata(t.name, t.datatype, t.shape) for t in self._contract.inputs]

    def get_output_types(self) -> list[dict[str, str | list[int]]]:
        """Return the contract's outputs as protocol metadata."""
        return [_metadata(t.name, t.datatype, t.shape) for t in self._contract.outputs]

    async def predict(
        self,
        payload: InferRequest,
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> InferResponse:
        """Answer a checked request, whose inputs hold arrays.

        Raises ``ModelError``, or whatever the model's code raises.
        """
        inputs = {tensor.name: tensor.data for tensor in payload.inputs}
        wanted = [self._outputs[output.name] for output in payload.request_outputs]
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._pool, self.answer, inputs, wanted)
        return InferResponse(
            response_id=payload.id or str(uuid.uuid4()),
            model_name=self.name,
            model_version=self.version,
            infer_outputs=[
                InferOutput(name, list(array.shape), self._outputs[name].datatype, array)
                for name, array in answers.items()
            ],
        )

    def answer(
        self, inputs: Mapping[str, Array], wanted: Sequence[OutputTensor]
    ) -> dict[str, Array]:
        """Predict and hold the answer to the contract; blocks until it is there."""
        rows = next(iter(inputs.values())).shape[0]
        answers = self._predictor.predict(inputs, wanted)
        return {output.name: _conform(output, answers[output.name], rows) for output in wanted}


def _metadata(name: str, datatype: str, shape: Sequence[int]) -> dict[str, str | list[int]]:
    return {"name": name, "datatype": datatype, "shape": list(shape)}


def _conform(output: OutputTensor, array: Array, rows: int) -> Array:
    """Return the answer in the contract's datatype; precision may change, the kind may not."""
    shape = tuple(rows if size == -1 else size for size in output.shape)
    if array.shape != shape:
        raise ModelError(f"output {output.name!r} has shape {array.shape}, expected {shape}")
    dtype = DTYPES[output.datatype]
    if output.datatype == "BYTES":
        if array.dtype.kind not in "OUS":
            raise ModelError(f"output {output.name!r} is {array.dtype}, expected text")
    elif not np.can_cast(array.dtype, dtype, "same_kind"):
        raise ModelError(f"output {output.name!r} is {array.dtype}, which is not {output.datatype}")
    return array.astype(dtype, copy=False)
