"""Metadata, readiness, metrics and logs."""

from __future__ import annotations

import http.client
import json
import time
from datetime import datetime

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.slow
INFER = "/v2/models/cancer/infer"


def test_server_metadata(client) -> None:
    body = client.get("/v2").json()
    assert body["name"] == "fairway"
    assert body["extensions"] == ["binary_tensor_data"]
    assert body["version"]


@pytest.mark.parametrize("path", ["/v2/models/cancer", "/v2/models/cancer/versions/3.1.0"])
def test_model_metadata_is_the_contract(client, path: str) -> None:
    assert client.get(path).json() == {
        "name": "cancer",
        "versions": ["3.1.0"],
        "platform": "sklearn_skops",
        "inputs": [{"name": "features", "datatype": "FP64", "shape": [-1, 30]}],
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [-1]},
            {"name": "probability", "datatype": "FP64", "shape": [-1, 2]},
        ],
    }


def test_health(client) -> None:
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    for path in ("/v2/models/cancer/ready", "/v2/models/cancer/versions/3.1.0/ready"):
        assert client.get(path).json() == {"name": "cancer", "ready": True}
    assert client.get("/v2/models").json() == {"models": ["cancer"]}
    reply = client.head("/v2/health/ready")
    assert (reply.status_code, reply.content) == (200, b"")


def metrics(client: httpx.Client) -> dict[tuple[str, str], float]:
    """Values of our samples, by name and the value of their last label."""
    reply = client.get("/metrics")
    assert reply.status_code == 200
    found = {}
    for family in text_string_to_metric_families(reply.text):
        for sample in family.samples:
            labels = dict(sample.labels)
            if sample.name.startswith("fairway_"):
                assert labels.pop("model") == "cancer"
                assert labels.pop("version") == "3.1.0"
            found[sample.name, next(iter(labels.values()), "")] = sample.value
    return found


def test_metrics_have_version_and_status(client, cancer) -> None:
    before = metrics(client)
    assert before["fairway_requests_total", "500"] >= 0  # exists before the first failure
    client.post(INFER, json=cancer.body(slice(0, 5)))
    client.post(INFER, json={})
    client.get("/v2/health/ready")
    after = metrics(client)
    changes = {key: after[key] - before.get(key, 0) for key in after}
    assert changes["fairway_requests_total", "200"] == 1
    assert changes["fairway_requests_total", "400"] == 1
    assert changes["fairway_request_duration_seconds_count", ""] == 2
    assert changes["fairway_rows_total", ""] == 5
    assert changes["request_predict_seconds_count", "cancer"] == 1  # kserve's own
    assert after["fairway_requests_in_flight", ""] == 0
    assert after["fairway_ready", ""] == 1
    assert 0 < changes["fairway_request_duration_seconds_sum", ""] < 5


def test_openmetrics_when_asked(client) -> None:
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    reply = client.get("/metrics", headers=accept)
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    assert reply.text.endswith("# EOF\n")


def test_every_log_line_is_a_json_record(client, cancer, cancer_server) -> None:
    client.post(INFER, json=cancer.body(slice(0, 2), id="log-me"))
    client.post(INFER, json=cancer.body(slice(0, 2)) | {"outputs": [{"name": "secret"}]})
    client.get("/v2/health/live")
    end = time.monotonic() + 5
    while not any(r["path"] == "/v2/health/live" for r in cancer_server.logged("request")):
        assert time.monotonic() < end
        time.sleep(0.01)
    requests = cancer_server.logged("request")
    good = next(record for record in requests if record.get("id") == "log-me")
    datetime.fromisoformat(str(good.pop("time")))
    assert 0 < float(str(good.pop("ms"))) < 5000
    assert good == {
        "level": "info", "logger": "fairway.serve", "message": "request", "method": "POST",
        "path": INFER, "status": 200, "rows": 2, "model": "cancer", "version": "3.1.0",
        "id": "log-me",
    }  # fmt: skip
    refused = [record for record in requests if record.get("reason") == "outputs"]
    assert refused[-1]["status"] == 400
    assert "secret" not in "".join(cancer_server.lines)  # what callers send is not logged
    probes = [r for r in requests if r["path"] == "/v2/health/live"]
    assert {record["level"] for record in probes} == {"debug"}


def test_probes_are_answered_while_a_model_predicts(start, python_flags, ask_python) -> None:
    server = start(python_flags)
    body = json.dumps(ask_python("slow", 1.0))
    busy = http.client.HTTPConnection(*server.address)
    busy.request("POST", "/v2/models/double/infer", body, {"content-type": "application/json"})
    with httpx.Client(base_url=server.url) as client:
        client.get("/v2/health/live")
        started = time.monotonic()
        assert client.get("/v2/health/ready").status_code == 200
        assert time.monotonic() - started < 0.5
    reply = busy.getresponse()
    assert reply.status == 200
    assert server.stop() == 0
