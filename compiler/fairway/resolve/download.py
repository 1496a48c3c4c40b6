"""Downloading a file over HTTP, so that what broke off is gone on with and never mixed.

Source: RFC 9110: 13.1.5 (If-Range takes strong validators only), 8.8.2.2 (when a date is one),
14.4 (Content-Range).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import LATER, BrokenTransferError, shown_url, status_fault
from fairway.resolve.http import Http, Tries
from fairway.resolve.part import OtherBytesError, Part, refuse_other_bytes
from fairway.resolve.source import Progress
from fairway.resolve.store import Allowance, Blob, Store

if TYPE_CHECKING:
    import httpx

_MUCH = 8 << 20
_STRONG_AFTER = timedelta(seconds=60)


class Download(NamedTuple):
    """A file to download; ``size`` (bytes) and ``digest`` (``sha256:…``) where they are known.

    ``what`` names it in errors and progress. ``headers`` go to the URL's own host only.
    ``revision`` is what ``revision_of`` its answer must be, where that matters.
    """

    url: str
    what: str
    headers: Mapping[str, str] = {}
    digest: str | None = None
    size: int | None = None
    revision: str = ""


class Downloader:
    """Downloads files into the store; its parts may be used by several threads."""

    def __init__(self, http: Http, store: Store, progress: Progress | None = None) -> None:
        self._http = http
        self._store = store
        self._progress = progress

    def get(self, file: Download, allowance: Allowance) -> Blob:
        """Return the file as a blob, from the cache when its digest is known and there.

        A transfer that breaks off goes on where it ended while the server's validator stays the
        same, and begins anew otherwise. Raises as ``Http.request`` does, ``OtherBytesError`` for
        bytes other than ``file`` names, and ``SourceRefusedError`` beyond ``allowance``.
        """
        known = self._store.blob(file.digest) if file.digest is not None else None
        if known is not None and file.digest is not None:
            size = known.stat().st_size
            allowance.spend(size)
            return Blob(known, size, file.digest)
        tries = self._http.tries()
        while True:
            try:
                return self._attempt(file, allowance, tries)
            except BrokenTransferError as broken:
                tries.again(broken)

    def _attempt(self, file: Download, allowance: Allowance, tries: Tries) -> Blob:
        validator = self._store.kept_validator(file.url)
        with ExitStack() as stack:
            part = stack.enter_context(self._store.part(file.url, validator))
            headers = dict(file.headers)
            if part.size:
                headers |= {"Range": f"bytes={part.size}-", "If-Range": validator}
            response = stack.enter_context(self._http.open("GET", file.url, headers, tries))
            if part.size and _unusable(response, part, validator):
                part.drop()
                message = f"{file.what}: the server cannot go on with what broke off"
                raise BrokenTransferError(message, LATER)
            if response.status_code not in ((200, 206) if part.size else (200,)):
                raise status_fault(response.status_code, file.url)
            if file.revision and revision_of(response.headers) != file.revision:
                message = f"{file.what} changed while it was being fetched"
                raise FairwayError(message, "run the command again")
            if response.status_code == 200:
                part = self._anew(file, part, validator, response, stack)
            self._fill(file, part, response, allowance, tries)
            return self._finish(file, part, resumed=response.status_code == 206)

    def _finish(self, file: Download, part: Part, *, resumed: bool) -> Blob:
        try:
            return self._store.finish(part, file.what, digest=file.digest, size=file.size)
        except OtherBytesError:
            if not resumed:
                raise
            # A server may say that its bytes are the same when they are not; from the beginning
            # they are those of one state.
            message = f"{file.what}: what came before does not belong to what came now"
            raise BrokenTransferError(message, LATER) from None

    def _anew(
        self,
        file: Download,
        part: Part,
        validator: str,
        response: httpx.Response,
        stack: ExitStack,
    ) -> Part:
        """Return an empty part for the whole body that the server sends."""
        now = _validator(response)
        if now != validator:
            part.drop()
            part = stack.enter_context(self._store.part(file.url, now))
        part.restart()
        return part

    def _fill(
        self,
        file: Download,
        part: Part,
        response: httpx.Response,
        allowance: Allowance,
        tries: Tries,
    ) -> None:
        begin = part.size
        length = response.headers.get("content-length", "")
        total = begin + int(length) if re.fullmatch("[0-9]{1,18}", length) else None
        if total is not None and file.size is not None and total != file.size:
            part.drop()
            refuse_other_bytes(file.what, "", total, None, file.size)
        counted = begin if total is None else total
        try:
            allowance.spend(counted)
            for chunk in self._http.chunks(response):
                more = len(chunk) if total is None else 0
                counted += more
                allowance.spend(more)
                part.write(chunk)
                if file.size is not None and part.size > file.size:
                    part.drop()
                    refuse_other_bytes(file.what, "", part.size, None, file.size)
                if self._progress is not None:
                    self._progress(file.what, part.size, total or file.size)
            if file.size is not None and part.size < file.size:
                where = shown_url(file.url)
                message = f"{where}: only {part.size:,} of {file.size:,} bytes came"
                raise BrokenTransferError(message, LATER)
        except FairwayError:
            allowance.spend(-counted)
            if part.size - begin >= _MUCH:
                tries.progressed()
            raise
        except SourceRefusedError:
            part.drop()
            raise


def _unusable(response: httpx.Response, part: Part, validator: str) -> bool:
    """Return whether the answer to a range goes on with other bytes, or from another place."""
    if response.status_code == 416:
        return True
    if response.status_code != 206:
        return False
    begins = response.headers.get("content-range", "").startswith(f"bytes {part.size}-")
    same = validator in (response.headers.get("etag"), response.headers.get("last-modified"))
    return not (begins and same)


def _validator(response: httpx.Response) -> str:
    """Return the strong validator of an answer, or an empty string when it has none."""
    etag = str(response.headers.get("etag", ""))
    if etag:
        return etag if etag.startswith('"') and etag.isascii() else ""
    modified = str(response.headers.get("last-modified", ""))
    try:
        age = _time(str(response.headers.get("date", ""))) - _time(modified)
    except (ValueError, TypeError):
        return ""
    return modified if age >= _STRONG_AFTER else ""


def revision_of(headers: Mapping[str, str]) -> str:
    """Return what a server calls its bytes: the ETag, else the date, else an empty string."""
    return headers.get("etag") or headers.get("last-modified") or ""


def _time(value: str) -> datetime:
    return parsedate_to_datetime(value)
