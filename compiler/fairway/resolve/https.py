"""``https://``: one file at an address; plain ``http://`` only on this machine itself."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import shown_url, status_fault
from fairway.resolve.download import Download, Downloader, revision_of
from fairway.resolve.http import Http, refuse_userinfo
from fairway.resolve.paths import check_paths
from fairway.resolve.source import Progress, Wanted
from fairway.resolve.store import Allowance, Blob, Store
from fairway.resolve.version import RemoteFile, cached_version, fetch_version
from fairway.spec.lock import LockedFile, Resolved

# Queries of addresses that somebody signed for a while: they are credentials, and expire.
_SECRET = frozenset(
    {"x-amz-signature", "x-goog-signature", "sig", "signature", "token", "access_token", "api_key"}
)


class HttpsSource:
    """Models that are one file at an https address; an archive is that file, not unpacked."""

    def __init__(self, http: Http, store: Store, progress: Progress | None = None) -> None:
        self._http = http
        self._store = store
        self._downloader = Downloader(http, store, progress)

    def resolve(self, uri: str) -> Resolved:
        """Return the address with its ETag, or else its date, as revision; no byte is fetched."""
        _file_name(uri)
        with self._http.open("GET", uri) as response:
            if response.status_code != 200:
                raise status_fault(response.status_code, uri)
            return Resolved(uri=uri, revision=revision_of(response.headers) or None)

    def fetch(self, wanted: Wanted) -> Path:
        """Return the file; ``FairwayError`` when it changed since it was resolved just now."""
        uri = wanted.resolved.uri
        name = wanted.files[0].path if len(wanted.files) == 1 else _file_name(uri)
        revision = "" if wanted.files else wanted.resolved.revision or ""

        def get(file: RemoteFile, known: LockedFile | None, allowance: Allowance) -> Blob:
            digest, size = (known.digest, known.size) if known is not None else (None, None)
            download = Download(uri, shown_url(uri), {}, digest, size, revision)
            return self._downloader.get(download, allowance)

        cached = cached_version(self._store, wanted)
        return cached or fetch_version(self._store, wanted, [RemoteFile(name, uri)], get)


def _file_name(uri: str) -> str:
    """Return the name of the file at an address; refuse an address that is not read."""
    parts = _parts(uri)
    refuse_userinfo(uri)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        message = f"{shown_url(uri)} is not encrypted, so anybody on the way may change the model"
        raise SourceRefusedError(message, "write https://")
    secret = {key.lower() for key, _ in parse_qsl(parts.query)} & _SECRET
    if secret:
        message = f"{shown_url(uri)}: its query holds a credential (`{min(secret)}`)"
        raise SourceRefusedError(message, "name the file without it; put credentials into ~/.netrc")
    name = unquote(parts.path.rpartition("/")[2])
    if not name or "/" in name:
        message = f"{shown_url(uri)} names no file"
        raise SourceRefusedError(message, "write the address of the model's file")
    check_paths([name])
    return name


def _parts(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        if parts.hostname and (parts.port is None or parts.port):
            return parts
    except ValueError:
        pass
    raise SourceRefusedError(f"{shown_url(uri)} is not a URL", "correct the address")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
