"""Binding JSON files: fast when they are right, with exact positions when they are not."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from fairway import rule
from fairway.finding import Finding
from fairway.location import Location
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.source.layers import Layer, merge
from fairway.spec.bind import bind

M = TypeVar("M", bound=BaseModel)


def bind_json(
    model: type[M], data: bytes, shown: str, format_rule: rule.Rule
) -> tuple[M | None, Document | None, list[Finding]]:
    """Return the typed value of a JSON file; or its document and findings of ``format_rule``.

    The document is there only when findings need it: JSON is YAML, so the reader that keeps
    positions reads the file again.
    """
    try:
        return model.model_validate(json.loads(data)), None, []
    except (ValidationError, ValueError, RecursionError):
        return None, *explain_json(model, data, shown, format_rule)


def explain_json(
    model: type[M], data: bytes, shown: str, format_rule: rule.Rule
) -> tuple[Document | None, list[Finding]]:
    """Read a faulty JSON file again and return its document and what is wrong with it."""
    source, findings = decode(shown, data)
    if source is None:
        return None, findings
    document, more = parse(source)
    findings += more
    if findings:
        return document, findings
    if not isinstance(document.value, dict):
        return document, [format_rule("expected a JSON object", Location(shown))]
    _, findings = bind(model, merge([Layer("spec", document)], frozenset()))
    if not findings:
        findings = [format_rule("this is YAML, and the file must be JSON", Location(shown))]
    return document, findings
