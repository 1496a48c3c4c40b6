"""The image's entry point as a process, from the files that ``fairway context`` made.

For every version of every deployment of the fleet: predictions over HTTP equal the model's own,
a caller's mistake is a 400, and SIGTERM ends the process with 0 while nothing in flight is lost.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import onnxruntime
import pytest
import skops.io

pytestmark = [
    pytest.mark.slow,
    # A caller that ends in any other way than by a refused connection has lost a request.
    pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning"),
]

SPECS = Path(__file__).parents[2] / "specs"
VERSIONS = [(folder.parent.parent.name, folder.name) for folder in sorted(SPECS.glob("*/models/*"))]
ROWS = 40


@dataclass
class Server:
    """A running entry point."""

    process: subprocess.Popen[str]
    url: str
    name: str
    contract: dict[str, Any]
    model: Path

    def infer(self, rows: list[list[float]], client: httpx.Client) -> httpx.Response:
        tensor = self.contract["inputs"][0]
        body = {
            "inputs": [
                {
                    "name": tensor["name"],
                    "datatype": tensor["datatype"],
                    "shape": [len(rows), len(rows[0])],
                    "data": rows,
                }
            ]
        }
        return client.post(f"{self.url}/v2/models/{self.name}/infer", json=body, timeout=30)


def fairway(*arguments: str | Path, cwd: Path) -> str:
    command = [sys.executable, "-m", "fairway", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    fairway("compile", SPECS, "--out", folder / "rendered", cwd=SPECS.parent)
    return folder


@pytest.fixture(params=VERSIONS, ids="/".join)
def server(request: pytest.FixtureRequest, output: Path) -> Iterator[Server]:
    name, version = request.param
    image = output / "rendered" / "images" / name / version
    made = fairway(
        "context", image, "--specs", SPECS, "--out", output / f"{name}-{version}", cwd=SPECS.parent
    )
    context = Path(made.strip())
    process = start(context)
    try:
        contract = json.loads((context / "contract.json").read_text())
        yield Server(process, address(process), name, contract, next(context.glob("model/*")))
    finally:
        process.kill()
        process.wait()


def start(context: Path) -> subprocess.Popen[str]:
    """Run what the Dockerfile's ENTRYPOINT says, at the context's paths and on loopback."""
    line = next(
        line
        for line in (context / "Dockerfile").read_text().splitlines()
        if line.startswith("ENTRYPOINT ")
    )
    command = json.loads(line.removeprefix("ENTRYPOINT "))
    assert command[0] == "/opt/venv/bin/python"
    at = {"/opt/venv/bin/python": sys.executable, "0.0.0.0": "127.0.0.1", "8080": "0"}  # noqa: S104
    command = [at.get(word, word.replace("/app/", f"{context}/")) for word in command]
    # -P, as PYTHONSAFEPATH in the image: the server is the context's own copy, nothing else.
    environment = {**os.environ, "PYTHONPATH": str(context), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen(
        command, cwd=context, env=environment, stderr=subprocess.PIPE, text=True, bufsize=1
    )


def address(process: subprocess.Popen[str]) -> str:
    """Return the URL that the server logs once it serves; then keep reading its log."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        record = json.loads(line)
        if record.get("port"):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return f"http://127.0.0.1:{record['port']}"
    raise AssertionError("".join(seen))


def holdout(name: str, columns: int) -> list[list[float]]:
    with (SPECS / name / "data" / "holdout.csv").open() as stream:
        rows = list(csv.reader(stream))[1 : ROWS + 1]
    return [[float(value) for value in row[:columns]] for row in rows]


def own_predictions(server: Server, rows: list[list[float]]) -> dict[str, np.ndarray]:
    """Ask the model's file directly, without any of the server's code."""
    if server.model.suffix == ".onnx":
        session = onnxruntime.InferenceSession(server.model)
        names = [output.name for output in session.get_outputs()]
        given = {session.get_inputs()[0].name: np.array(rows, dtype=np.float32)}
        return dict(zip(names, session.run(names, given), strict=True))
    model = skops.io.load(server.model, trusted=skops.io.get_untrusted_types(file=server.model))
    return {
        output["name"]: getattr(model, output.get("method", "predict"))(np.array(rows))
        for output in server.contract["outputs"]
    }


def test_predictions_are_the_models_own_and_mistakes_are_400(server: Server) -> None:
    rows = holdout(server.name, server.contract["inputs"][0]["shape"][1])
    with httpx.Client() as client:
        answer = server.infer(rows, client)
        assert answer.status_code == 200, answer.text
        outputs = {item["name"]: item for item in answer.json()["outputs"]}
        for name, expected in own_predictions(server, rows).items():
            got = np.array(outputs[name]["data"]).reshape(expected.shape)
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-9)

        narrow = server.infer([row[:-1] for row in rows], client)
        assert narrow.status_code == 400
        assert server.contract["inputs"][0]["name"] in narrow.json()["error"]
        url = f"{server.url}/v2/models/{server.name}/infer"
        assert client.post(url, content=b"{not json").status_code == 400
        assert client.get(f"{server.url}/v2/models/{server.name}/ready").status_code == 200


def test_sigterm_loses_no_request_and_ends_with_0(server: Server) -> None:
    rows = holdout(server.name, server.contract["inputs"][0]["shape"][1])
    answered: list[int] = []
    refused = threading.Event()

    def call() -> None:
        while not refused.is_set():
            try:
                with httpx.Client() as client:
                    answered.append(server.infer(rows, client).status_code)
            except httpx.ConnectError:
                refused.set()  # not accepted, so not lost: a proxy asks another pod
            except httpx.ConnectTimeout:
                refused.set()

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    deadline = time.monotonic() + 20
    while len(answered) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    server.process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert server.process.wait(timeout=5) == 0
    assert time.monotonic() - begun < 5
    for caller in callers:
        caller.join(timeout=35)
        assert not caller.is_alive()
    # An error other than a refused connection would have ended its thread: every answer counts.
    assert len(answered) >= 20
    assert set(answered) == {200}
