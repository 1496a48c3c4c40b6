"""``python -m fairway.evidence.isolation.probe``: ask a model server over HTTP, as callers do.

It starts the real server in its own network, so that the model behind it has no other, measures
it, and writes what it saw to ``probe.json``.
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Final

from fairway.evidence.isolation.answers import REFUSALS, differs, fault_of
from fairway.evidence.isolation.requests import Row, body_of, cases, example_rows
from fairway.serve.contract import Contract

TASK: Final = "probe-task.json"
RESULT: Final = "probe.json"
_READ: Final = 64 << 20  # bytes of an answer, above what 10,000 rows need
_START: Final = 120.0  # seconds until the server must say that it serves
_FAULTS: Final = 5  # examples of what went wrong, for each kind


def main() -> None:
    """Run the probe; the argument is the folder of its task.

    The task holds the server's ``flags``, ``rows`` of the data set, and how much to ask:
    ``warmup`` and ``requests`` one after the other, then ``connections`` for ``seconds``.
    """
    folder = Path(sys.argv[1])
    task = json.loads((folder / TASK).read_bytes())
    try:
        result = _probe(task)
    except _ServerError as error:
        result = {"error": str(error)}
    beside = folder / f".{RESULT}"
    beside.write_text(json.dumps(result), "utf-8")
    beside.replace(folder / RESULT)


class _ServerError(Exception):
    """The server did not start, or ended before it was told to."""


class _Server:
    """The model server as a child process; ``lines`` are the last of its log."""

    def __init__(self, flags: Sequence[str]) -> None:
        options = ["--port", "0", "--no-access-log", "--drain", "0"]
        command = [sys.executable, "-I", "-B", "-m", "fairway.serve", *flags, *options]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ)
        )
        self._serving = threading.Event()
        self.lines: list[str] = []
        self.address = ("", 0)
        threading.Thread(target=self._read, daemon=True).start()
        if not self._serving.wait(_START) or not self.address[1]:
            self._process.kill()
            said = [line for line in self.lines if line] or ["it said nothing"]
            raise _ServerError(f"the model server did not start: {said[-1][:500]}")

    def _read(self) -> None:
        """Read the log, whose lines may be anything that the model's code prints."""
        stream = self._process.stderr
        assert stream is not None  # noqa: S101 - it is a pipe
        for line in iter(lambda: stream.readline(65_536), b""):
            try:
                record = json.loads(line)
                message = str(record["message"])
                if message == "serving":
                    self.address = (str(record["host"]), int(record["port"]))
                    self._serving.set()
            except (ValueError, TypeError, KeyError, RecursionError):
                message = line.decode("utf-8", "replace").strip()
            self.lines = [*self.lines[-20:], message]
        self._serving.set()

    def stop(self) -> None:
        """End the server and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Caller:
    """One connection to the server, opened again when the server closes it."""

    def __init__(self, server: _Server, path: str) -> None:
        self._server = server
        self._path = path
        self._connection = http.client.HTTPConnection(*server.address, timeout=60)

    def ask(self, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of an answer; status 0 when there was none."""
        return self._request("POST", self._path, body)

    def ready(self) -> bool:
        """Whether the server says that it is ready."""
        return self._request("GET", "/v2/health/ready", None)[0] == 200

    def close(self) -> None:
        """Close the connection, which a server that stops would wait for."""
        self._connection.close()

    def _request(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        try:
            headers = {"content-type": "application/json"}
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read(_READ)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b""


def _probe(task: dict[str, Any]) -> dict[str, Any]:
    contract = Contract.model_validate_json(Path(task["contract"]).read_bytes())
    rows: list[Row] = task["rows"]
    server = _Server(task["flags"])
    path = f"/v2/models/{task['name']}/infer"
    caller = _Caller(server, path)
    callers: list[_Caller] = []
    try:
        bodies = [json.dumps(body_of(contract, row)).encode() for row in rows]
        result: dict[str, Any] = {"error": None, "examples": list(_examples(contract, caller))}
        result["rows"] = _rows(contract, caller, bodies)
        result["latency"] = _latencies(caller, bodies, task["warmup"], task["requests"])
        callers = [_Caller(server, path) for _ in range(task["connections"])]
        result["throughput"] = _throughput(callers, bodies, task["seconds"])
        result["robustness"] = _robustness(contract, caller, rows[0])
        again = fault_of(contract, *caller.ask(bodies[0]), 1) or ""
        result["after"] = again if caller.ready() else "the server is not ready"
    finally:
        for each in (caller, *callers):
            each.close()
        server.stop()
    result["memory"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return result


def _examples(contract: Contract, caller: _Caller) -> Iterator[dict[str, Any]]:
    for example in contract.examples:
        body, rows = example_rows(contract, example.inputs)
        status, answer = caller.ask(body)
        why = fault_of(contract, status, answer, rows)
        if why is None and status in REFUSALS:
            why = f"it was refused: {answer[:200].decode('utf-8', 'replace')}"
        if why is None:
            why = differs(contract, answer, example.outputs, example.tolerance)
        yield {"name": example.name, "why": why or ""}


def _rows(contract: Contract, caller: _Caller, bodies: Sequence[bytes]) -> dict[str, Any]:
    """Ask for each row once: the data set's rows are right, so none may be refused."""
    faults = []
    for number, body in enumerate(bodies):
        status, answer = caller.ask(body)
        why = fault_of(contract, status, answer, 1)
        if why is not None or status in REFUSALS:
            faults.append(f"row {number}: {why or 'it was refused'}")
    return {"asked": len(bodies), "failed": len(faults), "faults": faults[:_FAULTS]}


def _latencies(
    caller: _Caller, bodies: Sequence[bytes], warmup: int, requests: int
) -> dict[str, Any]:
    times: list[float] = []
    for number in range(-warmup, requests):
        started = perf_counter()
        caller.ask(bodies[number % len(bodies)])
        if number >= 0:
            times.append(round((perf_counter() - started) * 1000, 4))
    return {"ms": times}


def _throughput(callers: Sequence[_Caller], bodies: Sequence[bytes], seconds: float) -> Any:
    counts = [0] * len(callers)
    end = monotonic() + seconds

    def work(index: int) -> None:
        while monotonic() < end:
            if callers[index].ask(bodies[counts[index] % len(bodies)])[0] == 200:
                counts[index] += 1

    started = monotonic()
    _together([lambda i=i: work(i) for i in range(len(callers))])  # type: ignore[misc]
    return {"answers": sum(counts), "seconds": round(monotonic() - started, 4)}


def _together(work: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _robustness(contract: Contract, caller: _Caller, row: Row) -> list[dict[str, Any]]:
    kinds: dict[str, dict[str, Any]] = {}
    for case in cases(contract, row):
        seen = kinds.setdefault(
            case.kind, {"kind": case.kind, "refused": 0, "predicted": 0, "failed": 0, "faults": []}
        )
        status, answer = caller.ask(case.body)
        why = fault_of(contract, status, answer, case.rows)
        if why is not None:
            seen["failed"] += 1
            seen["faults"] = [*seen["faults"], f"{case.what}: {why}"][:_FAULTS]
        else:
            seen["refused" if status in REFUSALS else "predicted"] += 1
    return list(kinds.values())


if __name__ == "__main__":
    main()
