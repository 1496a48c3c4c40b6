"""Finding literal secrets in any text: specs, manifests, Dockerfiles, requirements, JSON.

Clean text is the rule, so cheap passes go first: each regular expression of them begins with a
literal or runs over a copy whose characters stand for classes, and what they point at is looked
at closely. The work is linear in the text, whatever is in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from fairway.secrets.assigned import assigned
from fairway.secrets.entropy import is_placeholder, is_reference
from fairway.secrets.shapes import Secret, decoded, known_tokens, private_keys

__all__ = ["Secret", "find_secrets", "shown"]

_LONGEST_ENCODED = 1 << 16
_SHOWN = 4
_KEYS = b"api|ess|ate|unt|ion|ing|uth|ter|nse|red|age|mac|ice|ook|net|min|ent|app"
"""How the words end that make a key a secret one: access, private, account and so on."""


class _Passes(NamedTuple):
    """What is sought in every text; see ``_passes``."""

    classes: bytes
    in_classes: tuple[re.Pattern[bytes], ...]
    in_bytes: tuple[re.Pattern[bytes], ...]
    in_lower: tuple[re.Pattern[bytes], ...]
    names: tuple[re.Pattern[bytes], ...]
    word: re.Pattern[bytes]
    url: re.Pattern[str]
    encoded: re.Pattern[str]


def find_secrets(text: str) -> list[Secret]:
    """Return the literal secrets of a text in order, none overlapping another.

    Never raises. A secret inside base64 is the whole base64 word. Where two readings overlap,
    the shape of a known token wins over a password in a URL, and that over the name of a key.
    """
    return _find(text, decode=True)


def shown(secret_text: str) -> str:
    """Return how a report may print a secret: at most its first four characters, and its length.

    A short one shows less: one character in five.
    """
    first = secret_text[: min(_SHOWN, len(secret_text) // 5)]
    first = "".join(character if character.isprintable() else "?" for character in first)
    return f"{first}… ({len(secret_text)} characters)"


def _find(text: str, *, decode: bool) -> list[Secret]:
    passes = _passes()
    # One byte for each code point, so that offsets are the text's own.
    raw = text.encode("latin-1", "replace")
    lower = raw.lower()
    # The space before it lets the first word begin as the others do.
    classes = (b" " + raw).translate(passes.classes)
    hits = [match.start() for each in passes.in_bytes for match in each.finditer(raw)]
    hits += [match.start() for each in passes.in_lower for match in each.finditer(lower)]
    hits += [match.start() for each in passes.in_classes for match in each.finditer(classes)]
    words = [match.start() for match in passes.word.finditer(classes) if _is_mixed(raw, match)]
    if b"~" in raw:
        hits += [match.start() for match in re.finditer(b"Q~", raw)]
    found: list[Secret] = []
    if any(raw.startswith(b"IVATE KEY", hit) for hit in hits):
        found += private_keys(text, 0, len(text))
    if hits or words:
        found += _tokens(text, sorted(hits + words))
    if decode and words:
        found += _encoded(text, words)
    if b"@" in raw:
        found += _in_urls(text)
    names = sorted(match.start() for each in passes.names for match in each.finditer(lower))
    if names:
        found += assigned(text, names)
    return _without_overlaps(found) if found else found


def _is_mixed(raw: bytes, match: re.Match[bytes]) -> bool:
    """Whether a word may be a token: a digest is hexadecimal, and names have no digits."""
    word = raw[match.start() : match.end() - 1]
    return not word.isalpha() and bool(word.strip(b"0123456789abcdef"))


def _tokens(text: str, hits: Iterable[int]) -> Iterator[Secret]:
    """Look for known shapes in the lines of ``hits``, each line once."""
    done = 0
    for hit in hits:
        if hit >= done:
            start = max(done, text.rfind("\n", done, hit) + 1)
            end = text.find("\n", hit)
            done = end if end >= 0 else len(text)
            yield from known_tokens(text, start, done)


def _encoded(text: str, words: Iterable[int]) -> Iterator[Secret]:
    """Look into base64 words, one level deep."""
    pattern = _passes().encoded
    for start in words:
        match = pattern.match(text, start)
        inner = decoded(match.group()) if match is not None else None
        if match is None or inner is None:
            continue
        secrets = _find(inner, decode=False)
        if secrets:
            yield Secret(secrets[0].kind, start, match.end())


def _in_urls(text: str) -> Iterator[Secret]:
    for match in _passes().url.finditer(text):
        password = match["password"]
        port = password.isdigit() and len(password) <= 5
        if not (port or is_reference(password) or is_placeholder(password)):
            yield Secret("password in a URL", *match.span("password"))


def _without_overlaps(found: Iterable[Secret]) -> list[Secret]:
    """Keep of overlapping secrets the one that comes first, and order them by their offsets."""
    starts: list[int] = []
    kept: list[Secret] = []
    for secret in found:
        at = bisect_left(starts, secret.start)
        if (at and kept[at - 1].end > secret.start) or (
            at < len(kept) and kept[at].start < secret.end
        ):
            continue
        starts.insert(at, secret.start)
        kept.insert(at, secret)
    return kept


@cache
def _passes() -> _Passes:
    def compiled(*patterns: bytes) -> tuple[re.Pattern[bytes], ...]:
        return tuple(re.compile(pattern) for pattern in patterns)

    return _Passes(
        classes=bytes(map(_class_of, range(256))),
        # A separator and 16 letters and digits: what follows the prefix of most tokens.
        in_classes=compiled(b"_" + b"x" * 16),
        in_bytes=compiled(
            rb"I(?:A(?<=A[KSB]IA)|za(?<=AIza)|cHlwaS5vcmc|VATE KEY)",
            rb"SG\.",
            rb":A[0-9A-Za-z_-]{34}",
        ),
        in_lower=compiled(
            rb"k(?:-(?<=sk-)(?<![0-9a-z]sk-)|r_[po]at_)", rb"gl[a-z]{2,6}[-_]", rb"hv[sbr]\."
        ),
        names=compiled(
            rb"k(?:en(?<=token)(?!: (?:fals|tru)e\b)"
            rb"|ey(?:(?<=(?:" + _KEYS + rb")key)|(?<=(?:" + _KEYS + rb")[_.-]key)))",
            rb"cre(?:t(?<=secret)|dential)",
            rb"pass(?:w|p|co|[\"']?[:=])",
            rb"pwd",
            rb"authorization[\\\"']{0,4}[ \t]{0,4}[:=]",
        ),
        # A word of its own, not a key: what base64 of plain text looks like.
        word=re.compile(b" " + b"x" * 24 + b"x*+(?! ?:)"),
        url=re.compile(r"://(?P<user>[^\s/?#@:\"'<>]{0,64}):(?P<password>[^\s/?#@\"'<>]{3,256})@"),
        encoded=re.compile(rf"[0-9A-Za-z+/]{{24,{_LONGEST_ENCODED}}}={{0,2}}"),
    )


def _class_of(code: int) -> int:
    character = chr(code)
    if character.isascii() and character.isalnum():
        return ord("x")
    if character in "-_.":
        return ord("_")
    return ord(character) if character == ":" else ord(" ")
