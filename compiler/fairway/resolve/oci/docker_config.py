"""Credentials for registries, from the files that ``docker login`` and ``podman login`` write.

Sources: the Docker CLI's ``config.json`` (``auths``, ``credHelpers``, ``credsStore``), the protocol
of docker-credential-helpers 0.9, and containers-auth.json(5), whose keys may name a namespace.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairway.errors import FairwayError, UsageError
from fairway.resolve.oci.reference import DOCKER_HUB, Reference

# Docker Hub's entry has kept the address of its first index.
_HUB_SERVER = "https://index.docker.io/v1/"
_HUB_KEYS = ("docker.io", "index.docker.io", "registry-1.docker.io")
_MAX_CONFIG = 4 << 20
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER_SECONDS = 30.0
_NOT_FOUND = "credentials not found in native keychain"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a registry knows somebody by: user and password, or a token; never shown.

    ``identity_token`` is an OAuth2 refresh token for the registry's token service, and
    ``registry_token`` a bearer token for the registry itself.
    """

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header for user and password (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


class DockerConfig:
    """The credentials of one configuration file; ``path`` is None where nobody has logged in."""

    def __init__(self, path: Path | None, content: dict[str, Any]) -> None:
        self.path = path
        self._auths = _map(content, "auths", path)
        self._helpers = _map(content, "credHelpers", path)
        store = content.get("credsStore")
        self._store = store if isinstance(store, str) else ""

    @property
    def shown(self) -> str:
        """The file's name, for messages."""
        return str(self.path) if self.path is not None else "the Docker configuration"

    def credential(self, reference: Reference) -> Credential | None:
        """Return the credential for a repository, or None to ask anonymously.

        A helper for the registry comes first, then the entry for the longest part of the name.
        Raises ``UsageError`` for an entry that cannot be read, and ``FairwayError`` when a helper
        fails. Neither message holds what the file or the helper said.
        """
        hub = reference.host == DOCKER_HUB
        for host in (_HUB_SERVER, *_HUB_KEYS) if hub else (reference.host,):
            helper = self._helpers.get(host)
            if helper is not None:
                return self._from_helper(helper, _HUB_SERVER if hub else host)
        if self._store:
            found = self._from_helper(self._store, _HUB_SERVER if hub else reference.host)
            if found is not None:
                return found
        entries = {_key(name): entry for name, entry in self._auths.items()}
        for key in _keys(reference):
            if key in entries:
                found = self._from_entry(entries[key], key)
                if found is not None:
                    return found
        return None

    def _from_entry(self, entry: object, key: str) -> Credential | None:
        values = entry if isinstance(entry, dict) else {}
        texts = {name: text for name, text in values.items() if isinstance(text, str)}
        user, password = texts.get("username", ""), texts.get("password", "")
        if texts.get("auth"):
            user, password = self._decoded(texts["auth"], key)
        identity = texts.get("identitytoken", "")
        registry = texts.get("registrytoken", "")
        found = Credential(user, password, identity, registry)
        return found if identity or registry or (user and password) else None

    def _decoded(self, auth: str, key: str) -> tuple[str, str]:
        try:
            text = base64.b64decode(auth, validate=True).decode()
        except (binascii.Error, ValueError):
            text = ""
        user, colon, password = text.partition(":")
        if not colon:
            message = f"{self.shown}: `auth` of {key} is not the base64 of `user:password`"
            raise UsageError(message, f"log in again: docker login {key}")
        return user, password.rstrip("\0")

    def _from_helper(self, helper: object, server: str) -> Credential | None:
        if not isinstance(helper, str) or not _HELPER.fullmatch(helper):
            message = f"{self.shown}: the credential helper for {server} is not a name"
            raise UsageError(message, "name it without `docker-credential-`, such as `pass`")
        answer = _ask_helper(f"docker-credential-{helper}", server, self.shown)
        if answer is None:
            return None
        user, secret = answer.get("Username"), answer.get("Secret")
        if not isinstance(user, str) or not isinstance(secret, str):
            raise _helper_fault(f"docker-credential-{helper}", server, "answers no credential")
        if not secret:
            return None
        if user == "<token>":
            return Credential(identity_token=secret)
        return Credential(user, secret)


def docker_config() -> DockerConfig:
    """Return the user's configuration: the file ``$REGISTRY_AUTH_FILE`` alone where it is set,
    else ``$DOCKER_CONFIG/config.json``, else ``~/.docker/config.json``.

    Raises ``UsageError`` when it cannot be read or is not a JSON object.
    """  # noqa: D205 - the sentence needs two lines
    given = os.environ.get("REGISTRY_AUTH_FILE")
    folder = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    path = Path(given) if given else Path(folder) / "config.json"
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_CONFIG)
    except FileNotFoundError:
        if given:
            raise UsageError(
                f"REGISTRY_AUTH_FILE: {path} does not exist", "correct it, or unset it"
            ) from None
        return DockerConfig(None, {})
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"{path} cannot be read: {why}", "make it readable") from error
    return DockerConfig(path, _content(data, path))


def _content(data: bytes, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not a JSON object", "correct it, or log in again")
    return content


def _map(content: dict[str, Any], key: str, path: Path | None) -> dict[str, Any]:
    value = content.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{path}: `{key}` is not a map of registries", "log in again")
    return value


def _key(name: str) -> str:
    """Return an entry's name as a host or as a host and a namespace, like ``host/team``."""
    bare = re.sub(r"^https?://", "", name)
    host, _, rest = bare.partition("/")
    # Docker wrote whole URLs of an API: their path is not a namespace.
    api = bare != name or re.fullmatch(r"v[12]/?|", rest) is not None
    host = host.lower()
    return host if api else f"{host}/{rest.rstrip('/')}"


def _keys(reference: Reference) -> Iterator[str]:
    """Yield the entries that fit a repository, the longest first."""
    for host in _HUB_KEYS if reference.host == DOCKER_HUB else (reference.host,):
        parts = reference.repository.split("/")
        for count in range(len(parts), 0, -1):
            yield "/".join([host, *parts[:count]])
    yield from _HUB_KEYS if reference.host == DOCKER_HUB else (reference.host,)


def _ask_helper(program: str, server: str, shown: str) -> dict[str, Any] | None:
    """Run ``program get`` with the server's name as its input; None when it knows none."""
    found = shutil.which(program)
    if found is None:
        message = f"{shown} names the credential helper {program}, which is not installed"
        raise UsageError(message, f"install {program}, or log in without it")
    try:
        done = subprocess.run(  # noqa: S603 - a program that the user's own configuration names
            [found, "get"],
            input=server.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        why = f"gives no answer for {_HELPER_SECONDS:g} s"
        raise _helper_fault(program, server, why) from None
    except OSError as error:
        why = f"cannot be run: {(error.strerror or str(error)).lower()}"
        raise _helper_fault(program, server, why) from None
    text = done.stdout.decode(errors="replace").strip()
    if done.returncode:
        if _NOT_FOUND in text:
            return None
        raise _helper_fault(program, server, f"fails with status {done.returncode}")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _helper_fault(program, server, "answers no JSON object")
    return answer


def _helper_fault(program: str, server: str, why: str) -> FairwayError:
    message = f"the credential helper {program} {why} for {server}"
    return FairwayError(message, f"see what it says: echo {server} | {program} get")
