"""Gates asked of Prometheus: a real one, and answers of every kind."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import isnan
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from analyze.prometheus_server import BINARY, free_port, query
from stepping.setting import LOCK, SPEC, Repository, at

from fairway.errors import FairwayError
from fairway.stepping.answer import sample_of

Handle = Callable[[str, dict[str, str]], tuple[int, str]]
PROMTOOL = shutil.which("promtool")
FORCE = ("--force-reason", "the servers that measure are down")


def vector(*values: str, **more: Any) -> str:
    """An answer of the API to an instant query, with a series for each value."""
    result = [{"metric": {}, "value": [1793527200.0, value]} for value in values]
    return json.dumps(
        {"status": "success", "data": {"resultType": "vector", "result": result}, **more}
    )


def refusal(kind: str, error: str) -> str:
    return json.dumps({"status": "error", "errorType": kind, "error": error})


@contextmanager
def answering(handle: Handle) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Serve answers on the loopback; yields the URL, and the requests' queries and headers."""
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = parse_qs(urlsplit(self.path).query)
            asked.append((given["query"][0], dict(self.headers.items())))
            assert urlsplit(self.path).path == "/prom/api/v1/query"
            status, text = handle(given["query"][0], {k: v[0] for k, v in given.items()})
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/prom/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def well(promql: str, _: dict[str, str]) -> tuple[int, str]:
    """Answer as a Prometheus whose candidate does well."""
    if promql.startswith("sum(increase("):
        return 200, vector("5120.5")
    return 200, vector("0.12" if "quantile" in promql else "0.002")


@pytest.fixture
def begun(repository: Repository) -> Repository:
    """A canary at its first step, whose hold is over at ``NOW``."""
    repository.commit(repository.step(1))
    return repository


NOW = at(minutes=45)


def test_all_gates_are_asked_at_one_time(begun: Repository) -> None:
    times: set[str] = set()

    def handle(promql: str, given: dict[str, str]) -> tuple[int, str]:
        times.add(given["time"])
        return well(promql, given)

    with answering(handle) as (url, asked):
        done = begun.move("advance", SPEC, "--prometheus", url, "-f", "json", time=NOW)
    assert done.code == 0, done.out + done.err
    data = json.loads(done.out)
    assert [each["says"] for each in data["gates"]] == ["pass"] * 3
    assert data["gates"][0]["requests"] == 5120.5
    assert data["measured"] == [
        {"from": at(minutes=15), "to": NOW, "source": url.rstrip("/") + "/"}
    ]
    assert times == {f"{datetime.fromisoformat(NOW).timestamp():.3f}"}
    # The three gates count the same requests, and two of them the same errors.
    queries = [promql for promql, _ in asked]
    assert len(queries) == len(set(queries)) == 4
    questions = json.loads(begun.run("advance", SPEC, "--questions").out)["queries"]
    assert set(queries) == {each for gate in questions.values() for each in gate.values()}


