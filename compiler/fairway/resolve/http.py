"""One HTTP client for every registry: patient, bounded, and careful whom it tells what.

Redirects lead to https, or stay on the same host and scheme; credentials come from the caller's
header or from netrc (``$NETRC``, ``~/.netrc``) and never go to another host. Bytes are asked for
as they are kept (``Accept-Encoding: identity``), because their digest is what counts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import (
    LATER,
    PATIENCE,
    BrokenTransferError,
    refused_redirect,
    retry_after,
    shown_url,
    status_fault,
    why_failed,
)

if TYPE_CHECKING:
    import httpx

_TRANSIENT = frozenset({429, 502, 503, 504})
_MAX_ANSWER = 16 << 20


class HttpOptions(NamedTuple):
    """How patient the client is: times in seconds, retries and redirects as counts."""

    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    retries: int = 3
    backoff: float = 0.5
    redirects: int = 5


class Answer(NamedTuple):
    """A whole answer: ``headers`` by lower-case name, ``url`` where redirects ended."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """Return the body as JSON; ``FairwayError`` when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            message = f"{shown_url(self.url)}: the answer is not JSON"
            raise FairwayError(message, "check that the address is that of the registry") from None


class Tries:
    """Counts what failed in a row, and waits twice as long each time before the next try."""

    def __init__(self, options: HttpOptions) -> None:
        self._options = options
        self.progressed()

    def progressed(self) -> None:
        """Begin to count anew: much has come since the last failure."""
        self._left = self._options.retries
        self._wait = self._options.backoff

    def again(self, fault: Exception, wait: float | None = None) -> None:
        """Wait before the next try (``wait`` seconds if given), or raise ``fault``."""
        if self._left <= 0:
            raise fault
        self._left -= 1
        time.sleep(self._wait if wait is None else wait)
        self._wait *= 2


class Http:
    """Sends requests; safe to use from several threads, and closed by ``with``."""

    def __init__(self, options: HttpOptions | None = None) -> None:
        try:
            import httpx
        except ImportError:
            message = "models from registries need httpx"
            raise UsageError(message, "pip install 'fairway[lock]'") from None
        self.options = options or HttpOptions()
        seconds = self.options.read_timeout
        self._httpx = httpx
        self._client = httpx.Client(
            timeout=httpx.Timeout(seconds, connect=self.options.connect_timeout),
            headers={"Accept-Encoding": "identity", "User-Agent": "fairway"},
        )
        self._netrc = _netrc()

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def tries(self) -> Tries:
        """Return a new count of tries, to share between the requests for one file."""
        return Tries(self.options)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        limit: int = _MAX_ANSWER,
    ) -> Answer:
        """Return the whole answer, of any status that trying again does not mend.

        Raises ``FairwayError`` when the server cannot be reached, answers 502, 503, 504 or 429
        each time, breaks off, or sends more than ``limit`` bytes; ``SourceRefusedError`` for a
        URL or a redirect that is not followed.
        """
        tries = self.tries()
        while True:
            with self.open(method, url, headers, tries, params=params, content=content) as response:
                try:
                    body = self._whole(response, limit)
                except BrokenTransferError as broken:
                    tries.again(broken)
                    continue
                shown = dict(response.headers.items())
                return Answer(response.status_code, shown, body, str(response.url))

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return a successful answer to GET; every other is raised as ``status_fault`` says."""
        answer = self.request("GET", url, headers, params=params)
        if answer.status != 200:
            raise status_fault(answer.status, url)
        return answer

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        tries: Tries | None = None,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Iterator[httpx.Response]:
        """Send a request and yield the answer before its body is read; raises as ``request``."""
        tries = tries or self.tries()
        while True:
            request = self._build(method, url, headers, params, content)
            fault: Exception
            wait = None
            try:
                response = self._follow(request)
            except self._httpx.TransportError as error:
                fault = FairwayError(f"{shown_url(url)}: {why_failed(error, self.options)}", LATER)
                if isinstance(error, self._httpx.ReadTimeout) or "CERTIFICATE" in str(error):
                    raise fault from error
            else:
                if response.status_code not in _TRANSIENT:
                    break
                fault = status_fault(response.status_code, url)
                wait = retry_after(response.headers.get("retry-after"))
                response.close()
                if wait is not None and wait > PATIENCE:
                    raise FairwayError(f"{fault}; it asks to wait {wait:.0f} s", LATER)
            tries.again(fault, wait)
        try:
            yield response
        finally:
            response.close()

    def chunks(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield a body as it comes; ``BrokenTransferError`` when it ends before it is whole."""
        where = shown_url(str(response.request.url))
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding != "identity":
            message = f"{where}: the server sends {encoding}, although asked not to"
            raise FairwayError(message, "turn off compression for this address on the server")
        try:
            yield from response.iter_raw()
        except self._httpx.TransportError as error:
            why = why_failed(error, self.options)
            raise BrokenTransferError(f"{where}: the transfer broke off: {why}", LATER) from error

    def _build(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
        content: bytes | None,
    ) -> httpx.Request:
        try:
            request = self._client.build_request(
                method, url, headers=headers, params=params, content=content
            )
            _ = urlsplit(url).port  # which httpx takes whatever it is
        except (self._httpx.InvalidURL, ValueError):
            raise SourceRefusedError("the address is not a URL", "correct the address") from None
        refuse_userinfo(url if "@" in url else str(request.url))
        if request.url.scheme not in ("http", "https") or not request.url.host:
            message = f"{shown_url(url)} is not an http or https address"
            raise SourceRefusedError(message, "correct the address")
        return request

    def _follow(self, request: httpx.Request) -> httpx.Response:
        where = shown_url(str(request.url))
        for _ in range(self.options.redirects + 1):
            auth = None if "authorization" in request.headers else self._netrc
            response = self._client.send(request, stream=True, auth=auth)
            following = response.next_request
            if following is None:
                return response
            response.close()
            old, new = request.url, following.url
            same = old.host == new.host and old.scheme == new.scheme
            if (new.scheme != "https" and not same) or new.userinfo:
                raise refused_redirect(where, str(new))
            request = following
        message = f"{where}: more than {self.options.redirects} redirects"
        raise SourceRefusedError(message, "give the address that the bytes are at")

    def _whole(self, response: httpx.Response, limit: int) -> bytes:
        body = bytearray()
        for chunk in self.chunks(response):
            body += chunk
            if len(body) > limit:
                message = f"{shown_url(str(response.url))}: the answer is longer than {limit} bytes"
                raise FairwayError(message, "check that the address is that of the registry")
        return bytes(body)


def refuse_userinfo(url: str) -> None:
    """Refuse a URL with a user or password in it, which would end up in the lock and in git."""
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0]
    if "@" in authority:
        message = f"{shown_url(url)} holds a user name or password"
        raise SourceRefusedError(message, "remove them from the address; put them into ~/.netrc")


def _netrc() -> httpx.NetRCAuth | None:
    from netrc import NetrcParseError

    import httpx

    given = os.environ.get("NETRC")
    path = Path(given) if given else Path(os.path.expanduser("~/.netrc"))
    try:
        return httpx.NetRCAuth(str(path)) if path.is_file() else None
    except (NetrcParseError, OSError, UnicodeDecodeError):
        raise UsageError(f"{path} cannot be read as netrc", "correct the file") from None
