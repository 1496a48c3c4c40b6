"""Checking ``contract.json``: the model server's own model of it, with exact positions."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Location, format_route
from fairway.serve.contract import Contract
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.source.strict_json import json_fault, unique
from fairway.spec.nearest import nearest


class ReadContract(NamedTuple):
    """A contract that is well formed; else its document and a finding a fault."""

    contract: Contract | None
    document: Document | None
    findings: list[Finding]


def read_contract(data: bytes, shown: str) -> ReadContract:
    """Return the contract of a file's bytes, or what is wrong with them."""
    try:
        contract = Contract.model_validate(json.loads(data, object_pairs_hook=unique))
    except ValidationError as error:
        return ReadContract(None, *_explain(data, shown, error))
    except (ValueError, RecursionError):
        return ReadContract(None, *_explain(data, shown, None))
    return ReadContract(contract, None, [])


def _explain(
    data: bytes, shown: str, error: ValidationError | None
) -> tuple[Document | None, list[Finding]]:
    source, findings = decode(shown, data)
    if source is None:
        return None, findings
    document, more = parse(source)
    if findings:
        return document, findings
    if error is None:
        fix = "correct it there, or write it with a JSON library"
        fault = json_fault(source, rule.CONTRACT, "the contract", fix)
        if fault is not None:
            return document, [fault]
        return document, more or [rule.CONTRACT("the contract cannot be read", Location(shown))]
    details = error.errors(include_url=False, include_input=False)
    findings = [_finding(document, shown, each) for each in details[: rule.MOST_FINDINGS]]
    if len(details) > rule.MOST_FINDINGS:
        findings.append(rule.too_many(shown))
    return document, findings


def _finding(document: Document, shown: str, detail: ErrorDetails) -> Finding:
    loc, kind = detail["loc"], detail["type"]
    if kind == "missing":
        where = f" in `{format_route(loc[:-1])}`" if loc[:-1] else ""
        message = f"required key `{loc[-1]}` is missing{where}"
        at = Location(shown, _held(document, loc[:-1]), "value" if loc[:-1] else "key")
        return rule.CONTRACT(message, at, fix="add it")
    route = _held(document, loc)
    if kind == "extra_forbidden":
        where = f" in `{format_route(loc[:-1])}`" if loc[:-1] else ""
        message = f"unknown key `{str(loc[-1])[:80]}`{where}"
        return rule.CONTRACT(message, Location(shown, route, "key"), fix="remove it")
    named = f"`{format_route(loc)}`: " if loc else ""
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
        value = _value(document, route)
        close = nearest(value, known) if isinstance(value, str) else None
        fix = Fix(f"write {close}", json.dumps(close)) if close else None
        text = f"{named}{json.dumps(value)[:60]} is not one of {', '.join(known)}"
        return rule.CONTRACT(text, Location(shown, route), fix=fix)
    message = named + detail["msg"][:1].lower() + detail["msg"][1:]
    return rule.CONTRACT(message, Location(shown, route))


def _held(document: Document, route: tuple[str | int, ...]) -> tuple[str | int, ...]:
    while route and not document.holds(route):
        route = route[:-1]
    return route


def _value(document: Document, route: tuple[str | int, ...]) -> Any:
    node = document.value
    for step in route:
        node = node[step]
    return node
