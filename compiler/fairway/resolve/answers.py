"""What an HTTP server's answers mean for people: one sentence, without secrets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError

if TYPE_CHECKING:
    from fairway.resolve.http import HttpOptions

LATER = "try again later; what is locked and cached already has not been changed"
PATIENCE = 60.0
_ENVIRONMENT = frozenset({408, 425, 429})
_ACCESS = "give this machine access: a netrc entry for the host, or the registry's own credentials"


class BrokenTransferError(FairwayError):
    """The body of an answer ended before it was whole; the rest can be asked for."""


def shown_url(url: str) -> str:
    """Return a URL without what may be secret in it: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://…"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")


def status_fault(
    status: int, url: str, what: str = "", fix: str = ""
) -> FairwayError | SourceRefusedError:
    """Return the error for a status that is no success, to be raised.

    4xx is what the spec's author can mend, the rest a fault of the server. ``what`` stands for
    the URL in the message, and ``fix`` for the general advice.
    """
    where = what or shown_url(url)
    try:
        reason = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        reason = str(status)
    if status in (401, 403):
        return SourceRefusedError(f"{where}: access denied ({reason})", fix or _ACCESS)
    if status in (404, 410):
        return SourceRefusedError(
            f"{where} does not exist ({reason})", fix or "correct the address"
        )
    if 400 <= status < 500 and status not in _ENVIRONMENT:
        message = f"{where}: the server refuses it ({reason})"
        return SourceRefusedError(message, fix or "check the address")
    return FairwayError(f"{where}: the server answers {reason}", LATER)


def refused_redirect(where: str, to: str) -> SourceRefusedError:
    """Return the error for a redirect that is not followed."""
    message = f"{where}: the redirect to {shown_url(to)} leaves https, or holds credentials"
    return SourceRefusedError(message, "give the address that the bytes are at")


def retry_after(value: str | None) -> float | None:
    """Return how many seconds a ``Retry-After`` header asks to wait (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def why_failed(error: Exception, options: HttpOptions) -> str:
    """Return why httpx could not send a request or read its answer, as people say it."""
    name = type(error).__name__
    if name in ("ConnectTimeout", "PoolTimeout"):
        return f"no connection within {options.connect_timeout:g} s"
    if name in ("ReadTimeout", "WriteTimeout"):
        return f"no answer for {options.read_timeout:g} s"
    if name in ("LocalProtocolError", "UnsupportedProtocol"):
        return "the request is none that HTTP allows"  # httpx quotes the header, a secret perhaps
    text = re.sub(r"^\[Errno -?\d+\] ", "", str(error)).rstrip(".") or name
    return text[:1].lower() + text[1:]
