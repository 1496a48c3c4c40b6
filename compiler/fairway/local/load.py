"""Load for the local run: requests made from the contract's examples, at a rate that never waits.

Requests are sent when they are due, whether or not earlier ones have been answered, as clients
that know nothing of each other do. Everything goes to the proxy on loopback.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from random import Random
from time import monotonic
from typing import Final, NamedTuple

from fairway.errors import UsageError
from fairway.evidence.isolation.requests import example_rows
from fairway.local.ports import HOST
from fairway.plan.release import Match, Release
from fairway.serve.contract import Contract

_SECONDS: Final = 30.0
_CONNECTIONS: Final = 16
_USERS: Final = 1000


class Tally(NamedTuple):
    """How many requests were answered: with 200, otherwise, and not at all."""

    good: int = 0
    bad: int = 0
    lost: int = 0


class Load:
    """Sends requests from threads until it is stopped."""

    def __init__(
        self, port: int, name: str, contract: Contract, release: Release, rate: float
    ) -> None:
        """Take the proxy's port, the model's name and what its clients send, and the rate per s.

        Raises ``UsageError`` when the contract has no example.
        """
        if not contract.examples:
            message = f"{name} has no examples in its contract, and requests are made from them"
            raise UsageError(message, "add `examples` to contract.json")
        self._port = port
        self._path = f"/v2/models/{name}/infer"
        self._bodies = [example_rows(contract, each.inputs)[0] for each in contract.examples]
        self._headers = Users(release)
        self._rate = rate
        self._next = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._tallies = [Tally() for _ in range(_CONNECTIONS)]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin."""
        self._began = monotonic()
        for number in range(_CONNECTIONS):
            thread = threading.Thread(target=self._work, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def tally(self) -> Tally:
        """Return what became of the requests so far."""
        tallies = tuple(self._tallies)
        return Tally(*(sum(column) for column in zip(*tallies, strict=True)))

    def stop(self) -> None:
        """End; what is on its way is waited for, but not for long."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=2.0)

    def _work(self, own: int) -> None:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=_SECONDS)
        try:
            while not self._stopped.is_set():
                with self._lock:
                    number, self._next = self._next, self._next + 1
                if self._stopped.wait(max(0.0, self._began + number / self._rate - monotonic())):
                    return
                status = self._send(connection, number)
                good, bad, lost = self._tallies[own]
                self._tallies[own] = Tally(
                    good + (status == 200), bad + (status not in (0, 200)), lost + (status == 0)
                )
        finally:
            connection.close()

    def _send(self, connection: http.client.HTTPConnection, number: int) -> int:
        headers = {"content-type": "application/json", **self._headers.of(number)}
        body = self._bodies[number % len(self._bodies)]
        try:
            connection.request("POST", self._path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        return answer.status


class Users:
    """Whose requests are sent: the same ones in every run.

    Where users stay on one side there are a thousand of them; where a header or a cookie says who
    gets the candidate, as many send it as the experiment plans.
    """

    def __init__(self, release: Release) -> None:
        self._release = release

    def of(self, number: int) -> Mapping[str, str]:
        """Return the headers of a request, the first being 0."""
        chance = Random(number)  # noqa: S311 - which user, not a secret
        release, headers = self._release, dict[str, str]()
        user = f"user-{chance.randrange(_USERS)}"
        for sticky in release.sticky:
            headers |= _named(sticky.by, sticky.name, user)
        for experiment in release.experiment:
            if release.matches and chance.random() < experiment.share:
                headers |= _matching(chance.choice(release.matches))
        return headers


def _matching(match: Match) -> Mapping[str, str]:
    return _named(match.by, match.name, match.value)


def _named(by: str, name: str, value: str) -> Mapping[str, str]:
    return {name: value} if by == "header" else {"cookie": f"{name}={value}"}
