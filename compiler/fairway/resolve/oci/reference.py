"""References to images and artifacts, as Docker and OCI write them.

Source: the grammar of ``github.com/distribution/reference`` v0.6 and its rules for short names:
without a registry it is ``docker.io``, where a name of one part belongs to ``library/``. Stricter
in one thing: a digest is a sha256, the only one that locks and specs can hold.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fairway.lock.digest import SourceRefusedError

DOCKER_HUB = "docker.io"
OCI_SCHEME = "oci://"
_HUB_ALIASES = frozenset({"index.docker.io", "registry-1.docker.io"})
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]+\])(?::[0-9]{{1,5}})?", re.IGNORECASE | re.ASCII
)
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MAX_NAME = 255
_MAX_REFERENCE = _MAX_NAME + 1 + 128 + 1 + 71
_EXAMPLE = "write it like registry.example.com/team/model:1.0"


class Reference(NamedTuple):
    """What an image or artifact is called: a registry, a repository in it, a tag, a digest.

    ``host`` is in lower case and may hold a port; ``digest`` is ``sha256:<hex>``.
    """

    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

    @property
    def name(self) -> str:
        """The registry and the repository, without tag and digest."""
        return f"{self.host}/{self.repository}"

    @property
    def uri(self) -> str:
        """The reference as the source of a model: ``oci://…``."""
        return f"{OCI_SCHEME}{self}"


def parse_reference(text: str) -> Reference:
    """Return an image's reference; ``python:3.12`` is ``docker.io/library/python:3.12``.

    Raises ``SourceRefusedError`` that says which part of it is wrong. Neither a tag nor a digest
    is required here, and none is made up.
    """
    rest, tag, digest = _divide(text)
    first, slash, remainder = rest.partition("/")
    if slash and _is_host(first):
        host, repository = first.lower(), remainder
    else:
        host, repository = DOCKER_HUB, rest
    host = DOCKER_HUB if host in _HUB_ALIASES else host
    if host == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    return _checked(Reference(host, repository, tag, digest), text)


def parse_oci_uri(uri: str) -> Reference:
    """Return the reference of ``oci://host[:port]/repository:tag`` or ``…@sha256:<hex>``.

    Raises ``SourceRefusedError``, also for a host that a container runtime would take for a part
    of Docker Hub, and for a reference without tag and digest.
    """
    text = uri.removeprefix(OCI_SCHEME)
    rest, tag, digest = _divide(text)
    host, slash, repository = rest.partition("/")
    if not slash or not _is_host(host):
        message = f"{_shown(uri)} does not begin with a registry's host"
        fix = "name the registry: oci://registry.example.com/team/model:1.0"
        raise SourceRefusedError(message, fix)
    host = DOCKER_HUB if host.lower() in _HUB_ALIASES else host.lower()
    found = _checked(Reference(host, repository, tag, digest), text)
    return named_exactly(found)


def named_exactly(reference: Reference) -> Reference:
    """Return the reference, or refuse one with neither tag nor digest: `latest` is never meant."""
    if reference.tag is None and reference.digest is None:
        message = f"{reference} has neither a tag nor a digest"
        raise SourceRefusedError(message, f"add one, such as {reference}:1.0")
    return reference


def _divide(text: str) -> tuple[str, str | None, str | None]:
    """Return name, tag and digest of a reference, each as it is written."""
    if len(text) > _MAX_REFERENCE:
        raise SourceRefusedError(f"{_shown(text)} is longer than any reference", _EXAMPLE)
    if text != text.strip() or not text.isascii() or not text:
        raise SourceRefusedError(f"{_shown(text)} is not a reference to an image", _EXAMPLE)
    if "://" in text:
        message = f"{_shown(text)} begins with a scheme, and a reference has none"
        raise SourceRefusedError(message, _EXAMPLE)
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        message = f"{_shown(text)}: {_shown(digest)} is not a digest"
        raise SourceRefusedError(message, "write sha256: and 64 hexadecimal digits, lower case")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        return rest, None, digest if at else None
    if not _TAG.fullmatch(tag):
        message = f"{_shown(text)}: {_shown(tag)} is not a tag"
        fix = "a tag is up to 128 letters, digits, `_`, `.` and `-`, and begins with no `.` or `-`"
        raise SourceRefusedError(message, fix)
    return name, tag, digest if at else None


def _is_host(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost" or part != part.lower()


def _checked(reference: Reference, text: str) -> Reference:
    host, repository = reference.host, reference.repository
    port = re.search(r":([0-9]+)$", host)
    if not _HOST.fullmatch(host) or (port is not None and not 0 < int(port[1]) < 65536):
        message = f"{_shown(text)}: {_shown(host)} is not a registry's host"
        raise SourceRefusedError(message, "write a host name, with a port where it needs one")
    if repository != repository.lower():
        message = f"{_shown(text)}: a repository has no capital letters"
        raise SourceRefusedError(message, f"write {repository.lower()}")
    if not _REPOSITORY.fullmatch(repository):
        message = f"{_shown(text)}: {_shown(repository)} is not a repository"
        fix = "its parts are letters and digits, divided by `/`, `.`, `_` or `-`, never at an end"
        raise SourceRefusedError(message, fix)
    if len(reference.name) > _MAX_NAME:
        message = f"{_shown(text)}: the name is longer than {_MAX_NAME} characters"
        raise SourceRefusedError(message, "use a shorter repository")
    return reference


def _shown(text: str) -> str:
    """Return a text of a user for a message: in quotes when it is odd, and never long."""
    if not text:
        return "an empty string"
    short = text if len(text) <= 100 else f"{text[:100]}…"
    return short if short.isprintable() and " " not in short else repr(short)