ANSWERS: dict[str, tuple[int, str, int, str]] = {
    "nothing measured": (200, vector(), 1, "says nothing: 0 requests; fewer than 3000"),
    "not a number": (200, vector("NaN"), 1, "says nothing: 0 requests; fewer than 3000"),
    "a negative count": (200, vector("-1"), 3, "requests -1 is no count, which is from 0 on"),
    "two series": (200, vector("1", "2"), 3, "2 series, and a gate takes one number"),
    "a query that is refused": (
        400, refusal("bad_data", "parse error"), 3, "Prometheus refuses it: bad_data: parse error",
    ),
    "a query that takes too long": (
        422, refusal("execution", "query timed out"), 3, "execution: query timed out",
    ),
    "an answer in parts": (
        200, vector("5000", warnings=["a store is down"]), 3, "may not be whole: a store is down",
    ),
    "access denied": (401, "who are you?", 3, "access denied (401)"),
    "a page": (200, "<html>Welcome!", 3, "answers 200 and no JSON: <html>Welcome!"),
    "another server": (404, "not found", 3, "answers 404 and no JSON: not found"),
    "a matrix": (
        200, '{"status":"success","data":{"resultType":"matrix","result":[]}}', 3,
        "the answer is a matrix, not an instant vector",
    ),
    "another JSON": (200, '{"hello": 1}', 3, "not an answer of Prometheus"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_that_do_not_allow_it(name: str, begun: Repository) -> None:
    status, body, code, said = ANSWERS[name]
    with answering(lambda _, __: (status, body)) as (url, _):
        refused = begun.move("advance", SPEC, "--prometheus", url, time=NOW)
        forced = begun.move("advance", SPEC, "--prometheus", url, *FORCE, "--dry-run", time=NOW)
    assert refused.code == code, refused.out + refused.err
    assert said in refused.out + refused.err
    assert "127.0.0.1" in refused.err or code == 1
    assert begun.git("status", "--porcelain") == ""
    # What is broken is not evidence against anything, so there is nothing to overrule.
    assert forced.code == (0 if code == 1 else 3)


def test_where_nobody_answers(begun: Repository) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    refused = begun.move("advance", SPEC, "--prometheus", url, time=NOW)
    assert refused.code == 3
    assert url in refused.err
    assert "check --prometheus, and that it is up" in refused.err


@pytest.mark.parametrize("url", ["ftp://localhost/", "http://ann:secret@localhost/", "localhost"])
def test_addresses_that_cannot_be_asked(url: str, begun: Repository) -> None:
    refused = begun.move("advance", SPEC, "--prometheus", url, time=NOW)
    assert refused.code == 2
    assert "secret" not in refused.err


def test_a_header_has_the_value_of_a_variable(begun: Repository) -> None:
    begun.monkeypatch.setenv("PROM_AUTH", "Bearer s3cret")
    given = ("--header", "Authorization=PROM_AUTH", "--header", "X-Scope-OrgID=PROM_AUTH")
    with answering(well) as (url, asked):
        done = begun.move("advance", SPEC, "--prometheus", url, *given, "--commit", time=NOW)
    assert done.code == 0, done.err
    for _, headers in asked:
        assert headers["Authorization"] == headers["X-Scope-OrgID"] == "Bearer s3cret"
    assert "s3cret" not in done.out + done.err + begun.git("log", "-1", "--format=%B")
    for wrong, said in (("A=NO_SUCH", "has no variable NO_SUCH"), ("A", "expected NAME=VARIABLE")):
        refused = begun.move("advance", SPEC, "--prometheus", url, "--header", wrong, time=NOW)
        assert (refused.code, said in refused.err) == (2, True)


@pytest.mark.parametrize("file", [SPEC, LOCK])
def test_an_edit_while_prometheus_answers_is_not_overwritten(file: str, begun: Repository) -> None:
    path = begun.root / file
    theirs = path.read_bytes() + b" "

    def handle(promql: str, given: dict[str, str]) -> tuple[int, str]:
        path.write_bytes(theirs)
        return well(promql, given)

    with answering(handle) as (url, _):
        refused = begun.move("advance", SPEC, "--prometheus", url, "--commit", time=NOW)
    assert refused.code == 2
    assert f"{file} was changed meanwhile, so nothing was written" in refused.err
    assert path.read_bytes() == theirs
    assert begun.git("diff", "--name-only").split() == [file]


def test_a_dump_of_answers_is_evidence_too(begun: Repository) -> None:
    questions = json.loads(begun.run("advance", SPEC, "--questions").out)["queries"]
    end = datetime.fromisoformat(at(minutes=40)).timestamp()

    def dump(time: float) -> dict[str, Any]:
        answers = {}
        for promql in {each for gate in questions.values() for each in gate.values()}:
            answer = json.loads(well(promql, {})[1])
            answer["data"]["result"][0]["value"][0] = time
            answers[promql] = answer
        return answers

    metrics = begun.measured(at(minutes=40), {}, answers=dump(end))
    done = begun.move("advance", SPEC, "--metrics", metrics, "--dry-run", time=NOW)
    assert done.code == 0, done.out + done.err
    other = begun.measured(at(minutes=40), {}, answers=dump(end - 3600))
    refused = begun.move("advance", SPEC, "--metrics", other, "--dry-run", time=NOW)
    assert (refused.code, "answered for another time than `to`" in refused.err) == (2, True)
    less = begun.measured(at(minutes=40), {}, answers=dict(list(dump(end).items())[1:]))
    refused = begun.move("advance", SPEC, "--metrics", less, "--dry-run", time=NOW)
    assert (refused.code, "no answer for the query" in refused.err) == (2, True)


@pytest.mark.parametrize(
    "answer",
    [None, [], "", 1, {}, {"status": "success"}, {"status": "success", "data": []},
     {"status": "success", "data": {"resultType": "vector", "result": [{}]}},
     {"status": "success", "data": {"resultType": "vector", "result": [{"value": [1]}]}},
     {"status": "success", "data": {"resultType": "vector", "result": [{"value": [1, "x"]}]}},
     {"status": "success", "data": {"resultType": "scalar", "result": None}}],
)  # fmt: skip
def test_what_is_no_answer(answer: object) -> None:
    with pytest.raises(FairwayError, match="here: "):
        sample_of(answer, "here")


def test_numbers_as_prometheus_writes_them() -> None:
    for text, value in (("1e-05", 1e-5), ("+Inf", float("inf")), ("-0", 0.0), ("3", 3.0)):
        assert sample_of(json.loads(vector(text)), "here").value == value
    assert isnan(sample_of(json.loads(vector("NaN")), "here").value)
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [7, "0.5"]}}
    assert sample_of(scalar, "here") == (0.5, 7.0)


