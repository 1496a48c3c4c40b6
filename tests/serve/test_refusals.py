"""Every mistake of a caller is a 400 that says what was expected, and never a 500."""

from __future__ import annotations

import copy
import http.client
import json
import struct
from collections.abc import Callable

import httpx
import pytest

pytestmark = pytest.mark.slow
INFER = "/v2/models/cancer/infer"
ROW = [1.0] * 30
GOOD = {"inputs": [{"name": "features", "datatype": "FP64", "shape": [1, 30], "data": ROW}]}


def changed(**fields: object) -> dict[str, object]:
    """The good request with other fields in its input; None removes one."""
    body = copy.deepcopy(GOOD)
    body["inputs"][0] = {k: v for k, v in {**body["inputs"][0], **fields}.items() if v is not None}
    return body


def with_value(index: int, value: object) -> dict[str, object]:
    return changed(data=[*ROW[:index], value, *ROW[index + 1 :]])


BODIES = {
    "not an object": ([], "must be a JSON object"),
    "no inputs": ({}, "'inputs' must be a list"),
    "v1 request": ({"instances": [ROW]}, "v1 request"),
    "inputs is an object": ({"inputs": {"features": ROW}}, "'inputs' must be a list"),
    "inputs is empty": ({"inputs": []}, "at least one tensor"),
    "input is a list": ({"inputs": [ROW]}, "must be a JSON object"),
    "input without name": (changed(name=None), "needs a 'name'"),
    "input name is a number": (changed(name=3), "needs a 'name'"),
    "unknown input": (changed(name="feature"), "unknown input 'feature'; the model takes"),
    "input twice": ({"inputs": GOOD["inputs"] * 2}, "given twice"),
    "no datatype": (changed(datatype=None), "expected datatype FP64, found no datatype"),
    "other datatype": (changed(datatype="FP32"), "expected datatype FP64, found 'FP32'"),
    "datatype unknown": (changed(datatype="FLOAT"), "found 'FLOAT'"),
    "no shape": (changed(shape=None), "'shape' must be a list of whole numbers"),
    "shape of text": (changed(shape=["1", "30"]), "'shape' must be a list of whole numbers"),
    "shape of floats": (changed(shape=[1.0, 30.0]), "'shape' must be a list of whole numbers"),
    "shape of booleans": (changed(shape=[True, 30]), "'shape' must be a list of whole numbers"),
    "shape of one dimension": (changed(shape=[30]), "expected shape [-1, 30], found [30]"),
    "shape of three dimensions": (changed(shape=[1, 30, 1]), "expected shape [-1, 30]"),
    "too few columns": (changed(shape=[1, 29], data=ROW[:29]), "found [1, 29]"),
    "negative rows": (changed(shape=[-1, 30]), "found [-1, 30]"),
    "no rows": (changed(shape=[0, 30], data=[]), "has no rows"),
    "too many rows": (changed(shape=[51, 30], data=[ROW] * 51), "51 rows, at most 50"),
    "immense shape": (changed(shape=[10**15, 30], data=[]), "at most 50"),
    "shape beyond 64 bits": (changed(shape=[10**30, 30], data=[]), "whole numbers"),
    "no data": (changed(data=None), "'data' is missing"),
    "data is text": (changed(data="1,2,3"), "data must be a list"),
    "data is a number": (changed(data=1), "data must be a list"),
    "data is short": (changed(data=ROW[:29]), "29 elements, but shape [1, 30] holds 30"),
    "data is long": (changed(data=[*ROW, 1]), "31 elements"),
    "data is empty": (changed(data=[]), "0 elements"),
    "nested rows short": (changed(shape=[2, 30], data=[ROW, ROW[:29]]), "data[1] has 29 elements"),
    "nested rows missing": (changed(shape=[2, 30], data=[ROW]), "data has 1 elements"),
    "nested too deep": (changed(data=[[[1.0]] * 30]), "expected a number, found a list"),
    "nested unevenly": (changed(shape=[2, 30], data=[ROW, 1.0]), "data[1] has no list"),
    "text in a column": (with_value(3, "17.99"), "column 'mean area': expected a number, found a"),
    "boolean in a column": (with_value(3, True), "found a boolean"),
    "object in a column": (with_value(3, {}), "found an object"),
    "null in a column": (with_value(0, None), "row 0, column 'mean radius': null or NaN"),
    "below the minimum": (with_value(0, -0.5), "'mean radius': -0.5 is below the minimum 0 mm"),
    "above the maximum": (with_value(29, 6001), "6001.0 is above the maximum 6000 mm"),
    "second row is wrong": (
        changed(shape=[2, 30], data=[ROW, [7000.0, *ROW[1:]]]),
        "row 1, column 'mean radius'",
    ),
    "parameters is a list": (GOOD | {"parameters": []}, "'parameters' must be an object"),
    "input parameters is text": (changed(parameters="x"), "'parameters' must be an object"),
    "id is a number": (GOOD | {"id": 7}, "'id' must be a string"),
    "outputs is text": (GOOD | {"outputs": "label"}, "'outputs' must be a list"),
    "outputs is empty": (GOOD | {"outputs": []}, "at least one tensor"),
    "outputs of text": (GOOD | {"outputs": ["label"]}, "must be a JSON object"),
    "unknown output": (GOOD | {"outputs": [{"name": "score"}]}, "unknown output 'score'"),
    "output without name": (GOOD | {"outputs": [{}]}, "unknown output None"),
    "output twice": (GOOD | {"outputs": [{"name": "label"}] * 2}, "asked for twice"),
    "binary_data is text": (
        GOOD | {"outputs": [{"name": "label", "parameters": {"binary_data": "yes"}}]},
        "'binary_data' must be true or false",
    ),
    "binary without header": (
        changed(data=None, parameters={"binary_data_size": 240}),
        "needs the header",
    ),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES.keys())
