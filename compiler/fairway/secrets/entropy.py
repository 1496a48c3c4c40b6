"""Telling values that only a machine would make from names, references and placeholders."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from math import log2
from typing import NamedTuple

_WORD = re.compile(r"[0-9A-Za-z]+")
_SYMBOLS = re.compile(r"[0-9A-Za-z+/=_.~!@#$%^&*-]+")


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text's characters in bits a character; 0 for an empty one."""
    size = len(text)
    counts = (text.count(character) for character in set(text))
    return -sum(count / size * log2(count / size) for count in counts)


def looks_random(value: str) -> bool:
    """Return whether a value looks drawn at random: of ten characters or more, classes mixed.

    In random text lower case, upper case and digits follow each other without order; in names,
    paths and versions they stay together. A capital that begins a word is no change of class.
    """
    if len(value) < 10 or len(value) > 4096 or _SYMBOLS.fullmatch(value) is None:
        return False
    words = _WORD.findall(value)
    joined = "".join(words)
    longest = max(map(len, words), default=0)
    if len(joined) < 10 or (longest < 16 and len(words) > 1 and not _split_up(words, joined)):
        return False
    if joined.isalpha():
        return _random_letters(joined)
    changes = _changes(joined)
    mixed = changes >= 3 and changes / len(joined) >= 0.18
    return mixed and entropy(joined) >= (3.0 if len(joined) >= 16 else 2.8)


def _split_up(words: list[str], joined: str) -> bool:
    """Whether words are parts of one random text, not a name with a random suffix."""
    named = any(len(word) >= 4 and word.isalpha() and word.islower() for word in words)
    return len(joined) >= 20 and not named


def _random_letters(joined: str) -> bool:
    """Whether a long word of letters alone is no words.

    Two letters in five are vowels in words, and one in five in random text; and in random text
    every fourth letter is a capital after a small one.
    """
    if len(joined) < 20 or entropy(joined) < 3.6:
        return False
    pairs = pairwise(joined)
    inner = sum(1 for first, second in pairs if first.islower() and second.isupper())
    vowels = sum(letter in "aeiouAEIOU" for letter in joined)
    return inner / len(joined) > 0.2 or vowels / len(joined) < 0.18


def _changes(text: str) -> int:
    """Count where the class of characters changes, a capital before a small letter aside."""
    classes = text.translate(_classes())
    pairs = pairwise(classes)
    return sum(1 for first, second in pairs if first != second and first + second != "Aa")


@cache
def _classes() -> dict[int, str]:
    return {
        code: "0" if chr(code).isdigit() else "A" if chr(code).isupper() else "a"
        for code in range(128)
    }


_REFERENCE = r"""
        [$<(\[{]|%\(|%\w+%                               # variables and templates
      | \\\(|ENC\[|ref\+|secretref:|vault:|arn:|projects/|op:/|env:|file:|sha(?:1|256|384|512)[:-]
      | [A-Za-z][A-Za-z0-9+.-]*://                       # a URL; a password inside is found apart
      | [.~]?/(?!\S*=\Z)|\.\./|[A-Za-z]:\\           # a path
      | (?:secrets?|env|vars?|values|data|local|module|config|settings|self|this|process|os|github
         |inputs|params|parameters|steps|needs|outputs|each|item)\.[A-Za-z_]
      | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z                  # the name of a variable
      | [A-Za-z_]+(?:\.[A-Za-z_]+)+\Z                    # the name of an attribute
      | [\w./-]+\.(?:json|ya?ml|pem|key|crt|cer|txt|env|toml|p12|jks|pub|cfg|conf)\Z
      | [A-Za-z_]*(?:password|passphrase|passwd|secret|token|pass)[A-Z_][A-Za-z_]*\Z
      | [A-Za-z_]+_(?:password|passphrase|passwd|pass)\Z   # the name of a variable, or of a type
      | [a-z0-9-]*(?:secrets?|creds?|credentials?|vault|passwords?|passwd|tokens?)
        (?:[-/][a-z0-9-]+)*\Z                            # the name of a secret
      | [a-z]+(?:-[a-z]+)*(?:/[a-z]+(?:-[a-z]+)*)+\Z     # a name and a key of it
      | Ag[A-Za-z0-9+/]{254}                             # sealed: encrypted for a cluster
    """
_INSIDE = r"\$\{|\$\(|\{\{|\}\}|\(\)|\w\(|\w\[|<[\w .-]+>|…|\.\.\."
_PLACEHOLDER = r"""
        change[_-]?(?:me|it|this)|example|sample|dummy|placeholder|replace|redacted|removed|masked
      | hidden|omitted|censored|insert|fixme|to-?do|tbd|your|\bmy[_-]?(?:pass|secret|token|api|key)
      | \bsome[_-]|\bnot[_-]|(?:foo|bar|baz)(?:bar|baz)?\Z|xxx|\*\*\*|---|___|\?\?\?|\#\#\#
      | abcdefgh|012345678|fake|mock|\bn/?a\Z|undefined|unset|empty|no[nt]?e\Z|nil\Z|null\Z
    """
_WORDS = frozenset({
    "true", "false", "yes", "no", "on", "off", "null", "none", "nil", "string", "str",
    "text", "int", "integer", "number", "bool", "boolean", "bytes", "required", "optional",
    "default", "any", "object", "array", "list", "map", "enum", "const", "type", "format",
    "file", "path", "name", "key", "value", "literal", "plain", "disabled", "enabled",
    "unknown", "auto", "generated", "random", "external", "internal", "prompt", "inherit",
    "never", "always", "basic", "bearer", "digest", "oauth", "oauth2", "oidc", "saml",
    "jwt", "mtls", "kerberos", "md5", "scram", "password", "passwd", "passphrase", "secret",
    "token", "credential", "credentials", "pass", "pwd", "user", "username", "apikey",
    "api_key", "access_key", "secret_key", "private_key", "auth", "authorization", "hashed",
    "encrypted", "write-only", "writeonly", "password-hash", "the", "a", "an", "is", "of",
    "for", "in", "and", "or", "to", "see", "must", "should", "this", "that", "it", "from",
    "scram-sha-256", "scram-sha-512", "cert-manager", "set", "unset",
})  # fmt: skip


def is_reference(value: str) -> bool:
    """Return whether a value says where a secret is, not what it is: ``${TOKEN}``, a path."""
    patterns = _patterns()
    return patterns.reference.match(value) is not None or patterns.inside.search(value) is not None


def is_placeholder(value: str) -> bool:
    """Return whether a value stands for one: ``changeme``, ``<your-token>``, a type's name."""
    if value.lower() in _WORDS or len(set(value)) < 3:
        return True
    return _patterns().placeholder.search(value) is not None


class _Patterns(NamedTuple):
    reference: re.Pattern[str]
    inside: re.Pattern[str]
    placeholder: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    # Compiled when the first key is met that is named like a secret: most texts have none.
    return _Patterns(
        re.compile(_REFERENCE, re.VERBOSE),
        re.compile(_INSIDE),
        re.compile(_PLACEHOLDER, re.VERBOSE | re.IGNORECASE),
    )
