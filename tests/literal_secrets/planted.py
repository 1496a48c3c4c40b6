"""Texts with a secret in them, each in a place where one is found in practice."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from literal_secrets.tokens import NAMED, TOKENS, password, pem


class Case(NamedTuple):
    """A text; the secret in it, or an empty text; and what it is."""

    kind: str
    text: str
    secret: str = ""


Place = Callable[[str], str]

PLACES: tuple[Place, ...] = (
    lambda s: f"serving:\n  env:\n    EXTRA: {s}\n  port: 8080\n",
    lambda s: f'serving:\n  args: ["--verbose", "{s}"]\n',
    lambda s: f"metadata:\n  name: fraud\n# old: {s}\nmodel:\n  risk: high\n",
    lambda s: f"  description: Scores payments; do not use {s} again.\n",
    lambda s: f"        env:\n        - name: EXTRA\n          value: '{s}'\n",
    lambda s: f'{{"name": "fraud", "note": "{s}", "size": 3}}\n',
    lambda s: f"FROM python@sha256:{'0f' * 32}\nENV EXTRA={s}\nUSER 65532\n",
    lambda s: f"ARG EXTRA={s} OTHER=1\nRUN pip install x\n",
    lambda s: f"--extra-index-" f"url https://pkgs.example.com/{s}/all\nnumpy==2.1.0\n",
    lambda s: f"    page: https://alerts.example.com/hook?key={s}&team=ml\n",
    lambda s: f"  uri: s3://models/fraud/7  # {s}\n",
    lambda s: f"data:\n  config.json: |\n    {{\"a\":\"{s}\"}}\n",
)  # fmt: skip
HELD_OUT_PLACES: tuple[Place, ...] = (
    lambda s: f"versions:\n  '3.1.0': models:/fraud/7 # {s}\n",
    lambda s: f"kind: ConfigMap\ndata:\n  application.properties: |\n    some.setting={s}\n",
    lambda s: f"[section]\nvalue = {s}\r\nother = 1\r\n",
    lambda s: f"  annotations: {{note: {s}, team: ml}}\n",
    lambda s: f"RUN curl -H 'X-Thing: {s}' https://files.example.com/model.onnx -o /model\n",
    lambda s: f'[[1, 2], ["{s}", null]]',
    lambda s: f"<p>See `{s}` for details</p>\n",
    lambda s: f"  - name: été ☃ 模型\n    value: \"{s}\"\n",
    lambda s: f"      - --remote=grpc://metrics:4317,{s}\n",
    lambda s: f"a: 1\n{s}\nb: 2\n",
    lambda s: f"  text: >-\n    several words and ({s})\n    more words\n",
    lambda s: f"git+https://{s}@git.example.com/ml/features.git@v1.2.0\n",
)  # fmt: skip
KEYS = (
    "api_key: {}", "apiKey: '{}'", "AWS_SECRET_ACCESS_KEY={}", 'client_secret = "{}"', "token: {}",
    '"accessToken": "{}"', "--token={}", "STORAGE_ACCOUNT_KEY: {}", "ENV SESSION_SECRET={}",
    "- name: WANDB_API_KEY\n  value: {}", "https://api.example.com/v1?access_token={}&limit=3",
    "Endpoint=sb://x.example.com/;SharedAccessKey={};EntityPath=q", "credentials: {}",
)  # fmt: skip
HELD_OUT_KEYS = (
    "MLFLOW_TRACKING_TOKEN: '{}'", "encryption-key: {}", 'ARG NPM_AUTH_TOKEN="{}"',
    '{{"name":"COHERE_API_KEY","value":"{}"}}', "signing.secret={}", "X-Api-Key: {}",
    "['--auth-token', '{}']", "Authorization: Bearer {}", "  secretKey: {}  # of the bucket",
    "# access_key: {}", 'privateKey: "{}"', "DATADOG_APP_KEY={}", "refreshToken: >-\n  {}",
)  # fmt: skip
PASSWORDS = (
    "password: {}", 'password: "{}"', "DB_PASSWORD={}", "- name: REDIS_PASSWORD\n  value: '{}'",
    "postgresql://fraud:{}@db.example.com:5432/features", '{{"password":"{}","user":"x"}}',
    "# password: {}", "ENV POSTGRES_PASSWORD {}", '["--password", "{}"]',
    "Server=db;User=x;Password={};Encrypt=true", "https://bot:{}@pypi.example.com/index",
)  # fmt: skip
HELD_OUT_PASSWORDS = (
    "db_passwd: {}", "passphrase: '{}'", "MYSQL_PWD={}", "  {{name: ADMIN_PASSWORD, value: {}}}",
    "redis://:{}@cache:6379/0", 'spring.datasource.password={}', "smtpPass: {}",
    "stringData:\n  password: {}\n", "mongodb+srv://svc:{}@cluster0.example.net/?retryWrites=true",
    "args:\n- --db-password\n- {}\n", '\\"password\\": \\"{}\\"',
)  # fmt: skip


def planted(seed: int, *, held_out: bool = False) -> list[Case]:
    """Return cases of every kind; a held-out corpus has other places and other names of keys."""
    chance = Random(seed)  # noqa: S311 - for tests that can be run again
    places = HELD_OUT_PLACES if held_out else PLACES
    cases = [
        Case(kind, place(secret), secret)
        for kind, make in TOKENS.items()
        for place, secret in ((place, make(chance)) for place in places)
    ]
    cases += [
        Case(f"named: {kind}", _filled(form, secret), secret)
        for kind, make in NAMED.items()
        for form, secret in ((form, make(chance)) for form in (HELD_OUT_KEYS if held_out else KEYS))
    ]
    for form in (HELD_OUT_PASSWORDS if held_out else PASSWORDS) * 3:
        secret = password(chance)
        if "://" in form:
            secret = secret.replace("@", "-")
        cases.append(Case("password", _filled(form, secret), secret))
    return cases + _private_keys(chance) + _encoded(chance, list(TOKENS.values()))


def _filled(form: str, secret: str) -> str:
    return f"first: 1\n{form.format(secret)}\nlast: 2\n"


def _private_keys(chance: Random) -> list[Case]:
    cases = []
    for label in ("", "RSA", "EC", "OPENSSH", "ENCRYPTED", "DSA"):
        text = pem(chance, label)
        indented = text.replace("\n", "\n    ")
        escaped = text.replace("\n", "\\n")
        cases.append(Case("private key", text + "\n", text))
        cases.append(Case("private key", f"tls.key: |\n    {indented}\nport: 1\n", indented))
        cases.append(Case("private key", f'{{"private_key": "{escaped}\\n"}}', escaped))
    return cases


def _encoded(chance: Random, makers: Sequence[Callable[[Random], str]]) -> list[Case]:
    cases = []
    for make in makers:
        word = base64.b64encode(make(chance).encode()).decode()
        cases.append(Case("base64", f"kind: Secret\ndata:\n  value: {word}\ntype: Opaque\n", word))
    for label in ("", "RSA"):
        word = base64.b64encode(pem(chance, label).encode()).decode()
        cases.append(Case("base64", f"kind: Secret\ndata:\n  tls.key: {word}\n", word))
        cases.append(Case("base64", f'{{"value":"{word}"}}', word))
    return cases
