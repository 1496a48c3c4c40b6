"""Models of ONNX, run on the CPU by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped,import-not-found,unused-ignore]

from fairway.serve.contract import Contract
from fairway.serve.errors import StartupError
from fairway.serve.signature import InputTensor, OutputTensor
from fairway.serve.tensor import DTYPES, Array

_GRAPH_TYPES: Final = {
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}
_FATAL: Final = 4


class Graph:
    """An ONNX graph; floats are cast to the precision that the graph computes in."""

    def __init__(self, path: Path, contract: Contract, threads: int) -> None:
        # onnxruntime writes its own log to stderr, which is not JSON; its errors are raised.
        onnxruntime.set_default_logger_severity(_FATAL)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin while idle use up a container's quota.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise StartupError(f"{path.name} does not load as ONNX: {error}") from error
        types = {node.name: node.type for node in self._session.get_inputs()}
        unfed = types.keys() - {_source(tensor) for tensor in contract.inputs}
        if unfed:
            raise StartupError(f"the contract lacks the graph's inputs {', '.join(sorted(unfed))}")
        self._inputs: Final = {
            tensor.name: (_source(tensor), DTYPES[_matching(tensor, types)])
            for tensor in contract.inputs
        }
        types = {node.name: node.type for node in self._session.get_outputs()}
        for output in contract.outputs:
            _matching(output, types)

    def predict(
        self, inputs: Mapping[str, Array], wanted: Sequence[OutputTensor]
    ) -> Mapping[str, Array]:
        """Run the graph for the wanted outputs only."""
        feed: dict[str, Array] = {}
        with np.errstate(over="ignore"):
            for name, array in inputs.items():
                source, dtype = self._inputs[name]
                feed[source] = array.astype(dtype, copy=False)
        answers: list[Array] = self._session.run([_source(output) for output in wanted], feed)
        return {output.name: answer for output, answer in zip(wanted, answers, strict=True)}


def _source(tensor: InputTensor | OutputTensor) -> str:
    return tensor.source or tensor.name


def _matching(tensor: InputTensor | OutputTensor, types: Mapping[str, str]) -> str:
    """Return the datatype in the graph, which may differ in precision but not in kind."""
    kind = types.get(_source(tensor))
    if kind is None:
        raise StartupError(
            f"tensor {tensor.name!r}: the graph has no {_source(tensor)!r}, only {', '.join(types)}"
        )
    found = _GRAPH_TYPES.get(kind)
    if found is None or not np.can_cast(DTYPES[tensor.datatype], DTYPES[found], "same_kind"):
        raise StartupError(
            f"tensor {tensor.name!r} is {tensor.datatype} in the contract, {kind} in the graph"
        )
    return found
