"""The shapes of tokens that are known by their prefix, and the text of private keys.

Prefixes, alphabets and lengths are those of gitleaks (config/gitleaks.toml, version 8), and where
it has no rule those that the issuer's own tokens have (Docker Hub, Groq, Replicate, LangSmith).
Lengths are least ones where the issuer says that tokens may grow: GitHub's to 255 characters
(changelog of 2021-03-31). JSON web tokens are those of RFC 7519, private keys those of RFC 7468.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Secret(NamedTuple):
    """A literal secret in a text: offsets in code points, the end exclusive, quotes left out."""

    kind: str
    start: int
    end: int


_URLSAFE = "[0-9A-Za-z_-]"

SHAPES: tuple[tuple[str, str], ...] = (
    ("AWS access key", r"(?:AKIA|ASIA|ABIA)[A-Z2-7]{16}(?![0-9A-Za-z])"),
    ("Amazon Bedrock API key", r"ABSK[0-9A-Za-z+/]{109,269}={0,2}"),
    ("GitHub token", r"gh[opsur]_[0-9A-Za-z_]{36,251}|github_pat_[0-9A-Za-z_]{82,244}"),
    (
        "GitLab token",
        rf"gl(?:pat|ptt|dt|rt|oas|agent|ft|imt|soat|ffct|cbt-[0-9A-Za-z]{{1,5}})[-_]"
        rf"{_URLSAFE}{{20,300}}(?:\.[0-9a-z]{{2}}\.?[0-9a-z]{{7}})?",
    ),
    (
        "Slack token",
        r"(?:xox[abeoprs]|xapp)-(?:[0-9A-Za-z]{1,16}-){0,5}[0-9A-Za-z]{16,170}",
    ),
    (
        "Slack webhook",
        r"hooks\.slack\.com/(?:services/T[0-9A-Z]{8,12}/B[0-9A-Z]{8,12}/[0-9A-Za-z]{24}"
        r"|(?:workflows|triggers)/[0-9A-Za-z+/]{40,80})",
    ),
    ("Stripe key", r"[sr]k_(?:live|test|prod)_[0-9A-Za-z]{16,247}|whsec_[0-9A-Za-z+/]{32,64}"),
    ("Google API key", rf"AIza{_URLSAFE}{{35}}"),
    (
        "OpenAI API key",
        rf"sk-(?:[0-9A-Za-z]{{20}}|(?:proj|svcacct|admin)-{_URLSAFE}{{20,120}})"
        rf"T3BlbkFJ{_URLSAFE}{{20,120}}",
    ),
    ("Anthropic API key", rf"sk-ant-[a-z]{{3,8}}[0-9]{{2}}-{_URLSAFE}{{80,160}}"),
    ("OpenRouter API key", r"sk-or-v1-[0-9a-f]{64}"),
    ("Hugging Face token", r"(?:hf|api_org)_[0-9A-Za-z]{34,40}"),
    (
        "PyPI token",
        rf"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw){_URLSAFE}{{50,1000}}",
    ),
    ("npm token", r"npm_[0-9A-Za-z]{36}"),
    (
        "JSON web token",
        rf"eyJ{_URLSAFE}{{10,4096}}\.eyJ{_URLSAFE}{{10,16384}}\.{_URLSAFE}{{20,1024}}",
    ),
    ("Databricks token", r"(?:dapi|dose)[0-9a-f]{32}(?:-[0-9])?(?![0-9A-Za-z])"),
    ("SendGrid API key", rf"SG\.{_URLSAFE}{{22}}\.{_URLSAFE}{{43}}"),
    ("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    ("Docker Hub token", rf"dckr_[po]at_{_URLSAFE}{{27,64}}"),
    ("Vault token", rf"hv[sbr]\.{_URLSAFE}{{24,400}}"),
    ("Telegram bot token", rf"[0-9]{{8,10}}:A{_URLSAFE}{{34}}(?!{_URLSAFE})"),
    ("Twilio API key", r"SK[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("Azure client secret", r"[0-9A-Za-z_~.]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}"),
    ("Grafana token", r"glsa_[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}|glc_[0-9A-Za-z+/]{32,400}"),
    ("Shopify token", r"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}"),
    ("Pulumi token", r"pul-[0-9a-f]{40}"),
    ("Postman API key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("Sentry token", r"sntryu_[0-9a-f]{64}|sntrys_[0-9A-Za-z+/=_]{60,500}"),
    ("Replicate token", r"r8_[0-9A-Za-z]{37}"),
    ("Groq API key", r"gsk_[0-9A-Za-z]{52}"),
    ("Perplexity API key", r"pplx-[0-9A-Za-z]{48}"),
    ("LangSmith API key", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("Prefect API key", r"pn[ub]_[0-9A-Za-z]{36}"),
    ("RubyGems API key", r"rubygems_[0-9a-f]{48}"),
    ("age secret key", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
)
"""Each kind with its pattern: every repetition is bounded, so matching is linear in the text."""

_PEM_TYPE = r"(?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?"
_FILLER = re.compile(
    r"(.)\1{7}|(.{2,4}?)\2{4}|example|abcdefgh|01234567|12345678|deadbeef|placeholder"
    r"|redacted|changeme|your[_-]",
    re.IGNORECASE | re.DOTALL,
)
_ENCODED_LINE = re.compile(r"[0-9A-Za-z+/=]{40}")


def is_filler(token: str) -> bool:
    """Return whether a token's text is made up, as in documentation: ``AKIA…EXAMPLE``, ``xxxx``."""
    tail = token[-24:]
    return len(set(tail)) < 6 or _FILLER.search(token, 0, 4096) is not None