# -- a real one ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(BINARY is None or PROMTOOL is None, reason="no package prometheus")
def test_a_real_prometheus_is_asked(begun: Repository, tmp_path: Path) -> None:
    """Of a canary's first 90 minutes: the candidate does well, and later it does not."""
    (tmp_path / "data.txt").write_text("".join(exposed(90, worse_from=50)), "utf-8")
    made = subprocess.run(
        [str(PROMTOOL), "tsdb", "create-blocks-from", "openmetrics", "data.txt", "tsdb"],
        cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with serving(tmp_path) as url:
        asked = ("advance", SPEC, "--prometheus", url)
        good = begun.move(*asked, "--dry-run", "-f", "json", time=at(minutes=45))
        bad = begun.move(*asked, time=at(minutes=85))
        before = begun.move(*asked, "-f", "json", time=at(hours=-2))
    assert good.code == 0, good.out + good.err
    gates = json.loads(good.out)["gates"]
    assert [each["says"] for each in gates] == ["pass"] * 3
    # 5 requests a second for half an hour; a thousandth of them fail; all take 80 to 100 ms.
    assert gates[0]["requests"] == pytest.approx(9000, rel=0.02)
    assert gates[0]["value"] == pytest.approx(0.002, rel=0.05)
    assert gates[1]["value"] == pytest.approx(0.099, abs=0.002)
    assert gates[2]["reference"] == pytest.approx(0.001, rel=0.05)
    assert bad.code == 1
    assert "gate error-ratio-max-1: error-ratio is 20%" in bad.out
    assert "gate error-ratio-within-3: error-ratio is 20%" in bad.out
    assert "refused: gate latency" not in bad.out
    assert [each["says"] for each in json.loads(before.out)["gates"]] == ["unknown"] * 3


def exposed(minutes: int, worse_from: int) -> Iterator[str]:
    """What both versions' clusters count, every 15 seconds, in OpenMetrics with times."""
    names = [f"httproute/ml-growth/churn/rule/0/backend/{index}" for index in (0, 1)]
    start = int(datetime.fromisoformat(at()).timestamp())
    completed, errors, latency = (f"envoy_cluster_upstream_rq_{each}" for each in (
        "completed", "xx", "time_bucket",
    ))  # fmt: skip
    samples: dict[str, list[str]] = {completed: [], errors: [], latency: []}
    for role, (name, rate, wrong) in enumerate(((names[0], 95.0, 0.001), (names[1], 5.0, 0.002))):
        total = failed = 0.0
        for second in range(0, minutes * 60 + 1, 15):
            worse = role == 1 and second > worse_from * 60
            total += rate * 15
            failed += rate * 15 * (0.2 if worse else wrong)
            label, when = f'envoy_cluster_name="{name}"', start + second
            samples[completed].append(f"{completed}{{{label}}} {total} {when}\n")
            five = f'{label},envoy_response_code_class="5"'
            samples[errors].append(f"{errors}{{{five}}} {failed} {when}\n")
            for most in (80, 100, "+Inf"):
                within = 0.0 if most == 80 else total
                samples[latency].append(f'{latency}{{{label},le="{most}"}} {within} {when}\n')
    for name, lines in samples.items():
        yield f"# TYPE {name} unknown\n"
        yield from lines
    yield "# EOF\n"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run Prometheus over what is in its storage; yields its URL."""
    config, port = folder / "prometheus.yml", free_port()
    config.write_text("global: {}\n", "utf-8")
    command = [
        str(BINARY), f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y",
    ]  # fmt: skip
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, (folder / "prometheus.log").read_text("utf-8")
            assert time.monotonic() < deadline
            with suppress(urllib.error.URLError, ConnectionError):
                query(url, "vector(1)")
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)