def test_malformed_request(client: httpx.Client, body: object, expected: str) -> None:
    reply = client.post(INFER, json=body)
    assert reply.status_code == 400, reply.text
    assert expected in reply.json()["error"]


RAW = {
    "empty": (b"", {}, "the body is empty"),
    "not JSON": (b"features=1", {}, "not JSON"),
    "half a JSON": (json.dumps(GOOD).encode()[:-5], {}, "not JSON"),
    "NaN literal": (b'{"inputs": [NaN]}', {}, "not JSON"),
    "number beyond FP64": (json.dumps(GOOD).replace("1.0", "1e999").encode(), {}, "not JSON"),
    "not UTF-8": (b'{"inputs": "\xff"}', {}, "not JSON"),
    "a lone surrogate": (b'{"inputs": "\\ud800"}', {}, "not JSON"),
    "nested 100,000 deep": (b"[" * 49_000 + b"]" * 49_000, {}, "not JSON"),
    "form": (b"{}", {"content-type": "application/x-www-form-urlencoded"}, "must be application/"),
    "text": (b"{}", {"content-type": "text/plain"}, "content-type must be application/json"),
    "octets without length": (b"{}", {"content-type": "application/octet-stream"}, "content-type"),
    "gzip": (b"{}", {"content-encoding": "gzip"}, "content-encoding 'gzip'"),
}


@pytest.mark.parametrize(("body", "headers", "expected"), RAW.values(), ids=RAW.keys())
def test_malformed_body(
    client: httpx.Client, body: bytes, headers: dict[str, str], expected: str
) -> None:
    reply = client.post(INFER, content=body, headers={"content-type": "application/json"} | headers)
    assert reply.status_code == 400, reply.text
    assert expected in reply.json()["error"]


NAN = float("nan")
BINARY = {
    "length is text": (240, struct.pack("<30d", *ROW), "x", "must be from 1"),
    "length is negative": (240, struct.pack("<30d", *ROW), "-1", "must be from 1"),
    "length is zero": (240, struct.pack("<30d", *ROW), "0", "must be from 1"),
    "length beyond the body": (240, struct.pack("<30d", *ROW), "99999", "must be from 1"),
    "data is short": (240, struct.pack("<29d", *ROW[:29]), None, "from 0 to 232"),
    "size is short": (232, struct.pack("<29d", *ROW[:29]), None, "240 bytes"),
    "data is left over": (240, struct.pack("<31d", *ROW, 1.0), None, "account for 240"),
    "size is negative": (-1, b"", None, "from 0 to 0"),
    "size is text": ("240", struct.pack("<30d", *ROW), None, "from 0 to 240"),
    "NaN": (240, struct.pack("<30d", NAN, *ROW[1:]), None, "'mean radius': null or NaN"),
    "infinity": (240, struct.pack("<30d", float("inf"), *ROW[1:]), None, "infinite"),
}


