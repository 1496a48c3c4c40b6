"""Recorded traffic: answers of Prometheus to range queries, read as what they say."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from analyze.prometheus_server import BINARY, prometheus

from fairway.errors import FairwayError, UsageError
from fairway.simulate.recorded import read_recording

VERSIONS = ("1.0.0", "1.1.0")
START = 1_700_000_000


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> dict[str, Any]:
    result = [{"metric": labels, "values": [list(v) for v in values]} for labels, values in series]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def values(*numbers: object, step: int = 60) -> list[tuple[float, str]]:
    return [(START + index * step, str(number)) for index, number in enumerate(numbers)]


@pytest.fixture
def write(tmp_path: Path):
    def write(name: str, answer: object) -> str:
        path = tmp_path / name
        path.write_text(answer if isinstance(answer, str) else json.dumps(answer))
        return str(path)

    return write


def read(*texts: str):
    return read_recording(texts, VERSIONS, 3600.0)


def test_a_rate_is_the_sum_of_its_series(write):
    answer = matrix(
        ({"version": "1.0.0"}, values(10, 20, 30)), ({"version": "1.1.0"}, values(1, 2, 3))
    )
    recording = read(write("rate.json", answer))
    assert recording.rate[0].means(60, 3)[:2] == pytest.approx([16.5, 27.5])
    assert "2 min, then again from the start" in recording.notes[0]


@pytest.mark.parametrize(
    ("labels", "roles"),
    [
        (({"version": "1.1.0"}, {"version": "1.0.0"}), ["candidate", "stable"]),
        (({"role": "candidate"}, {"role": "stable"}), ["candidate", "stable"]),
        (({}, {"version": "1.1.0"}), ["candidate", ""]),
        (({"version": "0.9"},), [""]),
    ],
)
def test_series_are_told_apart_by_role_or_version(write, labels, roles):
    answer = matrix(*((each, values(0.1, 0.2)) for each in labels))
    recording = read("error-ratio=" + write("errors.json", answer))
    assert [role for role, _ in recording.errors] == roles


def test_a_division_by_nothing_is_left_out(write):
    answer = matrix(({}, values(0.1, "NaN", 0.3)))
    (curve,) = [c for _, c in read("error-ratio=" + write("errors.json", answer)).errors]
    assert curve.means(60, 2) == pytest.approx([0.15, 0.25])


def test_latencies_are_laws_by_their_medians(write):
    p50 = write("p50.json", matrix(({"role": "stable"}, values(0.02, 0.03, 0.5))))
    p95 = write("p95.json", matrix(({"role": "stable"}, values(0.2, 0.1, 0.15))))
    recording = read(f"latency-p50={p50}", f"latency-p95={p95}")
    assert recording.latency == (("stable", (0.03, 0.15)),)
    with pytest.raises(UsageError, match="belong together"):
        read(f"latency-p50={p50}")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("no json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([], "not Prometheus' answer"),
        ({"status": "error", "error": "parse error at char 3"}, "parse error at char 3"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "is a vector"),
        ({"status": "success", "data": {"resultType": "matrix", "result": {}}}, "not a matrix"),
        (matrix(), "no series has a value"),
        (matrix(({}, values("NaN"))), "no series has a value"),
        (
            {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}}]}},
            "without metric and values",
        ),
        (
            {
                "status": "success",
                "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1]]}]},
            },
            "without metric and values",
        ),
    ],
)
def test_what_is_no_answer_is_refused(write, answer, words):
    with pytest.raises(UsageError, match=words):
        read(write("x.json", answer))


def test_what_cannot_be_added_is_refused(write):
    twice = matrix(({"pod": "a"}, values(0.1)), ({"pod": "b"}, values(0.2)))
    with pytest.raises(UsageError, match="more than one series of error-ratio for both versions"):
        read("error-ratio=" + write("x.json", twice))
    with pytest.raises(UsageError, match="a ratio is from 0 to 1"):
        read("error-ratio=" + write("y.json", matrix(({}, values(5)))))
    once = write("z.json", matrix(({}, values(5))))
    with pytest.raises(UsageError, match="request-rate is given twice"):
        read(once, f"request-rate={once}")
    with pytest.raises(FairwayError, match="cannot be read"):
        read("missing.json")


def ask(url: str) -> str:
    with urllib.request.urlopen(url) as reply:  # noqa: S310 - of a server on loopback
        return str(reply.read().decode())


@pytest.mark.slow
@pytest.mark.skipif(BINARY is None, reason="prometheus is not installed")
def test_what_a_real_prometheus_answers_is_read(tmp_path, write):
    metrics = '# TYPE rate gauge\nrate{version="1.0.0"} 38\nrate{version="1.1.0"} 2\n'
    with prometheus(tmp_path, metrics) as url:
        now = float(json.loads(ask(f"{url}/api/v1/query?query=time()"))["data"]["result"][1])
        query = urllib.parse.urlencode(
            {"query": "sum by (version) (rate)", "start": now - 2, "end": now, "step": "1"}
        )
        answer = ask(f"{url}/api/v1/query_range?{query}")
    recording = read(write("rate.json", answer))
    assert recording.rate[0].means(60, 3) == pytest.approx([40.0, 40.0, 40.0])
