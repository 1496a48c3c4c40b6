"""A real MLflow server on the loopback, and its own client in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

# Reads one action after the other from standard input and answers each with a line of JSON.
CLIENT = '''
import json, sys
answers, sys.stdout = sys.stdout, sys.stderr  # MLflow prints links to runs
import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

client = MlflowClient()
bunch = load_iris()


def experiment(location):
    """Return the experiment whose artifacts are at a place of its own."""
    if location is None:
        return "0"
    found = client.get_experiment_by_name(location)
    return found.experiment_id if found else client.create_experiment(location, location)


def log(name, strength, location=None):
    """Train, log and register a model as a logged model of MLflow 3."""
    with mlflow.start_run(experiment_id=experiment(location)) as run:
        model = LogisticRegression(C=strength, max_iter=500).fit(bunch.data, bunch.target)
        info = mlflow.sklearn.log_model(
            model, name="model", registered_model_name=name, input_example=bunch.data[:2],
            pip_requirements=["scikit-learn"])
    return {"version": str(info.registered_model_version), "run_id": run.info.run_id,
            "model_id": info.model_id}


def log_old(name, strength, location=None):
    """Register a folder of a run's artifacts, as MLflow 2 does."""
    import tempfile
    where = experiment(location)
    with mlflow.start_run(experiment_id=where) as run, tempfile.TemporaryDirectory() as folder:
        model = LogisticRegression(C=strength, max_iter=500).fit(bunch.data, bunch.target)
        mlflow.sklearn.save_model(model, folder + "/model", pip_requirements=["scikit-learn"])
        mlflow.log_artifacts(folder + "/model", "model")
    try:
        client.create_registered_model(name)
    except mlflow.MlflowException:
        pass
    made = client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    return {"version": str(made.version), "run_id": run.info.run_id, "model_id": made.model_id}


def log_more(name, version, path, text):
    """Add a file to the artifacts of a version's run."""
    run = client.get_model_version(name, version).run_id
    client.log_text(run, text, f"model/{path}")


def alias(name, alias, version):
    client.set_registered_model_alias(name, alias, version)


def delete_version(name, version):
    client.delete_model_version(name, version)


def add_version(name, source):
    try:
        client.create_registered_model(name)
    except mlflow.MlflowException:
        pass
    return {"version": str(client.create_model_version(name, source).version)}


def download(uri):
    """Return the files of a model as MLflow's own client downloads them, by sha256."""
    import hashlib, pathlib
    folder = pathlib.Path(mlflow.artifacts.download_artifacts(uri))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*") if path.is_file()}


print(json.dumps({"ready": mlflow.__version__}), file=answers, flush=True)
for line in sys.stdin:
    action, arguments = json.loads(line)
    answer = globals()[action](**arguments)
    print(json.dumps({"answer": answer}), file=answers, flush=True)
'''


class Mlflow:
    """A running server; ``do`` runs an action of ``CLIENT`` and returns its answer."""

    def __init__(self, python: Path, url: str, folder: Path) -> None:
        self.url = url
        self._log = (folder / "client.log").open("wb")
        self._client = subprocess.Popen(
            [python, "-c", CLIENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "MLFLOW_TRACKING_URI": url, "MLFLOW_DISABLE_TELEMETRY": "true"},
        )
        assert self._client.stdout is not None
        assert json.loads(self._client.stdout.readline())["ready"].startswith("3.17.")

    def do(self, action: str, **arguments: Any) -> Any:
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        self._client.stdin.write(json.dumps([action, arguments]) + "\n")
        self._client.stdin.flush()
        line = self._client.stdout.readline()
        assert line, f"the client failed, see {self._log.name}"
        return json.loads(line)["answer"]

    def close(self) -> None:
        assert self._client.stdin is not None
        self._client.stdin.close()
        self._client.wait(30)
        self._log.close()


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@contextmanager
def running(python: Path, folder: Path, *flags: str, **more: str) -> Iterator[Mlflow]:
    """Start a server that keeps everything in ``folder``, and its client."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--workers", "1",
        *(flags or ("--artifacts-destination", str(folder / "artifacts"))),
    ]  # fmt: skip
    # Without the processes that run jobs, which no test needs, it starts in a third of the time.
    quick = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    env = {**os.environ, **quick, **more}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=env, cwd=folder)
        try:
            _wait(url, server, folder / "server.log")
            mlflow = Mlflow(python, url, folder)
            try:
                yield mlflow
            finally:
                mlflow.close()
        finally:
            server.terminate()
            server.wait(30)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise AssertionError(f"MLflow does not answer: {log.read_text('utf-8')[-2000:]}")
