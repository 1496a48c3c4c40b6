"""Binding JSON files: fast when they are right, with exact positions when they are not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fairway import rule
from fairway.finding import Finding
from fairway.location import Location
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.source.layers import Layer, merge
from fairway.spec.bind import bind, validate
from fairway.spec.core import ValidationError

if TYPE_CHECKING:
    from fairway.lock.model import Lock


def bind_lock(data: bytes, shown: str) -> tuple[Lock | None, Document | None, list[Finding]]:
    """Return the typed lock; or its document and findings about it.

    The document is there only when findings need it: JSON is YAML, so the reader that keeps
    positions reads the file again.
    """
    try:
        return validate("lock", json.loads(data)), None, []
    except (ValidationError, ValueError, RecursionError):
        return None, *_explain(data, shown)


def _explain(data: bytes, shown: str) -> tuple[Document | None, list[Finding]]:
    source, findings = decode(shown, data)
    if source is None:
        return None, findings
    document, more = parse(source)
    findings += more
    if findings:
        return document, findings
    if not isinstance(document.value, dict):
        return document, [rule.LOCK_FORMAT("expected a JSON object", Location(shown))]
    _, findings = bind("lock", merge([Layer("spec", document)], frozenset()))
    if not findings:
        message = "this is YAML, and the lock must be JSON"
        findings = [rule.LOCK_FORMAT(message, Location(shown))]
    return document, findings
