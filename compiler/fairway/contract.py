"""Checking ``contract.json``: the model server's own model of it, with exact positions."""

from __future__ import annotations

import json

from pydantic import ValidationError

from fairway import rule
from fairway.finding import Finding
from fairway.location import Location, format_route
from fairway.serve.contract import Contract
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode


def check_contract(data: bytes, shown: str) -> tuple[Document | None, list[Finding]]:
    """Return nothing for a well-formed contract; else its document and a finding a fault."""
    try:
        Contract.model_validate(json.loads(data))
    except ValidationError as error:
        return _explain(data, shown, error)
    except (ValueError, RecursionError):
        return _explain(data, shown, None)
    return None, []


def _explain(
    data: bytes, shown: str, error: ValidationError | None
) -> tuple[Document | None, list[Finding]]:
    source, findings = decode(shown, data)
    if source is None:
        return None, findings
    document, more = parse(source)
    findings += more
    if error is None or findings:
        message = "the contract must be JSON; this is YAML"
        return document, findings or [rule.CONTRACT(message, Location(shown))]
    for detail in error.errors(include_url=False, include_input=False):
        route = detail["loc"]
        while route and not document.holds(route):
            route = route[:-1]
        named = f"`{format_route(detail['loc'])}`: " if detail["loc"] else ""
        message = named + detail["msg"][:1].lower() + detail["msg"][1:]
        findings.append(rule.CONTRACT(message, Location(shown, route)))
    return document, findings
