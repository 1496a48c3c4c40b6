"""Made-up secrets of every kind, synthesised from a seed so that none lies in a file."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

BASE62 = ascii_letters + digits
URLSAFE = BASE62 + "-_"
BASE64 = BASE62 + "+/"
HEX = "0123456789abcdef"
BASE32 = ascii_uppercase + "234567"
_WORDS = ("river", "otter", "copper", "lantern", "maple", "summit", "violet", "harbor", "pepper")


def some(chance: Random, alphabet: str, size: int) -> str:
    return "".join(chance.choices(alphabet, k=size))


def _encoded(value: object) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def jwt(chance: Random, claims: dict[str, object]) -> str:
    header = {"alg": chance.choice(["RS256", "HS256", "ES256"]), "typ": "JWT"}
    return f"{_encoded(header)}.{_encoded(claims)}.{some(chance, URLSAFE, 43)}"


def _service_account(chance: Random) -> str:
    return jwt(
        chance,
        {
            "iss": "kubernetes/serviceaccount",
            "kubernetes.io/serviceaccount/namespace": "ml-payments",
            "sub": f"system:serviceaccount:ml-payments:{chance.choice(_WORDS)}",
        },
    )


def pem(chance: Random, label: str = "") -> str:
    """A private key's text; the marker is put together here, so that no file holds one."""
    name = f"{label} PRIVATE KEY".strip()
    body = [some(chance, BASE64, 64) for _ in range(chance.randint(3, 12))]
    return "\n".join([f"-----BEGIN {name}-----", *body, f"-----END {name}-----"])


def password(chance: Random) -> str:
    return chance.choice(
        [
            lambda: some(chance, BASE62, chance.randint(12, 24)),
            lambda: chance.choice(_WORDS) + some(chance, digits, 2),
            lambda: chance.choice(_WORDS).title() + some(chance, digits, 4) + "!",
            lambda: some(chance, BASE62 + "!@%^*-_", 16),
            lambda: f"{chance.choice(_WORDS)}-{chance.choice(_WORDS)}-{some(chance, digits, 2)}",
        ]
    )()


TOKENS: dict[str, Callable[[Random], str]] = {
    "AWS access key": lambda c: c.choice(["AKIA", "ASIA"]) + some(c, BASE32, 16),
    "GitHub token": lambda c: f"gh{c.choice('pousr')}_" + some(c, BASE62, 36),
    "GitHub fine-grained token": lambda c: (
        "github_pat_" + some(c, BASE62, 22) + "_" + some(c, BASE62, 59)
    ),
    "GitLab token": lambda c: "glpat-" + some(c, URLSAFE, 20),
    "Slack token": lambda c: (
        f"xoxb-{some(c, digits, 12)}-{some(c, digits, 13)}-{some(c, BASE62, 24)}"
    ),
    "Slack user token": lambda c: (
        "xoxp-" + "-".join(some(c, digits, 12) for _ in range(3)) + "-" + some(c, HEX, 32)
    ),
    "Slack webhook": lambda c: (
        f"hooks.slack.com/services/T{some(c, BASE32, 10)}/B{some(c, BASE32, 10)}"
        f"/{some(c, BASE62, 24)}"
    ),
    "Stripe key": lambda c: c.choice(["sk", "rk"]) + "_live_" + some(c, BASE62, 24),
    "Google API key": lambda c: "AIza" + some(c, URLSAFE, 35),
    "OpenAI API key": lambda c: f"sk-{some(c, BASE62, 20)}T3BlbkFJ{some(c, BASE62, 20)}",
    "OpenAI project key": lambda c: f"sk-proj-{some(c, URLSAFE, 74)}T3BlbkFJ{some(c, URLSAFE, 74)}",
    "Anthropic API key": lambda c: f"sk-ant-api03-{some(c, URLSAFE, 93)}AA",
    "Hugging Face token": lambda c: "hf_" + some(c, ascii_letters, 34),
    "PyPI token": lambda c: "pypi-AgEIcHlwaS5vcmc" + some(c, URLSAFE, 150),
    "npm token": lambda c: "npm_" + some(c, BASE62, 36),
    "JSON web token": lambda c: jwt(c, {"sub": some(c, digits, 10), "iat": 1516239022}),
    "Kubernetes service account token": _service_account,
    "Databricks token": lambda c: "dapi" + some(c, HEX, 32),
    "SendGrid API key": lambda c: f"SG.{some(c, URLSAFE, 22)}.{some(c, URLSAFE, 43)}",
    "DigitalOcean token": lambda c: "dop_v1_" + some(c, HEX, 64),
    "Docker Hub token": lambda c: "dckr_pat_" + some(c, URLSAFE, 27),
    "Vault token": lambda c: "hvs." + some(c, URLSAFE, 95),
    "Telegram bot token": lambda c: some(c, digits[1:], 10) + ":AA" + some(c, URLSAFE, 33),
    "Twilio API key": lambda c: "SK" + some(c, HEX, 32),
    "Azure client secret": lambda c: some(c, BASE62, 3) + "8Q~" + some(c, URLSAFE + ".~", 34),
    "Grafana token": lambda c: f"glsa_{some(c, BASE62, 32)}_{some(c, HEX, 8)}",
    "Groq API key": lambda c: "gsk_" + some(c, BASE62, 52),
    "Replicate token": lambda c: "r8_" + some(c, BASE62, 37),
}
"""Tokens that are known wherever they stand."""

NAMED: dict[str, Callable[[Random], str]] = {
    "AWS secret key": lambda c: some(c, BASE64, 40),
    "Azure storage key": lambda c: some(c, BASE64, 86) + "==",
    "hexadecimal key": lambda c: some(c, HEX, c.choice([32, 40, 64])),
    "base62 key": lambda c: some(c, BASE62, c.randint(20, 48)),
    "lower-case key": lambda c: some(c, ascii_lowercase + digits, c.randint(24, 40)),
}
"""Values that only the name of their key gives away."""
