"""Asking a Prometheus for what a canary's gates need to know, all at one time.

Source: Prometheus HTTP API, ``GET /api/v1/query``; Thanos, Mimir and VictoriaMetrics answer it too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import nan
from typing import TYPE_CHECKING

from fairway.errors import FairwayError, UsageError
from fairway.plan.release import Canary
from fairway.stepping.answer import sample_of
from fairway.stepping.measured import Taken, queries_of, readings_of

if TYPE_CHECKING:
    from fairway.resolve.http import Http

_SECONDS = 30.0
_ACCESS = "give a header such as --header Authorization=VARIABLE, or a netrc entry for the host"


def parse_headers(given: Sequence[str]) -> dict[str, str]:
    """Return headers from ``NAME=VARIABLE``: secrets are taken from variables, never arguments."""
    headers: dict[str, str] = {}
    for text in given:
        name, equals, variable = text.partition("=")
        if not equals or not name.strip() or not variable.strip():
            message = f"--header {text[:60]}: expected NAME=VARIABLE"
            raise UsageError(message, "write it like Authorization=PROMETHEUS_AUTHORIZATION")
        value = os.environ.get(variable.strip())
        if not value:
            message = f"--header {name}: the environment has no variable {variable.strip()}"
            raise UsageError(message, "set it to the header's value, such as `Bearer …`")
        headers[name.strip()] = value
    return headers


def ask(url: str, canary: Canary, now: datetime, headers: Mapping[str, str]) -> Taken:
    """Return the gates' readings at ``now``, over the window before it.

    Raises ``FairwayError`` when Prometheus cannot be reached, or does not answer a query.
    """
    try:
        import httpx  # noqa: F401 - what the client below needs
    except ImportError:
        raise UsageError("asking Prometheus needs httpx", "pip install 'fairway[lock]'") from None
    from fairway.resolve.answers import shown_url
    from fairway.resolve.http import Http, HttpOptions

    address, shown = f"{url.rstrip('/')}/api/v1/query", shown_url(url)
    numbers: dict[str, float] = {}
    with Http(HttpOptions(read_timeout=_SECONDS, retries=1)) as http:
        for query in queries_of(canary):
            asked = {"query": query, "time": f"{now.timestamp():.3f}"}
            answer = _answer(http, address, asked, headers, shown)
            numbers[query] = sample_of(answer, f"{shown}: {query}").value
    readings = readings_of(canary, lambda query: numbers.get(query, nan))
    return Taken(readings, now - timedelta(seconds=canary.window), now, shown)


def _answer(
    http: Http, address: str, asked: Mapping[str, str], headers: Mapping[str, str], shown: str
) -> object:
    from fairway.lock.digest import SourceRefusedError

    try:
        answer = http.request("GET", address, headers, params=asked)
    except SourceRefusedError as error:
        raise UsageError(f"--prometheus: {error}", error.fix) from error
    except FairwayError as error:
        # What the client advises is for registries.
        raise FairwayError(error.message, "check --prometheus, and that it is up") from error
    if answer.status in (401, 403):
        raise FairwayError(f"{shown}: access denied ({answer.status})", _ACCESS)
    try:
        return answer.json()
    except FairwayError:
        said = answer.body[:120].decode("utf-8", "replace").strip().partition("\n")[0]
        message = f"{shown} answers {answer.status} and no JSON: {said}"
        raise FairwayError(message, "check that the address is that of a Prometheus") from None
