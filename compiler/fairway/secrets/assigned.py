"""Literal values of keys and variables that are named like secrets: ``password: …``, ``API_KEY=…``.

A password may be any text, so every literal counts; of other keys only values that look random.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from string import ascii_letters, digits
from typing import NamedTuple

from fairway.secrets.entropy import is_placeholder, is_reference, looks_random
from fairway.secrets.shapes import Secret, decoded

LITERAL = "literal password"
NAMED = "high-entropy value of a key named like a secret"
HEADER = "credentials in an Authorization header"

_PASSWORDS = ("password", "passwd", "passphrase", "passcode", "pwd")
_SECRETS = (
    "secret", "token", "credential", "credentials", "apikey", "accesskey", "secretkey",
    "privatekey", "accountkey", "encryptionkey", "decryptionkey", "signingkey", "authkey",
    "masterkey", "licensekey", "sharedkey", "storagekey", "subscriptionkey", "sessionkey",
    "hmackey", "servicekey", "webhookkey", "fernetkey", "adminkey", "clientkey", "appkey",
    "applicationkey", "connectionstring", "dockerconfigjson",
)  # fmt: skip
_PUBLIC = (
    "padtoken", "eostoken", "bostoken", "unktoken", "septoken", "clstoken", "masktoken",
    "nexttoken", "pagetoken", "continuetoken", "continuationtoken", "csrftoken", "publictoken",
    "synctoken", "publickey", "imagepullsecret",
)  # fmt: skip
_NAME_CHARACTERS = ascii_letters + digits + "_.-"
_SYNTAX = ("", *"*&!|>@%`")
"""What begins no plain scalar (YAML 1.2.2, production 22), so an alias, an anchor or a tag."""
_LONGEST_NAME = 128
_LONGEST_VALUE = 1024
_JUDGED = 256
"""How much of a value is judged: enough to tell, and little where values hold names of others."""


class _Patterns(NamedTuple):
    name: re.Pattern[str]
    words: re.Pattern[str]
    suffix: re.Pattern[str]
    assign: re.Pattern[str]
    option: re.Pattern[str]
    entry: re.Pattern[str]
    quoted: re.Pattern[str]
    plain: re.Pattern[str]
    listed: re.Pattern[str]
    block: re.Pattern[str]
    header: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    quote = r"(?:\\{0,3}[\"'])"
    space = r"[ \t]{0,32}"
    return _Patterns(
        name=re.compile(rf"[0-9A-Za-z_.-]{{1,{_LONGEST_NAME}}}"),
        words=re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+"),
        suffix=re.compile(
            r"(?:v?[0-9]+|base64|b64|value|prod|production|staging|dev|primary|secondary|old|new"
            r"|current|plaintext)\Z"
        ),
        assign=re.compile(rf"{quote}?{space}(?P<sign>:=|=>|[:=](?!=)){space}"),
        option=re.compile(
            rf"{quote}?{space},{space}(?=\\{{0,3}}[\"'])|{quote}?\r?\n{space}-[ ]|[ \t]{{1,8}}"
        ),
        entry=re.compile(
            rf"{quote}?{space}(?:,{space}|\r?\n)(?:{space}\r?\n)?{space}{quote}?value{quote}?"
            rf"{space}:{space}"
        ),
        quoted=re.compile(
            rf"(?P<quote>{quote})(?P<value>(?:(?!(?P=quote))[^\n]){{1,{_LONGEST_VALUE}}})(?P=quote)"
        ),
        plain=re.compile(rf"[^\s\"'`]{{1,{_LONGEST_VALUE}}}"),
        listed=re.compile(rf"[^\s\"'`,;&|]{{1,{_LONGEST_VALUE}}}"),
        block=re.compile(r"[|>][+-]?[0-9]?[+-]?[ \t]*(?:#[^\n]{0,200})?\r?\n[ \t]*"),
        header=re.compile(
            r"(?:bearer|basic|token|digest|apikey)[ \t]{1,8}(\S{1,4096})", re.IGNORECASE
        ),
    )


def assigned(text: str, hits: Iterable[int]) -> Iterator[Secret]:
    """Find literal values of the names that hold the offsets ``hits``, which are in order."""
    patterns = _patterns()
    done = 0
    for hit in hits:
        if hit < done:
            continue
        match = patterns.name.match(text, _name_start(text, hit, done))
        if match is None:
            continue
        done = match.end()
        # A type's full name, such as AWS::SecretsManager::Secret, is none of a value.
        kind = "" if text.startswith("::", match.start() - 2) else _judge(match.group())
        if kind:
            found = _value(text, match, kind)
            if found is not None:
                yield found
                done = max(done, found.end)


def _name_start(text: str, hit: int, least: int) -> int:
    before = text[max(least, hit - _LONGEST_NAME // 2) : hit]
    return hit - len(before) + len(before.rstrip(_NAME_CHARACTERS))


def _judge(name: str) -> str:
    """Return the kind of secret that a name promises, or an empty text."""
    patterns = _patterns()
    words = [word.lower() for word in patterns.words.findall(name)]
    while len(words) > 1 and patterns.suffix.match(words[-1]):
        words.pop()
    joined = "".join(words)
    if joined.endswith(_PASSWORDS) or (len(words) > 1 and words[-1] == "pass"):
        return LITERAL
    if joined.endswith("authorization"):
        return HEADER
    if joined.endswith(_SECRETS) and not joined.endswith(_PUBLIC):
        return NAMED
    return ""


def _value(text: str, name: re.Match[str], kind: str) -> Secret | None:
    patterns = _patterns()
    end = name.end()
    match = patterns.assign.match(text, end) or patterns.entry.match(text, end)
    if match is None and _takes_next(text, name):
        match = patterns.option.match(text, end)
    if match is None:
        return None
    start = match.end()
    spaced = match.group()[-1] in " \t" or text[name.end() : name.end() + 1] in ("'", '"', "\\")
    quoted = patterns.quoted.match(text, start)
    if quoted is not None:
        return _literal(kind, quoted["value"], quoted.start("value"), name, quoted=True)
    block = patterns.block.match(text, start)
    if block is not None:
        start, spaced = block.end(), True
    if kind == HEADER:
        return _header(text[start : start + _LONGEST_VALUE].partition("\n")[0], start)
    by_equals = match.groupdict().get("sign") == "="
    if not (spaced or by_equals or match.re is not patterns.assign):
        return None
    value = _plain(text, start, by_equals)
    if value[:1] in _SYNTAX and not by_equals:
        return None
    if not by_equals and _prose_follows(text, start + len(value), value):
        kind = NAMED
    return _literal(kind, value, start, name, quoted=False)


def _takes_next(text: str, name: re.Match[str]) -> bool:
    """Whether a name is an option of a command, or a variable of a Dockerfile's ENV."""
    return name.group().startswith("--") or text[max(name.start() - 4, 0) : name.start()] == "ENV "


