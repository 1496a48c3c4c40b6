"""Answering a registry's challenge: Basic, or a bearer token from its token service.

Sources: RFC 9110 section 11 (challenges), RFC 7617 (Basic), and the token specifications of
distribution 2.8 (``spec/auth/token.md`` and ``oauth.md``): a GET with Basic or without
credentials, a POST with a refresh token where an identity token is kept.
"""

from __future__ import annotations

import json
import re
import threading
import time
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import shown_url
from fairway.resolve.http import Answer, Http
from fairway.resolve.oci.docker_config import Credential, DockerConfig, docker_config
from fairway.resolve.oci.reference import DOCKER_HUB, Reference

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the grammar's word, RFC 9110 5.6.2
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))\s*')
_SCHEME = re.compile(rf"\s*({_TOKEN})(?=\s|,|$)")
_MAX_CHALLENGE = 8192
_MAX_TOKEN = 1 << 20
# A token lives for 60 seconds at least, and for 60 where the service does not say.
_LIFE = 60.0
_MARGIN = 10.0


class Challenge(NamedTuple):
    """One way that a registry offers to say who asks: a scheme and its parameters."""

    scheme: str
    parameters: dict[str, str]


class _Known(NamedTuple):
    header: str
    until: float


class Authority:
    """Says who asks, to each registry as it wants to hear it; safe to share between threads."""

    def __init__(self, http: Http, config: DockerConfig | None = None) -> None:
        # Without redirects: a refresh token in a body would follow them to another host.
        self._http = Http(http.options._replace(redirects=0))
        self._config = config
        self._found: dict[str, Credential | None] = {}
        self._known: dict[tuple[str, str], _Known] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def header(self, reference: Reference) -> dict[str, str]:
        """Return the header that the repository accepted before, or none at all."""
        known = self._known.get((reference.host, reference.repository))
        if known is None or known.until < time.monotonic():
            return {}
        return {"Authorization": known.header}

    def answer(self, reference: Reference, challenge: str) -> dict[str, str]:
        """Return the header that answers a ``WWW-Authenticate`` header.

        Raises ``SourceRefusedError`` when there is no credential, or the token service refuses
        it; ``FairwayError`` when the registry asks for what nobody can give, or its token service
        fails. A token realm is https, or on the loopback for a registry on the loopback.
        """
        with self._lock:
            offered = {each.scheme: each.parameters for each in parse_challenges(challenge)}
            credential = self._credential(reference)
            until = float("inf")
            if credential is not None and credential.registry_token:
                header = f"Bearer {credential.registry_token}"
            elif "bearer" in offered:
                header, until = self._token(reference, offered["bearer"], credential)
            elif "basic" in offered:
                if credential is None or not credential.user:
                    raise self.denied(reference, "the registry asks for a user and a password")
                header = credential.basic
            else:
                message = f"{reference.host} asks for credentials in no known way"
                raise FairwayError(message, "check that the host is that of a registry")
            self._known[reference.host, reference.repository] = _Known(header, until)
            return {"Authorization": header}

    def denied(self, reference: Reference, why: str) -> SourceRefusedError:
        """Return the error for a repository that this user cannot read."""
        held = self._credential(reference) is not None
        shown = self._config.shown if self._config is not None else ""
        whose = f"with the credentials in {shown}" if held else "without credentials"
        message = f"{reference}: access denied {whose}: {why}"
        host = "" if reference.host == DOCKER_HUB else f" {reference.host}"
        fix = f"log in with `docker login{host}` as somebody who may read it"
        return SourceRefusedError(message, fix)

    def _credential(self, reference: Reference) -> Credential | None:
        if self._config is None:
            self._config = docker_config()
        if reference.name not in self._found:
            self._found[reference.name] = self._config.credential(reference)
        return self._found[reference.name]

    def _token(
        self, reference: Reference, parameters: dict[str, str], credential: Credential | None
    ) -> tuple[str, float]:
        realm = _realm(reference, parameters.get("realm", ""))
        query = {"scope": _scope(reference, parameters.get("scope", ""))}
        if parameters.get("service"):
            query["service"] = parameters["service"]
        if credential is not None and credential.identity_token:
            fields = {
                **query,
                "grant_type": "refresh_token",
                "client_id": "fairway",
                "refresh_token": credential.identity_token,
            }
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(fields).encode()
            answer = self._http.request("POST", realm, kind, content=body, limit=_MAX_TOKEN)
        else:
            headers = {"Authorization": credential.basic} if credential is not None else {}
            answer = self._http.request("GET", realm, headers, params=query, limit=_MAX_TOKEN)
        if answer.status != 200:
            raise self._refused(reference, realm, answer.status)
        token, life = _read_token(answer, realm)
        return f"Bearer {token}", time.monotonic() + max(life - _MARGIN, _MARGIN)

    def _refused(self, reference: Reference, realm: str, status: int) -> Exception:
        where = shown_url(realm)
        if 400 <= status < 500:
            return self.denied(reference, f"the token service {where} answers {status}")
        message = f"the token service {where} answers {status}"
        return FairwayError(message, "try again later")


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Return the challenges of a ``WWW-Authenticate`` header, schemes and names in lower case.

    What cannot be read ends the list; whoever sent it is then answered with the ways before it.
    """
    found: list[Challenge] = []
    text = header[:_MAX_CHALLENGE]
    position = 0
    while position < len(text):
        parameter = _PARAMETER.match(text, position)
        scheme = _SCHEME.match(text, position)
        if parameter is not None and found:
            quoted, plain = parameter[2], parameter[3]
            value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1].parameters.setdefault(parameter[1].lower(), value)
            position = parameter.end()
        elif scheme is not None:
            found.append(Challenge(scheme[1].lower(), {}))
            position = scheme.end()
        elif text[position] in " \t,":
            position += 1
        else:
            break
    return tuple(found)


def is_loopback(host: str) -> bool:
    """Return whether a host, with or without a port, is this machine: plain http is safe there."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _realm(reference: Reference, realm: str) -> str:
    """Return the token service's address, or refuse one that is not safe to tell a password."""
    try:
        parts = urlsplit(realm)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises ValueError for what is no port
    except ValueError:
        parts, host = urlsplit(""), ""
    local = is_loopback(reference.host) and is_loopback(parts.netloc.rpartition("@")[2])
    if host and "@" not in parts.netloc and (parts.scheme == "https" or local):
        return realm
    message = f"{reference.host} names a token service that is not https: {shown_url(realm)}"
    raise FairwayError(message, "check that the host is that of a registry you trust")


def _scope(reference: Reference, offered: str) -> str:
    """Return the scope to ask for: the one that is offered, but never more than to pull."""
    repository = f"repository:{reference.repository}:pull"
    return re.sub(r"^(repository(?:\([^)]*\))?:.+):[^:]*$", r"\1:pull", offered) or repository


def _read_token(answer: Answer, realm: str) -> tuple[str, float]:
    """Return the token and its life in seconds."""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        content = None
    values = content if isinstance(content, dict) else {}
    token = values.get("token") or values.get("access_token")
    # It becomes a header: RFC 6750 allows these characters only.
    if not isinstance(token, str) or not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", token):
        message = f"the token service {shown_url(realm)} answers without a token"
        raise FairwayError(message, "try again later")
    life = values.get("expires_in")
    return token, float(life) if isinstance(life, int | float) and 0 < life < 1e9 else _LIFE
