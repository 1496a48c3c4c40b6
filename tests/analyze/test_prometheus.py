"""Counts from Prometheus: from answers as it gives them, and from a real one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from analyze.experiments import counts
from analyze.prometheus_server import BINARY, exposition, free_port, prometheus

from fairway.analyze.counts import Arms
from fairway.analyze.prometheus import counts_from, parse_queries, read_recorded
from fairway.errors import FairwayError, UsageError

ARMS = Arms("1.0.0", "1.1.0", ("conversion",))
UNITS = "units=sum by (version) (users_total)"
CONVERSION = "conversion=sum by (version) (conversions_total)"
METRICS = """
# TYPE users_total counter
users_total{version="1.0.0",pod="a"} 20000
users_total{version="1.0.0",pod="b"} 11400
users_total{version="1.1.0",pod="c"} 31350
users_total{version="0.9.0",pod="d"} 7
# TYPE conversions_total counter
conversions_total{version="1.0.0",pod="a"} 1570
conversions_total{version="1.1.0",pod="c"} 1724
"""
needs_prometheus = pytest.mark.skipif(
    BINARY is None, reason="prometheus is not installed (package prometheus)"
)


def vector(*series: tuple[dict[str, str], str], **more: object) -> dict[str, object]:
    """An answer of the API to an instant query."""
    result = [{"metric": labels, "value": [1764000000.123, value]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **more}


def answers(**changes: object) -> dict[str, object]:
    right = {
        "units": vector(({"version": "1.0.0"}, "31400"), ({"version": "1.1.0"}, "31350")),
        "conversion": vector(({"version": "1.1.0"}, "1724"), ({"version": "1.0.0"}, "1570")),
    }
    return {**right, **changes}


RIGHT = counts((31400, 1570), (31350, 1724))


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, None),
        ({"units": vector(({"role": "stable"}, "31400"), ({"role": "candidate"}, "31350"))}, None),
        # What `increase` extrapolates, and a version that is no part of the test.
        ({"units": vector(
            ({"version": "1.0.0"}, "31399.7"), ({"version": "1.1.0"}, "3.135e4"),
            ({"version": "0.9"}, "5"), ({}, "1"),
        )}, None),
        ({name: vector(({"arm": "stable"}, one), ({"arm": "1.1.0"}, two)) for name, one, two in (
            ("units", "31400", "31350"), ("conversion", "1570", "1724"),
        )}, "arm"),
    ],
)  # fmt: skip
def test_answers(changes, label):
    assert counts_from(answers(**changes), label, "f", ARMS) == (RIGHT, ())


def test_warnings_are_passed_on():
    partial = vector(
        ({"version": "1.0.0"}, "31400"), ({"version": "1.1.0"}, "31350"),
        warnings=["a store did not answer"],
    )  # fmt: skip
    assert counts_from(answers(units=partial), None, "f", ARMS).warnings == (
        "Prometheus on units: a store did not answer",
    )


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (vector(), UsageError, "no series whose label version or role is 1.0.0 or stable; there is"
                               " no series at all"),
        (vector(({"version": "1.0.0"}, "5")), UsageError, "is 1.1.0 or candidate; there is 1.0.0"),
        (vector(({}, "5")), UsageError, "there is without the label"),
        (vector(({"version": "1.0.0", "pod": "a"}, "5"), ({"version": "1.0.0", "pod": "b"}, "6")),
         UsageError, r"f: the query of units: two series for the stable version"),
        (vector(({"version": "1.0.0"}, "NaN")), UsageError, "NaN is not a number of units"),
        (vector(({"version": "1.0.0"}, "-1")), UsageError, "-1 is not a number of units"),
        (vector(({"version": "1.0.0"}, "many")), UsageError, "many is not a number of units"),
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, UsageError,
         "the answer is a matrix, not an instant vector"),
        ({"status": "success", "data": {"resultType": "vector", "result": [{}]}}, UsageError,
         "a series without metric and value"),
        ({"status": "error", "errorType": "bad_data", "error": "parse error"}, UsageError,
         "Prometheus refuses it: parse error"),
        ({"status": "error", "errorType": "timeout", "error": "too long"}, FairwayError,
         "Prometheus fails: too long"),
        ({"anything": 1}, FairwayError, "not an answer of Prometheus"),
        ([], FairwayError, "not an answer of Prometheus"),
    ],
)  # fmt: skip
def test_refused_answers(answer, kind, words):
    with pytest.raises(kind, match=words):
        counts_from(answers(units=answer), None, "f", ARMS)


def test_recorded_answers():
    text = json.dumps(answers())
    found = read_recorded(text, "f", ARMS.metrics)
    assert counts_from(found, None, "f", ARMS).counts == RIGHT
    for bad in ("{", "[]", '{"units": {}}'):
        with pytest.raises(UsageError, match=r"^f(:1:2)?: "):
            read_recorded(bad, "f", ARMS.metrics)


def test_queries():
    assert parse_queries((UNITS, "conversion= a==1 "), ARMS.metrics) == {
        "units": "sum by (version) (users_total)",
        "conversion": "a==1",
    }
    for bad in ("units", "units=", "refunds=x"):
        with pytest.raises(UsageError, match="expected NAME=PROMQL with NAME of units, conversion"):
            parse_queries((bad,), ARMS.metrics)
    with pytest.raises(UsageError, match="no --query for conversion"):
        parse_queries((UNITS,), ARMS.metrics)


@pytest.mark.slow
@needs_prometheus
def test_a_real_prometheus(ab, run, tmp_path: Path):
    with prometheus(tmp_path, METRICS) as url:
        asked = ("--prometheus", url, "--query", UNITS, "--query", CONVERSION)
        done = run("analyze", "specs", *asked, "--record", "answers.json")
        assert (done.code, done.err) == (0, "")
        assert "candidate wins" in done.out
        assert (
            run("analyze", "specs", "--stable", "1570/31400", "--candidate", "1724/31350") == done
        )

        past = run("analyze", "specs", *asked, "--at", "2020-01-01T00:00:00Z")
        assert past.code == 2
        assert "there is no series at all" in past.err

        wrong = run("analyze", "specs", *asked[:4], "--query", "conversion=sum by (")
        assert wrong.code == 2
        assert "the query of conversion: Prometheus refuses it: " in wrong.err
        assert "parse error" in wrong.err

        pods = run("analyze", "specs", *asked[:2], "--query", "units=users_total", *asked[4:])
        assert pods.code == 2
        assert "two series for the stable version\n  fix: add them up: sum by (version)" in pods.err
    # Prometheus has gone, and its answers are as good as it was.
    assert run("analyze", "specs", "--recorded", "answers.json") == done
    gone = run("analyze", "specs", *asked)
    assert (gone.code, gone.out) == (3, "")
    assert url in gone.err


def test_what_is_no_prometheus(ab, run):
    with exposition(METRICS) as port:
        asked = ("--query", UNITS, "--query", CONVERSION)
        done = run("analyze", "specs", "--prometheus", f"http://127.0.0.1:{port}", *asked)
        assert done.code == 3
        assert "and no JSON: # TYPE users_total counter" in done.err
    done = run("analyze", "specs", "--prometheus", "ftp://127.0.0.1", *asked)
    assert done.code == 2
    assert "is not an http or https address" in done.err
    refused = run("analyze", "specs", "--prometheus", f"http://127.0.0.1:{free_port()}", *asked)
    assert refused.code == 3