def _plain(text: str, start: int, by_equals: bool) -> str:
    """Return the unquoted value at ``start``, without what closes the expression around it."""
    patterns = _patterns()
    match = (patterns.listed if by_equals else patterns.plain).match(text, start)
    return match.group().rstrip(",;:.)]}\\") if match is not None else ""


def _prose_follows(text: str, end: int, value: str) -> bool:
    """Whether more words follow an unquoted value in its line, so that it begins a sentence."""
    rest = text[end : end + 80].partition("\n")[0].strip()
    return bool(rest) and rest[0].isalpha() and value[:1].isalnum()


def _literal(
    kind: str, value: str, start: int, name: re.Match[str], *, quoted: bool
) -> Secret | None:
    if kind == HEADER:
        return _header(value, start)
    head = value[:_JUDGED]
    if not quoted:
        # Base64 has the sign at its end only: after it another assignment begins.
        head = head.partition("=")[0]
    if is_reference(head) or is_placeholder(head):
        return None
    random = looks_random(head)
    if kind == LITERAL:
        if len(value) < 4 or head.count(" ") > 3 or value in name.group():
            return None
        if not quoted and len(value) < 5 and value.replace(".", "", 1).isdigit():
            return None
        kind = "high-entropy password" if random else LITERAL
    elif random or _encoded_random(head):
        kind = _named_kind(name.group().lower(), value)
    else:
        return None
    return Secret(kind, start, start + len(value))


def _header(value: str, start: int) -> Secret | None:
    match = _patterns().header.match(value)
    credentials = match.group(1).rstrip("\"'\\,;") if match else ""
    head = credentials[:_JUDGED]
    if is_reference(head) or is_placeholder(head):
        return None
    if not looks_random(head) and ":" not in (decoded(head) or ""):
        return None
    offset = start + (match.start(1) if match else 0)
    return Secret(HEADER, offset, offset + len(credentials))


def _named_kind(name: str, value: str) -> str:
    if len(value) == 40 and "aws" in name:
        return "AWS secret key"
    if len(value) == 88 and value.endswith("==") and "key" in name:
        return "Azure storage key"
    return NAMED


def _encoded_random(value: str) -> bool:
    """Whether a value is base64 of what looks random."""
    inner = decoded(value) if len(value) >= 16 else None
    return inner is not None and looks_random(inner.strip())
