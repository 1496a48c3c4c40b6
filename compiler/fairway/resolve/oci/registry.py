"""A registry's content, by the OCI distribution API v1.1: manifests and blobs, all checked.

Registries on the loopback are spoken to by plain http, every other by https.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import BrokenTransferError, status_fault
from fairway.resolve.http import Answer, Http, Tries
from fairway.resolve.oci.auth import Authority, is_loopback
from fairway.resolve.oci.docker_config import DockerConfig
from fairway.resolve.oci.manifest import (
    MANIFEST_TYPES,
    MAX_MANIFEST,
    Descriptor,
    Manifest,
    read_manifest,
)
from fairway.resolve.oci.reference import DOCKER_HUB, Reference, named_exactly
from fairway.resolve.part import Part
from fairway.resolve.source import Progress
from fairway.resolve.store import Allowance, Blob, Store

_HUB_API = "registry-1.docker.io"
_ACCEPT = {"Accept": ", ".join(MANIFEST_TYPES)}
_MUCH = 8 << 20
_BROKEN = "check that the host is that of a registry, or ask who runs it"


class Registry:
    """Reads from registries; shared by threads, and closed by ``with``.

    Every method raises ``SourceRefusedError`` for what is not there, may not be read, or is not
    what its digest says, and ``FairwayError`` for a registry that fails.
    """

    def __init__(
        self,
        http: Http,
        config: DockerConfig | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._http = http
        self._authority = Authority(http, config)
        self._progress = progress

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its own connections; those of the client that it was given stay open."""
        self._authority.close()

    def manifest(self, reference: Reference) -> Manifest:
        """Return the manifest of a reference: by its digest where it has one, else by its tag."""
        answer = self._manifest("GET", reference)
        found = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        if reference.digest is not None and found != reference.digest:
            message = f"{reference}: the registry sends a manifest with the digest {found}"
            raise SourceRefusedError(message, "find out who changed it; do not use it")
        said = answer.headers.get("docker-content-digest", found)
        if said.startswith("sha256:") and said != found:
            message = f"{reference}: the registry says {said} of a manifest that is {found}"
            raise FairwayError(message, _BROKEN)
        return read_manifest(answer.body, answer.headers.get("content-type", ""), str(reference))

    def digest(self, reference: Reference) -> str:
        """Return the digest that a reference has now, without its manifest where possible.

        It is what the registry says; only ``manifest`` computes it.
        """
        said = self._manifest("HEAD", reference).headers.get("docker-content-digest", "")
        if re.fullmatch(r"sha256:[0-9a-f]{64}", said):
            return said
        return self.manifest(reference).digest

    def small_blob(self, reference: Reference, descriptor: Descriptor) -> bytes:
        """Return a blob of at most 4 MiB, such as an image's configuration."""
        if descriptor.size > MAX_MANIFEST:
            message = f"{reference}: its configuration is larger than {MAX_MANIFEST >> 20} MiB"
            raise SourceRefusedError(message, "push it without what is not configuration")
        url = _url(reference, f"blobs/{descriptor.digest}")
        answer = self._request("GET", reference, url, {})
        if answer.status != 200:
            raise _fault(answer.status, answer.body, f"{reference}: {descriptor.digest}")
        if f"sha256:{hashlib.sha256(answer.body).hexdigest()}" != descriptor.digest:
            message = f"{reference}: the registry sends other bytes than {descriptor.digest}"
            raise SourceRefusedError(message, "find out who changed it; do not use it")
        return answer.body

    def blob(
        self, reference: Reference, descriptor: Descriptor, store: Store, allowance: Allowance
    ) -> Blob:
        """Return a blob from the cache, or download it there; what broke off is gone on with.

        The caller counts its size against ``allowance``, whose ``stop`` ends the download.
        """
        kept = store.blob(descriptor.digest)
        if kept is not None:
            return Blob(kept, descriptor.size, descriptor.digest)
        try:
            return self._download(reference, descriptor, store, allowance, resume=True)
        except _StalePartError:
            return self._download(reference, descriptor, store, allowance, resume=False)

    def _download(
        self,
        reference: Reference,
        descriptor: Descriptor,
        store: Store,
        allowance: Allowance,
        *,
        resume: bool,
    ) -> Blob:
        what = f"{reference}: the layer {_title(descriptor)}"
        with store.part(f"blob {descriptor.digest}" if resume else "", descriptor.digest) as part:
            pieced = part.size > 0
            if part.size < descriptor.size:
                pieced = self._fill(part, reference, descriptor, what, allowance)
            try:
                return store.finish(part, what, digest=descriptor.digest, size=descriptor.size)
            except SourceRefusedError:
                if not (pieced and resume):
                    raise
        raise _StalePartError

    def _fill(
        self,
        part: Part,
        reference: Reference,
        descriptor: Descriptor,
        what: str,
        allowance: Allowance,
    ) -> bool:
        """Fill the part; return whether more than one answer may have brought its bytes."""
        tries = self._http.tries()
        challenged = 0

        def came() -> None:
            allowance.spend(0)
            if self._progress is not None:
                self._progress(what, part.size, descriptor.size)

        while True:
            before = part.size
            try:
                challenge = self._some(part, reference, descriptor, tries, came)
            except BrokenTransferError as broken:
                if part.size - before >= _MUCH:
                    tries.progressed()
                tries.again(broken)
                continue
            if challenge is None:
                return before > 0
            challenged += 1
            if challenged > 2:
                raise self._authority.denied(reference, "the registry answers 401")
            self._authority.answer(reference, challenge)

    def _some(
        self,
        part: Part,
        reference: Reference,
        descriptor: Descriptor,
        tries: Tries,
        came: Callable[[], None],
    ) -> str | None:
        """Add what one request brings; return the challenge of a registry that asks who it is."""
        what = f"{reference}: the layer {_title(descriptor)}"
        url = _url(reference, f"blobs/{descriptor.digest}")
        headers = self._authority.header(reference)
        if part.size:
            headers["Range"] = f"bytes={part.size}-"
        with self._http.open("GET", url, headers, tries) as response:
            status = response.status_code
            if status == 401:
                return str(response.headers.get("www-authenticate", ""))
            begun = response.headers.get("content-range", "").startswith(f"bytes {part.size}-")
            if status == 200 or not begun:
                part.restart()
            if status == 416 or (status == 206 and not begun):
                raise BrokenTransferError(f"{what}: the registry sends another part", _BROKEN)
            if status not in (200, 206):
                raise _fault(status, b"", what)
            for chunk in self._http.chunks(response):
                part.write(chunk)
                came()
                if part.size > descriptor.size:
                    break
        return None

    def _manifest(self, method: str, reference: Reference) -> Answer:
        exact = named_exactly(reference)
        url = _url(exact, f"manifests/{exact.digest or exact.tag}")
        answer = self._request(method, exact, url, _ACCEPT)
        if answer.status == 405 and method == "HEAD":
            return self._manifest("GET", reference)
        if answer.status == 403:
            raise self._authority.denied(exact, "the registry answers 403")
        if answer.status != 200:
            raise _fault(answer.status, answer.body, str(exact))
        return answer

    def _request(
        self, method: str, reference: Reference, url: str, headers: Mapping[str, str]
    ) -> Answer:
        """Send a request, answering the registry's challenge; a second 401 is a denial."""
        known = self._authority.header(reference)
        for _ in range(3 if known else 2):
            answer = self._http.request(method, url, {**headers, **known}, limit=MAX_MANIFEST)
            if answer.status != 401:
                return answer
            challenge = answer.headers.get("www-authenticate", "")
            known = self._authority.answer(reference, challenge)
        raise self._authority.denied(reference, "the registry answers 401")