def known_tokens(text: str, start: int, end: int) -> Iterator[Secret]:
    """Find tokens of known shapes in ``text[start:end]``, in time linear in its length."""
    for match in _shapes().finditer(text, start, end):
        token = match.group()
        if is_filler(token):
            continue
        kind = SHAPES[int(str(match.lastgroup)[1:])][0]
        if kind == "JSON web token":
            named = _token_kind(token)
            if named is None:
                continue
            kind = named
        yield Secret(kind, *match.span())


def private_keys(text: str, start: int, end: int) -> Iterator[Secret]:
    """Find PEM and PGP private keys (RFC 7468) that have a body, header and footer included.

    Their lines may be indented, commented out, or written as ``\\n`` in a JSON string.
    """
    for match in _pem().finditer(text, start, end):
        if _ENCODED_LINE.search(match.group()) and not _FILLER.search(match.group(), 0, 200):
            yield Secret("private key", *match.span())


def decoded(word: str) -> str | None:
    """Return the ASCII text that a base64 word (RFC 4648, either alphabet) encodes, or None."""
    body = word.rstrip("=").translate({0x2D: "+", 0x5F: "/"})
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        return binascii.a2b_base64(body + "=" * (-len(body) % 4)).decode("ascii")
    except ValueError:
        return None


def _token_kind(token: str) -> str | None:
    """Name a JSON web token by its claims; None when its header is not one (RFC 7515, 4.1)."""
    header, claims, _ = token.split(".", 2)
    text = decoded(header)
    if text is None or '"alg"' not in text:
        return None
    if "system:serviceaccount:" in (decoded(claims) or ""):
        return "Kubernetes service account token"
    return "JSON web token"


@cache
def _shapes() -> re.Pattern[str]:
    parts = "|".join(f"(?P<s{number}>{shape})" for number, (_, shape) in enumerate(SHAPES))
    return re.compile(rf"(?<![0-9A-Za-z])(?:{parts})")


@cache
def _pem() -> re.Pattern[str]:
    # Possessive, and no dash pairs inside: a text of nothing but headers is read once.
    body = r"(?:[\s0-9A-Za-z+/=:,.#>|\\\"']|-(?!-)){40,32768}+"
    return re.compile(rf"-----BEGIN {_PEM_TYPE}-----{body}(?:-----END {_PEM_TYPE}-----)?")
