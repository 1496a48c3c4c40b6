"""Answers over HTTP are the model's own, in every format of model and of tensor."""

from __future__ import annotations

import json
import struct

import httpx
import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

pytestmark = pytest.mark.slow
INFER = "/v2/models/cancer/infer"


def outputs(reply: httpx.Response) -> dict[str, np.ndarray]:
    assert reply.status_code == 200, reply.text
    return {item["name"]: np.array(item["data"]).reshape(item["shape"])
            for item in reply.json()["outputs"]}  # fmt: skip


@pytest.mark.parametrize("kind", ["skops", "joblib", "onnx", "onnx-float"])
def test_equal_to_the_model(start, cancer, kind: str) -> None:
    server = start(cancer.flags(kind))
    with httpx.Client(base_url=server.url) as client:
        answers = outputs(client.post(INFER, json=cancer.body(slice(0, 200))))
        single = outputs(client.post(INFER, json=cancer.body(slice(5, 6))))
    close = 1e-4 if kind == "onnx-float" else 1e-9
    data = cancer.data
    assert answers["label"].tolist() == cancer.pipeline.predict(data[:200]).tolist()
    expected = cancer.pipeline.predict_proba(data[:200])
    np.testing.assert_allclose(answers["probability"], expected, atol=close, rtol=0)
    if kind in ("skops", "joblib"):
        assert (answers["probability"] == expected).all()
    np.testing.assert_allclose(single["probability"][0], expected[5], atol=close, rtol=0)
    assert server.stop() == 0


def test_flat_and_nested_data_are_the_same(client, cancer) -> None:
    nested = cancer.body(slice(0, 3))
    flat = cancer.body(slice(0, 3))
    flat["inputs"][0]["data"] = cancer.data[:3].ravel().tolist()
    first, second = (client.post(INFER, json=body).json()["outputs"] for body in (nested, flat))
    assert first == second
    assert first[0]["shape"] == [3]


def test_some_outputs_in_the_order_asked(client, cancer) -> None:
    names = [{"name": "probability"}, {"name": "label"}]
    body = client.post(INFER, json=cancer.body(outputs=names)).json()
    assert [item["name"] for item in body["outputs"]] == ["probability", "label"]
    body = client.post(INFER, json=cancer.body(outputs=names[:1])).json()
    assert [item["name"] for item in body["outputs"]] == ["probability"]


def test_identity_of_the_answer(client, cancer) -> None:
    body = client.post(INFER, json=cancer.body(id="42 ü")).json()
    assert (body["id"], body["model_name"], body["model_version"]) == ("42 ü", "cancer", "3.1.0")
    ids = {client.post(INFER, json=cancer.body()).json()["id"] for _ in range(2)}
    assert len(ids) == 2
    versioned = "/v2/models/cancer/versions/3.1.0/infer"
    assert client.post(versioned, json=cancer.body()).status_code == 200


def test_content_type_with_charset_or_without_any(client, cancer) -> None:
    body = json.dumps(cancer.body()).encode()
    header = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post(INFER, content=body, headers=header).status_code == 200
    assert client.post(INFER, content=body).status_code == 200


def test_null_reaches_a_model_only_in_a_nullable_column(client, cancer) -> None:
    """The logistic regression fails on NaN by itself: its failure is a 500, not a refusal."""
    body = cancer.body()
    body["inputs"][0]["data"][0][1] = None
    assert client.post(INFER, json=body).status_code == 500


def test_binary_request_and_response(client, cancer) -> None:
    body = cancer.body(slice(0, 4))
    tensor = body["inputs"][0]
    del tensor["data"]
    tensor["parameters"] = {"binary_data_size": 4 * 30 * 8}
    asked = [{"name": "label"}, {"name": "probability", "parameters": {"binary_data": True}}]
    head = json.dumps(body | {"outputs": asked}).encode()
    reply = client.post(
        INFER,
        content=head + cancer.data[:4].tobytes(),
        headers={"inference-header-content-length": str(len(head)),
                 "content-type": "application/octet-stream"},
    )  # fmt: skip
    assert reply.status_code == 200, reply.text
    size = int(reply.headers["inference-header-content-length"])
    answer = json.loads(reply.content[:size])
    assert answer["outputs"][0]["data"] == cancer.pipeline.predict(cancer.data[:4]).tolist()
    assert answer["outputs"][1]["parameters"] == {"binary_data_size": 4 * 2 * 8}
    assert "data" not in answer["outputs"][1]
    found = np.frombuffer(reply.content[size:], dtype="<f8").reshape(4, 2)
    assert (found == cancer.pipeline.predict_proba(cancer.data[:4])).all()


def test_python_model(python_client, ask_python) -> None:
    reply = python_client.post("/v2/models/double/infer", json=ask_python("größer", 1.5, rows=2))
    answers = outputs(reply)
    assert answers["double"].tolist() == [[3.0, 4.0], [3.0, 4.0]]
    assert answers["echo"].tolist() == ["größer", "größer"]