@pytest.mark.parametrize(("size", "raw", "length", "expected"), BINARY.values(), ids=BINARY.keys())
def test_malformed_binary_data(
    client: httpx.Client, size: object, raw: bytes, length: str | None, expected: str
) -> None:
    head = json.dumps(changed(data=None, parameters={"binary_data_size": size})).encode()
    headers = {"inference-header-content-length": length or str(len(head)),
               "content-type": "application/octet-stream"}  # fmt: skip
    reply = client.post(INFER, content=head + raw, headers=headers)
    assert reply.status_code == 400, reply.text
    assert expected in reply.json()["error"]


def test_body_over_the_limit(client: httpx.Client) -> None:
    reply = client.post(INFER, content=b" " * 100_001, headers={"content-type": "application/json"})
    assert reply.status_code == 413
    assert reply.json()["error"] == "the body is over 100000 bytes"


def test_body_over_the_limit_without_a_length(client: httpx.Client) -> None:
    reply = client.post(INFER, content=iter([b" " * 60_000] * 2))
    assert reply.status_code == 413


PATHS = {
    "model": ("/v2/models/other/infer", "unknown model 'other'; this server has 'cancer'"),
    "metadata": ("/v2/models/other", "unknown model 'other'"),
    "version": ("/v2/models/cancer/versions/9/infer", "unknown version '9'; this server has '3."),
    "path": ("/v1/models/cancer:predict", "no such path"),
    "root": ("/", "no such path"),
    "traversal": ("/v2/models/../../etc/passwd", "no such path"),
    "not ASCII": ("/v2/models/%ff%fe%00", "unknown model"),
}


@pytest.mark.parametrize(("path", "expected"), PATHS.values(), ids=PATHS.keys())
def test_unknown_path(client: httpx.Client, path: str, expected: str) -> None:
    reply = client.post(path, json=GOOD)
    assert reply.status_code == 404
    assert expected in reply.json()["error"]


def test_wrong_method(client: httpx.Client) -> None:
    reply = client.get(INFER)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert client.delete("/v2/health/ready").headers["allow"] == "GET"


def test_inputs_with_different_rows(
    python_client: httpx.Client, ask_python: Callable[..., dict[str, object]]
) -> None:
    body = ask_python("double", rows=2)
    body["inputs"][1] |= {"shape": [1, 2], "data": [1.0, 2.0]}
    reply = python_client.post("/v2/models/double/infer", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"].endswith("different numbers of rows: 'command' 2, 'value' 1")
    body["inputs"].pop()
    assert "input 'value' is missing" in python_client.post(
        "/v2/models/double/infer", json=body
    ).json()["error"]  # fmt: skip


def test_too_large_for_the_datatype(
    python_client: httpx.Client, ask_python: Callable[..., dict[str, object]]
) -> None:
    reply = python_client.post("/v2/models/double/infer", json=ask_python("double", 1e300))
    assert reply.status_code == 400
    assert "row 0, column 0: infinite, or too large" in reply.json()["error"]


def test_errors_keep_the_connection(python_server, ask_python, client, cancer_server) -> None:
    """One connection survives refusals, failures of the model and bodies that are not read."""
    connection = http.client.HTTPConnection(*python_server.address, timeout=10)
    connection.connect()
    socket = connection.sock
    for command, expected in (
        ("fail", 500), ("double", 200), ("refuse", 400), ("wrong-shape", 500),
        ("forgets", 500), ("fail", 500), ("double", 200),
    ):  # fmt: skip
        body = json.dumps(ask_python(command))
        connection.request("POST", "/v2/models/double/infer", body,
                           {"content-type": "application/json"})  # fmt: skip
        reply = connection.getresponse()
        answer = json.loads(reply.read())
        assert reply.status == expected, answer
        assert "secret" not in json.dumps(answer)
        assert connection.sock is socket, f"closed after {command}"
    connection.request("POST", "/v2/models/other/infer", b"x" * 3_000_000)
    assert connection.getresponse().read() != b""
    assert connection.sock is socket
    record = python_server.logged("the model failed")[0]
    assert "RuntimeError: secret detail" in str(record["exception"])
    assert record["level"] == "error"


def test_model_may_refuse(python_client: httpx.Client, ask_python) -> None:
    reply = python_client.post("/v2/models/double/infer", json=ask_python("refuse"))
    assert (reply.status_code, reply.json()) == (400, {"error": "the model does not like this"})
