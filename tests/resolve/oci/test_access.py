"""Registries that ask who is there: Basic, bearer tokens, and what nobody is ever told."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resolve.oci.registry_server import PROGRAM, Pusher, RegistryServer, files_below
from resolve.oci.token_service import TokenService

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.http import Http
from fairway.resolve.oci.auth import Authority, Challenge, is_loopback, parse_challenges
from fairway.resolve.oci.docker_config import Credential, DockerConfig
from fairway.resolve.oci.reference import Reference, parse_reference
from fairway.resolve.oci.registry import Registry
from fairway.resolve.oci.source import OciSource
from fairway.resolve.source import Wanted
from fairway.resolve.store import Store

USER, PASSWORD, REFRESH = "someone", "s3cret-pass:word", "refresh-token-of-someone"
# bcrypt of the password above.
HTPASSWD = "someone:$2y$05$abcdefghijklmnopqrstuui4b/2BTepY10eiNezl9.l91cjJnVNVq\n"
needs_registry = pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed")


def auth_of(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def config_of(host: str, entry: dict[str, str]) -> DockerConfig:
    return DockerConfig(Path("/nowhere/.docker/config.json"), {"auths": {host: entry}})


@pytest.fixture(scope="module")
def basic_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    folder = tmp_path_factory.mktemp("basic")
    (folder / "htpasswd").write_text(HTPASSWD)
    auth = f'auth:\n  htpasswd:\n    realm: "tests"\n    path: "{folder / "htpasswd"}"\n'
    running = RegistryServer(folder, auth)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenService]:
    running = TokenService(tmp_path_factory.mktemp("service"), USER, PASSWORD, REFRESH)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def token_server(
    service: TokenService, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    running = RegistryServer(tmp_path_factory.mktemp("token"), service.config())
    yield running
    running.stop()


@pytest.fixture
def read(http: Http, store: Store) -> Iterator[Callable[..., dict[str, bytes]]]:
    """Fetch a model as somebody with an entry in their Docker configuration."""
    opened: list[Registry] = []

    def run(uri: str, entry: dict[str, str] | None) -> dict[str, bytes]:
        host = uri.split("/")[2]
        registry = Registry(http, config_of(host, entry) if entry else DockerConfig(None, {}))
        opened.append(registry)
        source = OciSource(registry, store)
        return files_below(source.fetch(Wanted(source.resolve(uri))))

    yield run
    for registry in opened:
        registry.close()


@needs_registry
def test_basic(basic_server: RegistryServer, read: Callable[..., dict[str, bytes]]):
    pusher = Pusher(basic_server.host, "models/a", auth=(USER, PASSWORD))
    pusher.artifact("1", [pusher.file("model.skops", b"bytes")])
    uri = f"oci://{basic_server.host}/models/a:1"
    assert read(uri, auth_of(USER, PASSWORD)) == {"model.skops": b"bytes"}


@needs_registry
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (None, "access denied without credentials"),
        (auth_of(USER, "wrong-password"), r"with the credentials in /nowhere/.*config\.json"),
    ],
)
def test_basic_refused(
    basic_server: RegistryServer,
    read: Callable[..., dict[str, bytes]],
    entry: dict[str, str] | None,
    message: str,
):
    with pytest.raises(SourceRefusedError, match=message) as refused:
        read(f"oci://{basic_server.host}/models/a:1", entry)
    assert f"docker login {basic_server.host}" in refused.value.fix
    assert "wrong-password" not in str(refused.value)


@needs_registry
@pytest.mark.parametrize(
    ("entry", "method"),
    [
        (auth_of(USER, PASSWORD), "GET"),
        ({"auth": auth_of("0000", "x")["auth"], "identitytoken": REFRESH}, "POST"),
    ],
)
def test_tokens(
    token_server: RegistryServer,
    service: TokenService,
    read: Callable[..., dict[str, bytes]],
    entry: dict[str, str],
    method: str,
):
    name = f"models/{method.lower()}"
    token = service.token(name, ["pull", "push"])
    pusher = Pusher(token_server.host, name, headers={"Authorization": f"Bearer {token}"})
    pusher.artifact("1", [pusher.file("model.skops", b"bytes"), pusher.file("b", b"b")])
    service.asked.clear()
    uri = f"oci://{token_server.host}/{name}:1"
    assert read(uri, entry) == {"model.skops": b"bytes", "b": b"b"}
    assert [asked.method for asked in service.asked] == [method]
    assert service.asked[0].values["scope"] == f"repository:{name}:pull"
    assert service.asked[0].values["service"] == "registry of the tests"
    assert bool(service.asked[0].authorization) == (method == "GET")


@needs_registry
@pytest.mark.parametrize(
    "entry", [None, auth_of(USER, "wrong-password"), {"identitytoken": "wrong-token"}]
)
def test_tokens_refused(
    token_server: RegistryServer,
    read: Callable[..., dict[str, bytes]],
    entry: dict[str, str] | None,
):
    with pytest.raises(SourceRefusedError, match=r"the token service .* answers 401") as refused:
        read(f"oci://{token_server.host}/models/a:1", entry)
    assert "docker login" in refused.value.fix
    assert "wrong" not in str(refused.value)


@needs_registry
def test_token_of_the_registry_itself(
    token_server: RegistryServer, service: TokenService, read: Callable[..., dict[str, bytes]]
):
    token = service.token("models/own", ["pull", "push"])
    pusher = Pusher(token_server.host, "models/own", headers={"Authorization": f"Bearer {token}"})
    pusher.artifact("1", [pusher.file("model.skops", b"bytes")])
    service.asked.clear()
    uri = f"oci://{token_server.host}/models/own:1"
    assert read(uri, {"registrytoken": token}) == {"model.skops": b"bytes"}
    assert service.asked == []


REMOTE = Reference("registry.example.com", "team/model", "1")
LOCAL = Reference("127.0.0.1:5000", "team/model", "1")


@pytest.mark.parametrize(
    ("reference", "realm"),
    [
        (REMOTE, "http://auth.example.com/token"),
        (REMOTE, "http://127.0.0.1:9/token"),
        (REMOTE, "https://someone:else@auth.example.com/token"),
        (REMOTE, "ftp://auth.example.com/token"),
        (REMOTE, "/token"),
        (REMOTE, ""),
        (REMOTE, "https://[::1/token"),
        (LOCAL, "http://auth.example.com/token"),
        (LOCAL, "http://127.0.0.1.example.com/token"),
        (LOCAL, "http://127.0.0.1@auth.example.com/token"),
    ],
)
def test_password_is_told_to_no_realm_that_is_not_safe(
    http: Http, reference: Reference, realm: str
):
    authority = Authority(http, config_of(reference.host, auth_of(USER, PASSWORD)))
    with pytest.raises(FairwayError, match="token service that is not https") as refused:
        authority.answer(reference, f'Bearer realm="{realm}",service="x"')
    authority.close()
    assert PASSWORD not in str(refused.value)
    assert "else" not in str(refused.value)


def test_unknown_way_to_authenticate_is_said(http: Http):
    authority = Authority(http, config_of(REMOTE.host, auth_of(USER, PASSWORD)))
    for challenge in ("", "Negotiate abc", 'Digest realm="x"'):
        with pytest.raises(FairwayError, match="no known way"):
            authority.answer(REMOTE, challenge)
    authority.close()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://a.example/t",service="s",scope="repository:a/b:pull,push"',
            [("bearer", {"realm": "https://a.example/t", "service": "s",
                         "scope": "repository:a/b:pull,push"})],
        ),
        ('Basic realm="a \\"b\\", c"', [("basic", {"realm": 'a "b", c'})]),
        ('Negotiate, BASIC Realm=x , Bearer realm="y"',
         [("negotiate", {}), ("basic", {"realm": "x"}), ("bearer", {"realm": "y"})]),
        ('Basic realm="never closed', [("basic", {}), ("realm", {})]),
        ("", []),
    ],
)  # fmt: skip
def test_challenges(header: str, expected: list[tuple[str, dict[str, Any]]]):
    found = parse_challenges(header)
    assert found[: len(expected)] == tuple(Challenge(*each) for each in expected)[: len(found)]


@given(st.text(max_size=300) | st.text('abc="\\, \t', max_size=300))
def test_any_header_is_read(header: str):
    assert all(each.scheme == each.scheme.lower() for each in parse_challenges(header))


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost:5000", True),
        ("127.1.2.3", True),
        ("[::1]:5000", True),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("10.0.0.1", False),
        ("[::2]", False),
        ("registry.example.com", False),
    ],
)
def test_plain_http_is_for_the_loopback_alone(host: str, local: bool):
    assert is_loopback(host) is local
    assert is_loopback(parse_reference(f"{host}/a:1").host) is local


def test_basic_header_is_that_of_rfc_7617():
    assert Credential("Aladdin", "open sesame").basic == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
