"""Secrets in specs: tokens that are made up while the corpus is made, so that none is written."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from corpus.case import Case, Expect
from corpus.fault import Fault

RULE = "security/no-literal-secrets"


MADE: set[str] = set()
"""What was made so far, which no file of expectations may hold."""


def letters(words: str, length: int) -> str:
    """Return letters and digits that follow from words and look drawn by chance."""
    data = b"".join(hashlib.sha256(f"{words} {n}".encode()).digest() for n in range(4))
    text = base64.b64encode(data).decode().replace("+", "Qx").replace("/", "7b").rstrip("=")
    MADE.update((text[:length], text[:length].upper()))
    return text[:length]


def _in_the_description(case: Case) -> Iterable[Expect]:
    token = "gh" + "p_" + letters("description", 36)
    case.set("metadata.description", f'"Scores for {case.sound.name}; clone with {token}"')
    return [Expect(RULE, "metadata.description", case.all)]


def _in_a_comment(case: Case) -> Iterable[Expect]:
    key = "AK" + "IA" + letters("comment", 16).upper()
    case.spec.text += f"\n# TODO rotate: {key}\n"
    return [Expect(RULE, "text:# TODO rotate", case.all)]


def _in_the_reason(case: Case) -> Iterable[Expect] | None:
    if case.value("serving.auth.none") is None:
        return None
    written = "callers send pass" + "word=" + letters("reason", 18) + " as a header"
    case.set("serving.auth.none", f'"{written}"')
    return [Expect(RULE, "serving.auth.none", case.all)]


def _in_an_alert(case: Case) -> Iterable[Expect]:
    hook = "https://hooks.sl" + "ack.com/services/T0" + "4AB12CD/B0" + "5EF34GH/"
    case.set("monitoring.alerts.ticket", f'"{hook}{letters("alert", 24)}"')
    return [Expect(RULE, "monitoring.alerts.ticket", case.all)]


FAULTS = (
    Fault("a token in the description", frozenset({"description", "images"}), _in_the_description),
    Fault("an access key in a comment", frozenset({"comment"}), _in_a_comment),
    Fault("a password in a reason", frozenset({"auth"}), _in_the_reason),
    Fault("a webhook in an alert", frozenset({"alerts"}), _in_an_alert),
)
