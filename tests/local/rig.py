"""Two real model servers, a real Envoy in front of them, and clients that count the answers."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from local.reader import ROOT

from fairway.local.child import Children
from fairway.local.ports import HOST, free_ports
from fairway.local.proxy import LocalProxy
from fairway.local.stats import Counters
from fairway.local.waiting import Waiter
from fairway.plan.model import Plan

PATH = "/v2/models/digit-reader/infer"
_INPUT = json.loads((ROOT / "specs/digit-reader/contract.json").read_bytes())["examples"][0]
BODY = json.dumps(
    {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 64],
                 "data": _INPUT["inputs"]["pixels"][0]}]}
).encode()  # fmt: skip

NOBODY: Mapping[str, str] = {}


class Answer(NamedTuple):
    """A status, and the version that the body says it is of; status 0 is no answer at all."""

    status: int
    version: str


class Client:
    """One connection to a port, kept alive and opened again when it was closed."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=30)

    def ask(self, headers: Mapping[str, str] = NOBODY) -> Answer:
        try:
            self._connection.request(
                "POST", PATH, BODY, {"content-type": "application/json", **headers}
            )
            response = self._connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, HTTPException):
            self._connection.close()
            return Answer(0, "")
        return Answer(status, json.loads(body)["model_version"] if status == 200 else "")

    def close(self) -> None:
        self._connection.close()


class Rig:
    """A proxy in front of servers that it did not start."""

    def __init__(self, proxy: LocalProxy, port: int) -> None:
        self.proxy = proxy
        self.port = port

    def ask(self, count: int, headers: Callable[[int], Mapping[str, str]] = lambda _: NOBODY,
            threads: int = 4) -> list[Answer]:  # fmt: skip
        """Send ``count`` requests over some connections; return the answers in their order."""
        answers: list[Answer] = [Answer(0, "")] * count

        def work(first: int) -> None:
            client = Client(self.port)
            for number in range(first, count, threads):
                answers[number] = client.ask(headers(number))
            client.close()

        started = [threading.Thread(target=work, args=(first,)) for first in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        return answers

    def split(self, count: int, headers: Callable[[int], Mapping[str, str]] = lambda _: NOBODY
              ) -> Counter[str]:  # fmt: skip
        """Return how many of ``count`` requests each version answered; all must be answered."""
        answers = self.ask(count, headers)
        assert {answer.status for answer in answers} == {200}
        return Counter(answer.version for answer in answers)

    def counters(self) -> Mapping[str, Counters]:
        return self.proxy.admin.counters()


@contextmanager
def behind(plan: Plan, servers: Mapping[str, int], folder: Path) -> Iterator[Rig]:
    """Yield a proxy with the routes of ``plan`` in front of ``servers``, ports by version."""
    children = Children()
    (port,) = free_ports(1)
    proxy = LocalProxy(children, Waiter(threading.Event()), folder / "envoy", port)
    endpoints = tuple(
        each._replace(host=HOST, port=servers[each.version]) for each in plan.proxy.endpoints
    )
    try:
        proxy.start(plan, endpoints, folder / "envoy.log")
        yield Rig(proxy, port)
    finally:
        children.end(children.all)
