"""What keeps a server from starting is one clear line and an exit status."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path

import httpx
import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

pytestmark = pytest.mark.slow


def failure(server, status: int = 2) -> str:
    """The one log line of a server that did not start."""
    assert server.end(30) == status, server.lines
    records = [json.loads(line) for line in server.lines]
    errors = [record for record in records if record["level"] == "error"]
    assert len(errors) == 1, server.lines
    assert errors[0]["exit_code"] == status
    assert "Traceback" not in "".join(server.lines)
    return errors[0]["message"]


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A skops file of a class whose state, when it is restored, writes a file."""
    (tmp_path / "modules").mkdir()
    marker = tmp_path / "ran"
    (tmp_path / "modules" / "evil.py").write_text(
        "from pathlib import Path\n"
        "class Evil:\n"
        "    def __init__(self): self.a = 1\n"
        "    def __getstate__(self): return {'a': 1}\n"
        f"    def __setstate__(self, state): Path({str(marker)!r}).write_text('ran')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    import evil

    skops.io.dump(evil.Evil(), tmp_path / "model.skops")
    return tmp_path


def test_hostile_skops_is_refused_and_does_not_run(start, cancer, evil: Path, monkeypatch) -> None:
    path = os.pathsep.join([str(evil / "modules"), os.environ.get("PYTHONPATH", "")])
    flags = [*cancer.flags(), "--model", str(evil), "--trusted-type", "sklearn.*"]
    text = failure(start(flags, env={"PYTHONPATH": path}))
    assert "holds types that are not trusted: evil.Evil; trusted are sklearn.*" in text
    assert not (evil / "ran").exists()
    # The payload is real: with its type trusted it runs.
    text = failure(start([*flags, "--trusted-type", "evil.*"], env={"PYTHONPATH": path}))
    assert "Evil has no predict" in text
    assert (evil / "ran").read_text() == "ran"


def test_a_function_hidden_in_a_pipeline_is_refused(start, cancer, tmp_path) -> None:
    model = make_pipeline(FunctionTransformer(), StandardScaler(), LogisticRegression())
    model.fit(cancer.data, np.arange(len(cancer.data)) % 2)
    model[0].func = os.system
    skops.io.dump(model, tmp_path / "model.skops")
    patterns = tmp_path / "patterns"
    patterns.write_text("# ours\nsklearn.*  # the library\n\nnumpy.*\n")
    flags = [*cancer.flags(), "--model", str(tmp_path), "--trusted-types", str(patterns)]
    text = failure(start(flags))
    assert "not trusted: posix.system; trusted are sklearn.*, numpy.*" in text


def test_trusted_types_let_a_model_load(start, cancer, tmp_path) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_iter=3).fit(
        cancer.data, cancer.pipeline.predict(cancer.data)
    )
    skops.io.dump(model, tmp_path / "model.skops")
    flags = [*cancer.flags(), "--model", str(tmp_path)]
    assert "TreePredictor" in failure(start(flags))
    server = start([*flags, "--trusted-type", "sklearn.*"])
    url = f"{server.url}/v2/models/cancer/infer"
    reply = httpx.post(url, json=cancer.body())
    expected = model.predict_proba(cancer.data[:1])[0].tolist()
    assert reply.json()["outputs"][1]["data"] == expected


def contract_with(cancer, tmp_path, **changes: object) -> list[str]:
    contract = json.loads(cancer.contract.read_text()) | changes
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(contract))
    return ["--contract", str(path)]


def test_contract_that_is_not_one(start, cancer, tmp_path) -> None:
    features = {"name": "features", "datatype": "FP64", "shape": [-1, 30], "colums": []}
    flags = contract_with(cancer, tmp_path, inputs=[features])
    assert "inputs.0.colums: Extra inputs" in failure(start([*cancer.flags(), *flags]))
    missing = str(tmp_path / "none.json")
    text = failure(start([*cancer.flags(), "--contract", missing]))
    assert text == f"cannot start: --contract {missing}: No such file or directory"


def test_model_that_does_not_fit_its_contract(start, cancer, tmp_path) -> None:
    narrow = [{"name": "features", "datatype": "FP64", "shape": [-1, 29]}]
    flags = contract_with(cancer, tmp_path, inputs=narrow, examples=[])
    text = failure(start([*cancer.flags("joblib"), *flags]))
    assert "the model has 30 features, the contract 29" in text
    outputs = [{"name": "y", "datatype": "FP64", "shape": [-1], "method": "transform"}]
    flags = contract_with(cancer, tmp_path, outputs=outputs, examples=[])
    text = failure(start([*cancer.flags("joblib"), *flags]))
    assert "output 'y': Pipeline has no transform" in text
    outputs = [{"name": "label", "datatype": "BYTES", "shape": [-1]}]
    example = {"name": "first", "inputs": {"features": cancer.data[:1].tolist()}}
    flags = contract_with(cancer, tmp_path, outputs=outputs, examples=[example])
    text = failure(start([*cancer.flags("joblib"), *flags]))
    assert text.endswith(
        "example 'first': the model failed: output 'label' is int64, expected text"
    )
    text = failure(start([*cancer.flags("onnx"), *flags]))
    assert "tensor 'label' is BYTES in the contract, tensor(int64) in the graph" in text


