"""Finding secrets: what counts, where it lies, and that hostile text costs what its size does."""

from __future__ import annotations

import base64
import time
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from literal_secrets.planted import PLACES
from literal_secrets.tokens import BASE62, TOKENS, pem, some

from fairway.secrets.find import Secret, find_secrets, shown

CHANCE = Random(7)  # noqa: S311 - for tests that can be run again
KEY = some(CHANCE, BASE62, 32)
GITHUB = TOKENS["GitHub token"](CHANCE)
MARK = "-----BEGIN " + "PRIVATE KEY-----"

FRAGMENTS = st.sampled_from(
    [
        "password: ", "token=", '"', "'", "\\", "\n", " ", ": ", "=", "://a:", "b@",
        "name: DB_PASSWORD", "value: ", "hunter2", GITHUB, KEY, MARK, "eyJ", ".", "-", "_", "|",
        "${", "#", "--token",
        "Authorization: Bearer ", "é", "\U0001f600", "\ud800", "sk-", "glpat-", ", ", "{", "}",
    ]
)  # fmt: skip
TEXTS = st.lists(FRAGMENTS | st.text(max_size=12), max_size=24).map("".join)


def found(text: str) -> list[str]:
    return [text[each.start : each.end] for each in find_secrets(text)]


@given(TEXTS)
@example("")
@example("password:")
def test_offsets_lie_inside_in_order_and_apart(text: str) -> None:
    end = 0
    for secret in find_secrets(text):
        assert end <= secret.start < secret.end <= len(text)
        assert secret.kind
        end = secret.end


@given(TEXTS, TEXTS)
def test_texts_in_one_file_hide_nothing_of_each_other(first: str, second: str) -> None:
    together = find_secrets(f"{first}\n{second}")
    shift = len(first) + 1
    alone = [*find_secrets(first)]
    alone += [Secret(kind, start + shift, end + shift) for kind, start, end in find_secrets(second)]
    for secret in alone:
        assert any(each.start < secret.end and secret.start < each.end for each in together)


@given(st.text() | st.sampled_from([GITHUB, KEY, pem(CHANCE)]))
def test_what_is_shown_reveals_six_characters_at_most(secret: str) -> None:
    first, mark, rest = shown(secret).partition("…")
    assert mark
    assert len(first) <= min(6, len(secret) // 2)
    assert rest == f" ({len(secret)} characters)"
    assert all(character.isprintable() for character in first)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: hunter2", "hunter2"),
        ('{"password":"s3cr3tPw!"}', "s3cr3tPw!"),
        ("- name: DB_PASSWORD\n  value: hunter2\n", "hunter2"),
        ("{name: DB_PASSWORD, value: hunter2}", "hunter2"),
        ("password: |-\n  hunter2\n", "hunter2"),
        ("PASSWORD=hunter2=x1\n", "hunter2=x1"),
        ("password: '!hunter2'\n", "!hunter2"),
        (f"token: '/{KEY}='\n", f"/{KEY}="),
        (f"Authorization: Bearer {KEY}\n", KEY),
        (f"'Authorization': 'Token {KEY}'\n", KEY),
        (f"api_key: {KEY}  # of staging", KEY),
        ("postgres://u:hunter2@db:5432/x", "hunter2"),
        (f"https://{GITHUB}@github.com/acme/x.git", GITHUB),
        (f"url: https://bot:{GITHUB}@github.com/acme/x", GITHUB),
        (f"été: ☃ 模型 {GITHUB}", GITHUB),
    ],
)
def test_a_literal_counts(text: str, secret: str) -> None:
    assert found(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "password: ${DB_PASSWORD}", "password: *password", "password: !ENV X",
        "password:\n  from: a/b",
        "password: {from: vault/password}", "password: true", "password: string", "password: ''",
        "secretName: my-secret", "token: feature-store/token", "token: false",
        "password: DB_PASSWORD",
        "api_key: os.environ['API_KEY']",
        "password: arn:aws:secretsmanager:eu-west-1:1:secret:x-AbC123",
        "credentials: /var/run/secrets/key-1a2b3c4d5e6f7a8b.json", "max_tokens: 4096",
        f"cache_key: {KEY}", f"public_key: {KEY}", f"run_id: {KEY}", "http://host:8080@sha256:abc",
        f"{MARK} is the header of a key that is not encrypted, and this is a sentence about it.",
        "eyJhbGciOi.eyJ", "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "hf_" + "a" * 34,
    ],
)  # fmt: skip
def test_a_reference_or_a_placeholder_does_not(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("kind", sorted(TOKENS))
def test_each_token_is_named(kind: str) -> None:
    names = {
        "GitHub fine-grained token": "GitHub token", "Slack user token": "Slack token",
        "OpenAI project key": "OpenAI API key",
    }  # fmt: skip
    text = PLACES[0](TOKENS[kind](CHANCE))
    assert [each.kind for each in find_secrets(text)] == [names.get(kind, kind)]


def test_base64_is_looked_into_one_level_deep() -> None:
    once = base64.b64encode(GITHUB.encode()).decode()
    login = base64.b64encode(f'{{"auths":{{"x.io":{{"password":"{KEY}"}}}}}}'.encode()).decode()
    assert find_secrets(once) == [Secret("GitHub token", 0, len(once))]
    assert [each.kind for each in find_secrets(f".dockerconfigjson: {login}")] != []
    assert find_secrets(base64.b64encode(once.encode()).decode()) == []


def test_a_private_key_ends_with_its_footer() -> None:
    key = pem(CHANCE, "RSA")
    assert found(f"a: 1\n{key}\nb: 2\n") == [key]
    assert find_secrets(f"{key}\n")[0].kind == "private key"


HOSTILE = [
    "eyJ", "eyJaaaaaaaaaaa.", "token=", "pwd=", "token: \"token: '", "password: |\n", "://a:",
    "://a:b@",
    "sk-proj-", "glpat-a", "_" + "a" * 16, " " + "A" * 24, MARK, MARK + "\n", "Q~", "☃token: ",
    "xoxb-1234567890123456-", "authorization: bearer ", "SG.", "name: password\n",
    "\\\"token\\\": \\\"",
    "hunter2\npassword: ", "A", "\n", "dG9rZW46IDEyMzQ1Njc4dG9rZW46 ", "pypi-AgEIcHlwaS5vcmc",
    "aB1", " -",
]  # fmt: skip


def seconds(text: str) -> float:
    start = time.process_time()
    find_secrets(text)
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_mebibyte_of_hostile_text_takes_time_in_proportion(piece: str) -> None:
    size = 1 << 20
    text = (piece * (size // len(piece) + 1))[:size]
    whole = seconds(text)
    eighth = min(seconds(text[: size // 8]) for _ in range(2))
    assert whole < 30
    # Eight times as much, where the work is linear; sixty-four times where it is quadratic.
    assert whole < 24 * max(eighth, 0.01)