class _StalePartError(Exception):
    """What had been kept of a blob was not the beginning of its bytes."""


def _url(reference: Reference, path: str) -> str:
    host = _HUB_API if reference.host == DOCKER_HUB else reference.host
    scheme = "http" if is_loopback(host) else "https"
    return f"{scheme}://{host}/v2/{reference.repository}/{path}"


def _fault(status: int, body: bytes, what: str) -> FairwayError | SourceRefusedError:
    """Return the error for an answer that is no success, to be raised."""
    code = _code(body)
    if status == 404:
        missing = {
            "NAME_UNKNOWN": "the registry has no such repository",
            "BLOB_UNKNOWN": "the registry lacks the bytes",
        }.get(code, "the registry does not have it")
        return SourceRefusedError(f"{what}: {missing}", "correct the reference, or push it first")
    suffix = f" ({code})" if code else ""
    return status_fault(status, "", f"{what}{suffix}")


def _code(body: bytes) -> str:
    """Return the code of the first error of an answer, one of the specification's words."""
    try:
        code = json.loads(body)["errors"][0]["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z_]{1,40}", code) else ""


def _title(descriptor: Descriptor) -> str:
    title = descriptor.annotations.get("org.opencontainers.image.title", "")
    short = title if title.isprintable() and len(title) <= 100 else ""
    return short or descriptor.digest[:19]
