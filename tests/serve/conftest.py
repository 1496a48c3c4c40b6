"""Trained models and servers of them, as processes on free ports of the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import joblib
import numpy as np
import pytest
import skops.io
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

PYTHON_MODEL = '''
"""Doubles, fails or sleeps, as its first column says."""
import time
from pathlib import Path
import numpy as np
from kserve.errors import InvalidInput
from beside import FACTOR

class Model:
    def load(self, path):
        self.path = Path(path)
        assert (self.path / "model.py").is_file()

    def predict(self, inputs):
        command, value = inputs["command"][:, 0], inputs["value"]
        for name in command:
            if name == "fail":
                raise RuntimeError("secret detail")
            if name == "refuse":
                raise InvalidInput("the model does not like this")
            if name == "slow":
                time.sleep(float(value[0, 0]))
            if name == "wrong-shape":
                return {"double": np.zeros((7, 7)), "echo": command}
            if name == "forgets":
                return {"echo": command}
        value *= FACTOR  # its own copy
        return {"double": value, "echo": command}
'''
PYTHON_CONTRACT = {
    "inputs": [
        {"name": "command", "datatype": "BYTES", "shape": [-1, 1]},
        {"name": "value", "datatype": "FP32", "shape": [-1, 2]},
    ],
    "outputs": [
        {"name": "double", "datatype": "FP32", "shape": [-1, 2]},
        {"name": "echo", "datatype": "BYTES", "shape": [-1]},
    ],
}


@dataclass(frozen=True)
class Cancer:
    """A logistic regression on 30 features, in every format, with its contract."""

    folder: Path
    pipeline: Pipeline
    data: np.ndarray

    @property
    def contract(self) -> Path:
        return self.folder / "contract.json"

    def flags(self, kind: str = "skops") -> list[str]:
        return ["--name", "cancer", "--version", "3.1.0", "--format", kind.partition("-")[0],
                "--model", str(self.folder / kind), "--contract", str(self.contract)]  # fmt: skip

    def body(self, rows: slice = slice(0, 1), **extra: object) -> dict[str, object]:
        data = self.data[rows]
        tensor = {"name": "features", "datatype": "FP64", "shape": list(data.shape),
                  "data": data.tolist()}  # fmt: skip
        return {"inputs": [tensor], **extra}


@pytest.fixture(scope="session")
def cancer(tmp_path_factory: pytest.TempPathFactory) -> Cancer:
    folder = tmp_path_factory.mktemp("cancer")
    bunch = load_breast_cancer()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(bunch.data, bunch.target)
    for kind in ("skops", "joblib", "onnx", "onnx-float"):
        (folder / kind).mkdir()
    skops.io.dump(pipeline, folder / "skops" / "model.skops")
    joblib.dump(pipeline, folder / "joblib" / "model.joblib")
    for kind, tensor_type in (("onnx", DoubleTensorType), ("onnx-float", FloatTensorType)):
        graph = to_onnx(pipeline, initial_types=[("features", tensor_type([None, 30]))],
                        options={"zipmap": False}, target_opset=17)  # fmt: skip
        (folder / kind / "model.onnx").write_bytes(graph.SerializeToString())
    columns = [{"name": str(name), "unit": "mm", "min": 0, "max": 6000}
               for name in bunch.feature_names]  # fmt: skip
    columns[1] |= {"nullable": True}
    contract = {
        "inputs": [
            {"name": "features", "datatype": "FP64", "shape": [-1, 30], "columns": columns}
        ],
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [-1]},
            {"name": "probability", "datatype": "FP64", "shape": [-1, 2],
             "method": "predict_proba", "source": "probabilities"},
        ],
        "examples": [
            {"name": "malignant", "inputs": {"features": bunch.data[:1].tolist()},
             "outputs": {"label": pipeline.predict(bunch.data[:1]).tolist()}},
        ],
    }  # fmt: skip
    (folder / "contract.json").write_text(json.dumps(contract))
    return Cancer(folder, pipeline, bunch.data)


@pytest.fixture(scope="session")
def python_flags(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("python")
    (folder / "model").mkdir()
    (folder / "model" / "model.py").write_text(PYTHON_MODEL)
    (folder / "model" / "beside.py").write_text("FACTOR = 2")
    (folder / "contract.json").write_text(json.dumps(PYTHON_CONTRACT))
    return ["--name", "double", "--version", "1", "--format", "python", "--entrypoint",
            "model.py:Model", "--model", str(folder / "model"), "--contract",
            str(folder / "contract.json")]  # fmt: skip


def python_body(command: str, value: float = 1.0, rows: int = 1) -> dict[str, object]:
    """A request to the Python model."""
    return {
        "inputs": [
            {"name": "command", "datatype": "BYTES", "shape": [rows, 1], "data": [command] * rows},
            {"name": "value", "datatype": "FP32", "shape": [rows, 2], "data": [value, 2.0] * rows},
        ]
    }


class Server:
    """A running server; its log lines are read as they come."""

    def __init__(self, flags: list[str], env: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "fairway.serve", *flags]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def logged(self, message: str) -> list[dict[str, object]]:
        """Every record with this message so far; every line must be JSON."""
        records = [json.loads(line) for line in list(self.lines)]
        return [record for record in records if record["message"] == message]

    def wait_for(self, message: str, timeout: float = 120.0) -> dict[str, object]:
        end = time.monotonic() + timeout
        with self._changed:
            while not (found := self.logged(message)):
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"no {message!r} in {self.lines}")
                self._changed.wait(min(left, 0.5))
        return found[0]

    @property
    def url(self) -> str:
        record = self.wait_for("serving")
        return f"http://{record['host']}:{record['port']}"

    @property
    def address(self) -> tuple[str, int]:
        record = self.wait_for("serving")
        return str(record["host"]), int(str(record["port"]))

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = 15.0) -> int:
        self.process.send_signal(number)
        return self.end(timeout)

    def end(self, timeout: float = 15.0) -> int:
        status = self.process.wait(timeout)
        self._reader.join(5)
        return status


Start = Callable[..., Server]


def _starter() -> Iterator[Start]:
    running: list[Server] = []

    def start(flags: list[str], *more: str, env: dict[str, str] | None = None) -> Server:
        server = Server([*flags, "--port", "0", "--drain", "0.1", *more], env)
        running.append(server)
        return server

    yield start
    for server in running:
        if server.process.poll() is None:
            server.process.kill()
        server.end()


@pytest.fixture
def start() -> Iterator[Start]:
    yield from _starter()


@pytest.fixture(scope="session")
def start_shared() -> Iterator[Start]:
    yield from _starter()


@pytest.fixture(scope="session")
def cancer_server(start_shared: Start, cancer: Cancer) -> Server:
    flags = ["--max-rows", "50", "--max-body", "100000", "--log-level", "debug"]
    server = start_shared(cancer.flags("skops"), *flags)
    server.wait_for("serving")
    return server


@pytest.fixture(scope="session")
def python_server(start_shared: Start, python_flags: list[str]) -> Server:
    server = start_shared(python_flags)
    server.wait_for("serving")
    return server


@pytest.fixture
def client(cancer_server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=cancer_server.url, timeout=10) as opened:
        yield opened


@pytest.fixture
def python_client(python_server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=python_server.url, timeout=10) as opened:
        yield opened


@pytest.fixture(scope="session")
def ask_python() -> Callable[..., dict[str, object]]:
    return python_body
