"""Models that fail, hang, grow or lie: one clear finding each, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence.deployments import Deployment, holdout, trained

from fairway.evidence.isolation.sandbox import Limits

pytestmark = pytest.mark.slow
Make = Callable[..., Deployment]

CLASS = """
import os, socket, subprocess, sys, time
import numpy as np

class Model:
    def load(self, path):
        {load}

    def predict(self, inputs):
        features = inputs["features"]
        {predict}
        score = 1 / (1 + np.exp(features[:, 0] - features[:, 1]))
        return {{"default": (score > 0.5).astype(np.int64),
                 "probability": np.stack([1 - score, score], axis=1)}}
"""


def model(load: str = "pass", predict: str = "pass") -> str:
    return CLASS.format(load=load, predict=predict)


@pytest.mark.parametrize(
    ("code", "limits", "words"),
    [
        (model(load="self.x = bytearray(8 << 30)"), Limits(3 << 30, 60), "more than the 3072 MiB"),
        (model(predict="while True: pass"), Limits(4 << 30, 8), "was still at work after 8 s"),
        (model(load="os._exit(0)"), Limits(), "ended its process with status 0"),
        (model(load="sys.exit(7)"), Limits(), "ended its process with status 7"),
        (model(load="os.kill(os.getpid(), 11)"), Limits(), "signal 11"),
        (
            model(load="socket.create_connection(('192.0.2.1', 80), 5)"),
            Limits(),
            "Network is unreachable",
        ),
        (model(predict="return {}"), Limits(), "gave no output 'default'"),
        (
            model(predict="return {'default': np.zeros(3), 'probability': np.zeros((3, 2))}"),
            Limits(),
            "output 'default' has shape (3,), expected (300,)",
        ),
        (
            model(predict="open('status.json', 'w').write('['); os._exit(0)"),
            Limits(),
            "wrote over what its process reports",
        ),
        ("this is no Python", Limits(), "SyntaxError"),
    ],
    ids=["memory", "time", "exit", "sys-exit", "crash", "socket", "empty", "shape", "forged",
         "syntax"],
)  # fmt: skip
def test_one_finding_and_no_evidence(
    deployment: Make, code: str, limits: Limits, words: str
) -> None:
    made = deployment().python(code).lay_out()
    found = made.test(limits=limits).only
    assert found.rule == "evidence/model"
    assert found.route == 'versions["1.0.0"]'
    assert found.message.startswith("version 1.0.0: ")
    assert words in found.message
    assert "Traceback" not in found.message
    assert made.written() == []


def test_what_a_model_prints_and_starts_does_no_harm(deployment: Make, tmp_path: Path) -> None:
    marker = tmp_path / "still-alive"
    child = f"import time; time.sleep(25); open({str(marker)!r}, 'w')"
    load = (
        "print('{' * 5000); print('not JSON', file=sys.stderr); os.write(2, bytes(range(256)));"
        f" subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)"
    )
    made = deployment().python(model(load=load)).lay_out()
    assert made.test().diagnostics == []
    assert made.report()["result"] == "PASSED"
    assert made.report()["environment"]["limits"]["network"] is False
    # Also a process that left the group: the namespace takes it with it.
    running = [p for p in Path("/proc").glob("[0-9]*/cmdline") if marker.name in _read(p)]
    assert running == []


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def test_a_model_sees_no_targets_no_variables_and_fails_on_strange_rows(
    deployment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRWAY_KEY_PASSWORD", "hush")
    predict = (
        "assert set(inputs) == {'features'} and 'FAIRWAY_KEY_PASSWORD' not in os.environ;"
        " assert np.abs(features).max() < 1e9, 'too large'"
    )
    made = deployment().python(model(predict=predict)).lay_out()
    run = made.test()
    assert run.rules == ["evidence/robustness"]
    assert "out of range" in run.only.message
    assert "the answer was 500" in run.only.message
    assert made.statement()["predicate"]["failedTests"] == ["robustness: out of range"]


def test_an_answer_that_is_not_the_examples_is_found(deployment: Make) -> None:
    made = deployment()
    made.contract["examples"][0]["outputs"] = {"default": [1]}
    made.joblib(v1_0_0=trained()).lay_out()
    found = made.test().only
    assert found.rule == "evidence/example"
    assert "example: rich: default is 0, not 1" in found.message


def test_other_bytes_than_the_locks_are_never_loaded(deployment: Make, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    made = deployment().python(model()).lay_out()
    (made.model("1.0.0") / "weights.json").write_text("[]")
    found = made.test().only
    assert found.rule == "lock/content"
    assert "weights.json" in found.message
    made.joblib(v1_0_0=trained())
    made.scan, made.format, made.entrypoint = False, "joblib", None
    (made.model("1.0.0") / "weights.json").unlink()
    made.lay_out()
    found = made.test().only
    assert found.rule == "evidence/scan"
    assert "no scan" in found.message
    assert not marker.exists()
    assert made.written() == []


def test_nan_answers_cannot_be_measured(deployment: Make) -> None:
    code = """
import numpy as np

class Model:
    def load(self, path):
        pass

    def predict(self, inputs):
        return {"default": np.full(len(inputs["features"]), np.nan)}
"""
    made = deployment(metrics=[{"name": "r2", "min": 0.1}])
    made.contract["outputs"] = [{"name": "default", "datatype": "FP64", "shape": [-1]}]
    made.contract["examples"] = []
    made.python(code)
    made.data(holdout())
    made.lay_out()
    found = made.test().only
    assert found.rule == "evidence/model"
    assert "its answer to row 0, default, is not a finite number" in found.message
