"""Texts that hold no secret but look as if: digests, references, names, placeholders."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random
from string import ascii_lowercase, digits
from uuid import UUID

from literal_secrets.planted import Case
from literal_secrets.tokens import BASE62, BASE64, HEX, some

_NAMES = ["fraud", "churn", "digit", "wine", "diabetes", "tumour", "ranking", "pricing", "vision"]
_TEXT = "The model was trained on data of the last quarter and is retrained when drift is found. "


def _uuid(chance: Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _base64(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def _name(chance: Random) -> str:
    return f"{chance.choice(_NAMES)}-{chance.choice(_NAMES)}"


def _prose(chance: Random) -> str:
    start = chance.randrange(40)
    return (_TEXT * 2)[start : start + chance.randint(60, 120)]


def _pod(chance: Random) -> str:
    letters = "bcdfghjklmnpqrstvwxz2456789"
    return f"{_name(chance)}-{some(chance, letters, 10)}-{some(chance, letters, 5)}"


def _certificate(chance: Random) -> str:
    body = "\n".join("  " + some(chance, BASE64, 64) for _ in range(8))
    return f"ca: |\n  -----BEGIN CERTIFICATE-----\n{body}\n  -----END CERTIFICATE-----\n"


def _protobuf(chance: Random) -> str:
    raw = b"\x0a\x06" + chance.randbytes(chance.randint(30, 80))
    return f'{{"inputs": [{{"name": "x", "contents": "{_base64(raw)}"}}]}}'


def _schema(chance: Random) -> str:
    properties = {
        "password": {"type": "string", "minLength": chance.randint(8, 12)},
        "token": {"type": "string", "description": "The token of the caller"},
        "api_key": {"$ref": "#/$defs/api_key"},
    }
    return json.dumps({"properties": properties, "required": list(properties)}, indent=2)


LOOKALIKES: dict[str, Callable[[Random], str]] = {
    "digest": lambda c: f"digest: sha256:{some(c, HEX, 64)}\n",
    "image by digest": lambda c: f"image: ghcr.io/acme/{_name(c)}@sha256:{some(c, HEX, 64)}\n",
    "bare checksum": lambda c: f"{some(c, HEX, c.choice([40, 64, 128]))}  model.onnx\n",
    "requirement's hash": lambda c: (
        f"torch==2.5.1 \\\n    --hash=sha256:{some(c, HEX, 64)} \\\n"
        f"    --hash=sha256:{some(c, HEX, 64)}\n"
    ),
    "integrity": lambda c: f'"integrity": "sha512-{_base64(c.randbytes(64))}"\n',
    "UUID": lambda c: f"correlation: {_uuid(c)}\n",
    "git commit": lambda c: f"commit: {some(c, HEX, 40)}\nrevision: {some(c, HEX, 7)}\n",
    "git source": lambda c: f"git+https://github.com/acme/x.git@{some(c, HEX, 40)}#egg=x\n",
    "MLflow run": lambda c: f"source: runs:/{some(c, HEX, 32)}/model\nrun_id: {some(c, HEX, 32)}\n",
    "MLflow model id": lambda c: f"uri: models:/m-{some(c, HEX, 32)}\n",
    "object store": lambda c: f"uri: s3://models-{some(c, HEX, 12)}/{_name(c)}/{_uuid(c)}/x.onnx\n",
    "base64 of prose": lambda c: f"annotation: {_base64(_prose(c))}\n",
    "base64 of bytes": lambda c: f"checksum: {_base64(c.randbytes(32))}\n",
    "base64 of JSON": lambda c: _base64(json.dumps({"name": _name(c), "shape": [1, 64]})),
    "protobuf example": _protobuf,
    "secretKeyRef": lambda c: (
        f"- name: API_TOKEN\n  valueFrom:\n    secretKeyRef:\n      name: {_name(c)}\n"
        "      key: token\n"
    ),
    "reference of a spec": lambda c: (
        f"secrets: [{{name: FEATURE_STORE_TOKEN, from: {_name(c)}/token}}]\n"
    ),
    "variable": lambda c: c.choice(
        ["password: ${DB_PASSWORD}\n", "TOKEN=$(cat /run/token)\n", "api_key: '{{ api_key }}'\n",
         "token: ${{ secrets.GITHUB_TOKEN }}\n", "ENV API_KEY=$API_KEY\n", "password: %(pw)s\n",
         "client_secret: !vault x\n", "--token=$TOKEN\n", "https://bot:${TOKEN}@x.example.com/\n"]
    ),
    "placeholder": lambda c: c.choice(
        ["password: changeme\n", "token: <your-token>\n", "api_key: YOUR_API_KEY_HERE\n",
         "password: example\n", "API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx\n", "secret: REDACTED\n",
         "password: '********'\n", "token: replace-with-your-token-1a2b3c4d5e\n",
         "https://user:password@host.example.com/\n", "https://<user>:<token>@example.com\n"]
    ),
    "documented token": lambda c: c.choice(
        ["AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "sk-ant-api03-...", "glpat-" + "X" * 20,
         "hf_...", "xoxb-your-token", "sk_live_...", "AIza" + "0" * 35, "eyJ..."]
    ),
    "name of a secret": lambda c: c.choice(
        [f"secretName: {_name(c)}-tls\n", f"imagePullSecrets:\n- name: {_name(c)}\n",
         f"secret: {_pod(c)}\n", f"tokenSecret: {_name(c)}-credentials\n",
         f"existingSecret: {_name(c)}\n", f"password_secret_name: {_name(c)}\n",
         f"credentials: /var/run/secrets/{_name(c)}/key.json\n"]
    ),
    "setting of tokens": lambda c: c.choice(
        ["automountServiceAccountToken: false\n", f"max_tokens: {c.randint(16, 8192)}\n",
         "tokenAudience: https://fraud.ml.example.com\n", "tokenizer: bert-base-uncased\n",
         f"expirationSeconds: {c.randint(600, 7200)}\n", 'pad_token: "<|endoftext|>"\n',
         "serviceAccountToken:\n  path: token\n  audience: vault\n", "token_type: bearer\n",
         f"tokens_per_second: {c.randint(10, 900)}\n", f"passwordMinLength: {c.randint(8, 20)}\n"]
    ),
    "key that is none": lambda c: c.choice(
        [f"topologyKey: topology.kubernetes.io/{_name(c)}\n", f"partition_key: {_uuid(c)}\n",
         f"cache_key: {some(c, HEX, 32)}\n", f"primaryKey: {some(c, digits, 12)}\n",
         f"key: {_name(c)}-{some(c, HEX, 8)}\n", f"sort_key: {some(c, BASE62, 22)}\n",
         f"public_key: {_base64(c.randbytes(32))}\n", f"keyId: {some(c, HEX, 40)}\n"]
    ),
    "prose of secrets": lambda c: c.choice(
        ["# password: see the vault of the team\n", "# The token is read from the environment.\n",
         "description: Rotates the secret: weekly, and the password when asked\n",
         "# secret: nothing here is one\n", "message: token: expected a reference, not a literal\n",
         "Set the api key: it is on your profile page.\n", "# passwords are hashed with argon2\n"]
    ),
    "public key": lambda c: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{some(c, BASE64, 43)} ci@x\n",
    "RSA public key": lambda c: f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ{some(c, BASE64, 340)} x\n",
    "certificate": _certificate,
    "certificate in base64": lambda c: f"caBundle: {_base64(_certificate(c))}\n",
    "JSON Schema": _schema,
    "e-mail address": lambda c: (
        f"owners: [{_name(c)}@example.com, 'ops+{some(c, digits, 6)}@x.io']\n"
    ),
    "host": lambda c: f"host: {_pod(c)}.ml.svc.cluster.local:8080\nurl: http://{_name(c)}:9000/v2\n",
    "cron and CIDR": lambda c: (
        f"schedule: '{c.randrange(60)} 3 * * 1'\ncidr: 10.{c.randrange(256)}.0.0/16\n"
    ),
    "pod": lambda c: f"pod: {_pod(c)}\nnode: ip-10-0-{c.randrange(256)}-17.ec2.internal\n",
    "resource ids": lambda c: (
        f"role: arn:aws:iam::{some(c, digits, 12)}:role/{_name(c)}\n"
        f"subnet: subnet-{some(c, HEX, 17)}\n"
        f"kms: arn:aws:kms:eu-west-1:{some(c, digits, 12)}:key/{_uuid(c)}\n"
    ),
    "feature names": lambda c: json.dumps(
        [f"{c.choice(_NAMES)}_{some(c, ascii_lowercase, 6)}_{some(c, digits, 2)}d" for _ in "1234"]
    ),
    "Kubernetes names": lambda c: c.choice(
        [f"{c.choice(_NAMES)}_key_credentials_secret_token_count: {c.randint(1, 9)}\n",
         "requiredDuringSchedulingIgnoredDuringExecution: []\n",
         "kind: HorizontalPodAutoscaler\n", "reason: InvalidImageNameErrImagePullBackOff\n",
         f"kubectl.kubernetes.io/last-applied: {some(c, digits, 24)}\n"]
    ),
    "external secret": lambda c: (
        f"data:\n- secretKey: password\n  remoteRef:\n    key: prod/{_name(c)}\n"
        "    property: password\n"
    ),
    "sealed secret": lambda c: f"encryptedData:\n  password: AgB{some(c, BASE64, 600)}==\n",
}  # fmt: skip


def lookalikes(seed: int, each: int = 20) -> list[Case]:
    """Return ``each`` texts of every kind, none with a secret."""
    chance = Random(seed)  # noqa: S311 - for tests that can be run again
    return [Case(kind, make(chance)) for kind, make in LOOKALIKES.items() for _ in range(each)]