def test_different_example_is_a_warning(start, cancer, tmp_path) -> None:
    example = {"name": "first", "inputs": {"features": cancer.data[:1].tolist()},
               "outputs": {"label": [1], "probability": [[0.5, 0.5]]}}  # fmt: skip
    flags = contract_with(cancer, tmp_path, examples=[example])
    server = start([*cancer.flags("joblib"), *flags])
    assert server.wait_for("serving")
    assert server.wait_for("model loaded")["differing"] == 2
    assert [r["output"] for r in server.logged("example differs")] == ["label", "probability"]


def test_no_model_or_too_many(start, cancer, tmp_path) -> None:
    flags = [*cancer.flags(), "--model", str(tmp_path)]
    assert "must hold one .skops file, found none" in failure(start(flags))
    joblib.dump(1, tmp_path / "model.joblib")  # never loaded as skops
    assert "must hold one .skops file, found none" in failure(start(flags))
    (tmp_path / "a.skops").touch()
    (tmp_path / "b.skops").touch()
    assert "found a.skops, b.skops" in failure(start(flags))
    (tmp_path / "a.skops").unlink()
    assert "the model does not load: BadZipFile" in failure(start(flags))


@pytest.mark.parametrize(
    ("entrypoint", "expected"),
    [
        ("absent.py:Model", "is not a file"),
        ("model.py:Absent", "has no class Absent"),
        ("model.py:Path", "Path has no method load"),
        ("../../model.py:Model", "is not FILE.py:CLASS inside the model"),
        ("model.py", "is not FILE.py:CLASS"),
    ],
)
def test_wrong_entrypoint(start, python_flags, entrypoint: str, expected: str) -> None:
    assert expected in failure(start([*python_flags, "--entrypoint", entrypoint]))


def test_usage(start, cancer, python_flags) -> None:
    for flags, expected in (
        ([*cancer.flags(), "--port", "70000"], "'70000' is not a port"),
        ([*cancer.flags(), "--format", "pickle"], "invalid choice: 'pickle'"),
        ([*cancer.flags(), "--format", "python"], "needs --entrypoint"),
        ([*cancer.flags(), "--name", "a/b"], "'a/b' is not letters"),
        ([*cancer.flags(), "--grace", "0.01"], "--drain is a part of --grace"),
        ([*cancer.flags(), "--trusted-types", "/none"], "No such file"),
    ):
        server = start([]) if not flags else start(["--port", "0"], *flags)
        assert server.end() == 2
        assert expected in "".join(server.lines)


def test_busy_port(start, cancer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start(cancer.flags("joblib"), "--port", str(port))
        text = failure(server, status=3)
    assert text == f"cannot start: cannot bind 127.0.0.1 port {port}: Address already in use"


def test_address_is_honoured(start, cancer) -> None:
    server = start(cancer.flags("joblib"), "--host", "127.0.0.2")
    host, port = server.address
    assert host == "127.0.0.2"
    assert httpx.get(f"http://127.0.0.2:{port}/v2/health/ready").status_code == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    text = failure(start(cancer.flags("joblib"), "--host", "203.0.113.7"), status=3)
    assert text == "cannot start: cannot bind 203.0.113.7 port 0: Cannot assign requested address"


def test_sigterm_while_the_model_loads(start, python_flags, tmp_path) -> None:
    (tmp_path / "model.py").write_text(
        "import time\n"
        "class Model:\n"
        "    def load(self, path):\n"
        "        import logging; logging.getLogger('x').warning('loading')\n"
        "        try: time.sleep(60)\n"
        "        except BaseException: time.sleep(60)\n"
        "    def predict(self, inputs): return {}\n"
    )
    server = start([*python_flags, "--model", str(tmp_path)])
    server.wait_for("loading")
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 2


def test_sigterm_from_the_first_moment(start, python_flags) -> None:
    """As soon as there is a handler, whatever is being imported."""
    server = start(python_flags)
    status = Path(f"/proc/{server.process.pid}/status")
    end = time.monotonic() + 10
    while not caught_signals(status) & 1 << (signal.SIGTERM - 1):
        assert time.monotonic() < end
        time.sleep(0.005)
    assert server.stop() == 0
    assert not server.logged("model loaded")


def caught_signals(status: Path) -> int:
    """The mask of handled signals of a process, see proc_pid_status(5)."""
    line = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
    return int(line.split()[1], 16)


def test_nothing_is_written_beside_the_model(start, python_flags, ask_python) -> None:
    folder = Path(python_flags[python_flags.index("--model") + 1])
    server = start(python_flags)
    reply = httpx.post(f"{server.url}/v2/models/double/infer", json=ask_python("x"))
    assert reply.status_code == 200
    assert server.stop() == 0
    assert sorted(file.name for file in folder.iterdir()) == ["beside.py", "model.py"]