def test_python_model_in_binary(python_client) -> None:
    text = "größer".encode()
    raw = struct.pack("<I", len(text)) + text + struct.pack("<2f", 1.5, 2.0)
    inputs = [
        {"name": "command", "datatype": "BYTES", "shape": [1, 1],
         "parameters": {"binary_data_size": 4 + len(text)}},
        {"name": "value", "datatype": "FP32", "shape": [1, 2],
         "parameters": {"binary_data_size": 8}},
    ]  # fmt: skip
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    headers = {"inference-header-content-length": str(len(head))}
    reply = python_client.post("/v2/models/double/infer", content=head + raw, headers=headers)
    assert reply.status_code == 200, reply.text
    size = int(reply.headers["inference-header-content-length"])
    assert reply.content[size:] == struct.pack("<2f", 3.0, 4.0) + raw[: 4 + len(text)]


def test_mixed_columns_of_a_data_frame(start, tmp_path) -> None:
    """Text and numbers in two tensors reach a pipeline that was fitted on named columns."""
    frame = pd.DataFrame(
        {"age": [20.0, 30.0, 40.0, 50.0], "country": ["DE", "FR", "DE", np.nan],
         "visits": [1.0, 5.0, 2.0, 8.0]}
    )  # fmt: skip
    pipeline = make_pipeline(
        make_column_transformer(
            (StandardScaler(), ["age", "visits"]),
            (OneHotEncoder(handle_unknown="ignore"), ["country"]),
        ),
        LogisticRegression(),
    ).fit(frame, ["no", "yes", "no", "yes"])
    skops.io.dump(pipeline, tmp_path / "model.skops")
    country = {"name": "country", "categories": ["DE", "FR"], "nullable": True}
    contract = {
        "inputs": [
            {"name": "numbers", "datatype": "FP64", "shape": [-1, 2],
             "columns": [{"name": "visits"}, {"name": "age", "min": 18}]},
            {"name": "text", "datatype": "BYTES", "shape": [-1, 1], "columns": [country]},
        ],
        "outputs": [{"name": "churn", "datatype": "BYTES", "shape": [-1]}],
        "examples": [{"name": "one", "inputs": {"numbers": [[1, 20]], "text": [["DE"]]},
                      "outputs": {"churn": ["no"]}}],
    }  # fmt: skip
    (tmp_path / "contract.json").write_text(json.dumps(contract))
    server = start(["--name", "churn", "--version", "1", "--format", "skops", "--model",
                    str(tmp_path), "--contract", str(tmp_path / "contract.json")])  # fmt: skip
    numbers = {"name": "numbers", "datatype": "FP64", "shape": [4, 2],
               "data": frame[["visits", "age"]].to_numpy().tolist()}  # fmt: skip
    text = {"name": "text", "datatype": "BYTES", "shape": [4, 1], "data": ["DE", "FR", "DE", None]}
    with httpx.Client(base_url=server.url) as client:
        infer = "/v2/models/churn/infer"
        reply = client.post(infer, json={"inputs": [text, numbers]})
        assert outputs(reply)["churn"].tolist() == pipeline.predict(frame).tolist()
        text["data"][2] = "IT"
        reply = client.post(infer, json={"inputs": [text, numbers]})
    assert reply.status_code == 400
    assert reply.json()["error"] == (
        "input 'text', row 2, column 'country': 'IT' is not one of 'DE', 'FR'"
    )
    assert server.wait_for("model loaded")["differing"] == 0


def test_regression_with_one_column_inputs(start, tmp_path) -> None:
    """Tensors of one dimension are columns side by side."""
    rng = np.random.default_rng(7)
    data = rng.normal(size=(50, 2))
    model = LinearRegression().fit(data, data @ [2.0, -1.0] + 3.0)
    joblib.dump(model, tmp_path / "model.joblib")
    contract = {
        "inputs": [{"name": name, "datatype": "FP64", "shape": [-1]} for name in "ab"],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1]}],
    }
    (tmp_path / "contract.json").write_text(json.dumps(contract))
    server = start(["--name", "line", "--version", "1", "--format", "joblib",
                    "--model", str(tmp_path / "model.joblib"),
                    "--contract", str(tmp_path / "contract.json")])  # fmt: skip
    inputs = [{"name": name, "datatype": "FP64", "shape": [2], "data": values}
              for name, values in (("b", [0.0, 1.0]), ("a", [1.0, 0.0]))]  # fmt: skip
    reply = httpx.post(f"{server.url}/v2/models/line/infer", json={"inputs": inputs})
    np.testing.assert_allclose(outputs(reply)["y"], [5.0, 2.0], atol=1e-6)
