"""Credentials out of Docker's configuration, and from helpers; never in a message."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fairway.errors import FairwayError, UsageError
from fairway.resolve.oci.docker_config import Credential, docker_config
from fairway.resolve.oci.reference import parse_reference

SECRET = "s3cret-pass:word"  # noqa: S105 - of nobody
REGISTRY = "registry.example.com:5000/team/model:1"


def auth(user: str = "someone", password: str = SECRET) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write the user's configuration."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)

    def write(content: Any, name: str = "config.json") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a credential helper, as a script on the path."""

    def install(name: str, script: str) -> None:
        path = tmp_path / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return install


def found(reference: str = REGISTRY) -> Credential | None:
    return docker_config().credential(parse_reference(reference))


def test_without_a_file_nobody_is_known(config):
    assert found() is None


def test_entry_of_the_registry(config):
    config({"auths": {"registry.example.com:5000": {"auth": auth()}}})
    assert found() == Credential("someone", SECRET)
    assert found("other.example.com/team/model:1") is None
    assert found("registry.example.com/team/model:1") is None


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
def test_entry_of_docker_hub(config, key: str):
    config({"auths": {key: {"auth": auth()}}})
    assert found("python:3.12") == Credential("someone", SECRET)


def test_longest_namespace_wins_and_others_get_nothing(config):
    host = "registry.example.com:5000"
    config({"auths": {f"{host}/team": {"auth": auth("team")}, host: {"auth": auth("all")}}})
    assert found() == Credential("team", SECRET)
    assert found(f"{host}/teammates/model:1") == Credential("all", SECRET)
    config({"auths": {f"{host}/team": {"auth": auth("team")}}})
    assert found(f"{host}/other/model:1") is None


def test_tokens(config):
    entry = {"auth": auth("0000", ""), "identitytoken": "refresh"}
    config({"auths": {"https://registry.example.com:5000/v2/": entry}})
    assert found() == Credential("0000", "", "refresh")


def test_file_of_podman_stands_alone(config, monkeypatch: pytest.MonkeyPatch):
    config({"auths": {"registry.example.com:5000": {"auth": auth("docker")}}})
    other = config({"auths": {"docker.io": {"auth": auth("podman")}}}, "auth.json")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(other))
    assert found() is None
    assert found("python") == Credential("podman", SECRET)
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(other.with_name("absent.json")))
    with pytest.raises(UsageError, match=r"absent\.json does not exist"):
        docker_config()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a JSON object"),
        ("[]", "is not a JSON object"),
        ({"auths": ["x"]}, "`auths` is not a map"),
        ({"auths": {"registry.example.com:5000": {"auth": SECRET}}}, "is not the base64"),
        ({"credHelpers": {"registry.example.com:5000": "../x"}}, "is not a name"),
        ({"credsStore": "absent"}, "docker-credential-absent, which is not installed"),
    ],
)
def test_files_that_cannot_be_used(config, content: Any, message: str):
    config(content)
    with pytest.raises(UsageError, match=message) as refused:
        found()
    assert refused.value.fix
    assert SECRET not in f"{refused.value}{refused.value.fix}"


def test_helper_of_the_registry(config, helper):
    helper(
        "vault",
        f"""read -r server
        [ "$1 $server" = "get registry.example.com:5000" ] || exit 3
        echo '{{"ServerURL": "x", "Username": "someone", "Secret": "{SECRET}"}}'""",
    )
    entry = {"auth": auth("of the file")}
    config({"credHelpers": {"registry.example.com:5000": "vault"},
            "auths": {"registry.example.com:5000": entry}})  # fmt: skip
    assert found() == Credential("someone", SECRET)


def test_helper_that_gives_a_token_for_docker_hub(config, helper):
    helper(
        "vault",
        """read -r server
        [ "$server" = "https://index.docker.io/v1/" ] || exit 3
        echo '{"Username": "<token>", "Secret": "refresh"}'""",
    )
    config({"credsStore": "vault"})
    assert found("python") == Credential("", "", "refresh")


def test_helper_that_knows_nothing_leaves_it_to_the_file(config, helper):
    helper("vault", "echo 'credentials not found in native keychain'; exit 1")
    config({"credsStore": "vault", "auths": {"registry.example.com:5000": {"auth": auth()}}})
    assert found() == Credential("someone", SECRET)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (f"echo {SECRET}; echo {SECRET} >&2; exit 1", "fails with status 1"),
        (f"echo {SECRET}", "answers no JSON object"),
        (f'echo \'{{"Secret": "{SECRET}"}}\'', "answers no credential"),
        ("exec sleep 60", "gives no answer"),
    ],
)
def test_helper_that_fails(
    config, helper, script: str, message: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fairway.resolve.oci.docker_config._HELPER_SECONDS", 1.0)
    helper("vault", script)
    config({"credsStore": "vault"})
    with pytest.raises(FairwayError, match=message) as failed:
        found()
    assert failed.value.exit_code == 3
    assert SECRET not in f"{failed.value}{failed.value.fix}"


def test_credentials_are_not_shown():
    shown = repr(Credential("someone", SECRET, "refresh", "token"))
    assert not any(secret in shown for secret in ("someone", SECRET, "refresh", "'token"))
