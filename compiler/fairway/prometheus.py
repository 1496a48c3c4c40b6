"""Asking a Prometheus several queries at one time.

Source: Prometheus HTTP API, ``GET /api/v1/query``; Thanos, Mimir and VictoriaMetrics answer it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fairway.errors import FairwayError, UsageError

if TYPE_CHECKING:
    from fairway.resolve.http import Http

_SECONDS = 30.0
_NO_HEADERS: Mapping[str, str] = {}


def ask(
    url: str, queries: Iterable[str], time: str | None, headers: Mapping[str, str] = _NO_HEADERS
) -> dict[str, object]:
    """Return the answer to each query, as JSON, at ``time`` (as the API takes it) or now.

    An answer may be that of a refused query. Raises ``FairwayError`` when nothing answers, denies
    access, or is no Prometheus, and ``UsageError`` without httpx.
    """
    from importlib.util import find_spec

    if find_spec("httpx") is None:
        raise UsageError("asking Prometheus needs httpx", "pip install 'fairway[lock]'")
    from fairway.resolve.answers import shown_url
    from fairway.resolve.http import Http, HttpOptions

    address, shown = f"{url.rstrip('/')}/api/v1/query", shown_url(url)
    moment = {"time": time} if time else {}
    with Http(HttpOptions(read_timeout=_SECONDS, retries=1)) as http:
        return {
            query: _answer(http, address, {"query": query, **moment}, headers, shown)
            for query in queries
        }


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
        fix = "let --header name a header such as Authorization, or add a netrc entry for the host"
        raise FairwayError(f"{shown}: access denied ({answer.status})", fix)
    try:
        return answer.json()
    except FairwayError:
        said = answer.body[:120].decode("utf-8", "replace").strip().partition("\n")[0]
        message = f"{shown} answers {answer.status} and no JSON: {said}"
        raise FairwayError(message, "check that the address is that of a Prometheus") from None
