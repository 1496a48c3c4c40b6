"""SIGTERM ends the server with 0 and loses no request."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

pytestmark = pytest.mark.slow
JSON = {"content-type": "application/json"}


class Load:
    """Callers that ask until the server refuses their connection; anything else is a loss."""

    def __init__(self, url: str, body: dict[str, object], expected: bytes) -> None:
        self._url = url
        self._body = json.dumps(body).encode()
        self._expected = expected
        self.answers: Counter[str] = Counter()
        self._lock = threading.Lock()

    def run(self, keep_alive: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=1 if keep_alive else 0)
        with httpx.Client(limits=limits, timeout=10) as client:
            while True:
                try:
                    reply = client.post(self._url, content=self._body, headers=JSON)
                except httpx.ConnectError:
                    return
                except httpx.HTTPError as error:
                    self._count(f"lost: {error!r}")
                    return
                right = reply.status_code == 200 and self._expected in reply.content
                self._count("right" if right else f"wrong: {reply.status_code} {reply.text}")

    def _count(self, answer: str) -> None:
        with self._lock:
            self.answers[answer] += 1


@pytest.mark.parametrize("drain", ["0", "0.5"])
def test_no_request_is_lost_under_load(start, cancer, drain: str) -> None:
    server = start(cancer.flags("joblib"), "--drain", drain, "--no-access-log")
    probability = cancer.pipeline.predict_proba(cancer.data[:1])[0].tolist()
    expected = json.dumps(probability[0]).encode()
    load = Load(f"{server.url}/v2/models/cancer/infer", cancer.body(), expected)
    with ThreadPoolExecutor(12) as pool:
        callers = [pool.submit(load.run, index < 6) for index in range(12)]
        time.sleep(1.0)
        started = time.monotonic()
        status = server.stop()
        seconds = time.monotonic() - started
        for caller in callers:
            caller.result()
    assert load.answers.keys() == {"right"}, load.answers
    assert load.answers["right"] > 20
    assert (status, seconds < 5) == (0, True)
    assert server.wait_for("stopped")["cut_off"] == 0


def test_slow_requests_are_finished(start, python_flags, ask_python) -> None:
    server = start(python_flags, "--threads", "4")
    url = f"{server.url}/v2/models/double/infer"
    bodies = [ask_python("slow", 1.5 + index / 10) for index in range(4)]
    with ThreadPoolExecutor(4) as pool:
        replies = [pool.submit(httpx.post, url, json=body, timeout=10) for body in bodies]
        time.sleep(0.5)
        started = time.monotonic()
        assert server.stop() == 0
        assert 1.0 < time.monotonic() - started < 5
        for body, reply in zip(bodies, replies, strict=True):
            value = body["inputs"][1]["data"][0]
            answer = reply.result().json()["outputs"][0]["data"]
            assert answer == pytest.approx([2 * value, 4.0], rel=1e-6)


def test_draining(start, cancer) -> None:
    """After SIGTERM: not ready, still answering, every connection ended after its answer."""
    server = start(cancer.flags("joblib"), "--drain", "1.5")
    body = json.dumps(cancer.body())
    kept = http.client.HTTPConnection(*server.address, timeout=10)
    kept.request("POST", "/v2/models/cancer/infer", body, JSON)
    assert kept.getresponse().read()
    assert kept.sock is not None
    silent = socket.create_connection(server.address)
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.wait_for("draining")
    kept.request("POST", "/v2/models/cancer/infer", body, JSON)
    reply = kept.getresponse()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    with httpx.Client(base_url=server.url) as client:
        for path in ("/v2/health/ready", "/v2/models/cancer/ready"):
            ready = client.get(path)
            assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert client.get("/v2/health/live").status_code == 200
        assert "fairway_ready{" in client.get("/metrics").text
    server.process.send_signal(signal.SIGTERM)  # a second one changes nothing
    assert server.end() == 0
    assert 1.4 < time.monotonic() - started < 5
    assert silent.recv(1) == b""  # an idle connection is closed, not reset
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address)


def test_a_request_that_arrives_as_accepting_stops(start, cancer) -> None:
    """A connection opened before the end of the drain may send its request after it."""
    server = start(cancer.flags("joblib"), "--drain", "0")
    late = http.client.HTTPConnection(*server.address, timeout=10)
    late.connect()
    server.process.send_signal(signal.SIGTERM)
    server.wait_for("draining")
    time.sleep(0.2)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address)
    late.request("POST", "/v2/models/cancer/infer", json.dumps(cancer.body()), JSON)
    assert late.getresponse().status == 200
    assert server.end() == 0


def test_a_model_that_never_ends_is_cut_off(start, python_flags, ask_python) -> None:
    server = start(python_flags, "--grace", "1")
    connection = http.client.HTTPConnection(*server.address, timeout=10)
    body = json.dumps(ask_python("slow", 60.0))
    connection.request("POST", "/v2/models/double/infer", body, JSON)
    time.sleep(0.3)
    started = time.monotonic()
    assert server.stop() == 3
    assert time.monotonic() - started < 3
    reply = connection.getresponse()
    assert (reply.status, "before the model had answered" in reply.read().decode()) == (503, True)
    assert server.wait_for("stopped")["cut_off"] == 1


def test_sigint_ends_it_too(start, cancer) -> None:
    server = start(cancer.flags("joblib"))
    server.wait_for("serving")
    assert server.stop(signal.SIGINT) == 0
