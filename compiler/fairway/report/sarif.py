"""The report for code scanning: SARIF 2.1.0 (OASIS, errata 01).

GitHub shows the message of a result and of its rule, keeps 5,000 results of a run and ignores
``fixes``; hence the fix and the environments are part of the message too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from fairway.finding import Diagnostic, Severity, Suppression
from fairway.location import Span
from fairway.report.json_text import Json, json_text
from fairway.report.report import Report
from fairway.report.rule_info import RuleInfo
from fairway.report.summary import count
from fairway.report.waived import days_left

if TYPE_CHECKING:
    from datetime import date

MOST_RESULTS = 5000

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# Our own name: `primaryLocationLineHash` belongs to GitHub's uploader, which derives it from the
# line's text and warns of every result that brings another value.
_FINGERPRINT = "fairwayFinding/v1"
_LONGEST_DESCRIPTION = 1024  # GitHub's limit for a rule's texts


def render(report: Report) -> str:
    """Return one SARIF run with the gravest 5,000 findings, and a note if there are more."""
    kept = _kept(report.diagnostics)
    ids = sorted({item.rule for item in kept})
    indices = {rule: index for index, rule in enumerate(ids)}
    prints = _fingerprints(kept)
    driver: dict[str, Json] = {
        "name": "fairway",
        "version": report.version,
        "rules": [_rule(rule, report.rules) for rule in ids],
    }
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "invocations": [_invocation(len(report.diagnostics) - len(kept))],
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The directory that fairway ran in."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(item, indices[item.rule], mark, report.today)
            for item, mark in zip(kept, prints, strict=True)
        ],
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _kept(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return what fits, in the order given: the least grave go first, waived ones before any."""
    gravest = sorted(
        range(len(diagnostics)),
        key=lambda i: (diagnostics[i].suppressed is not None, -diagnostics[i].severity),
    )
    return [diagnostics[index] for index in sorted(gravest[:MOST_RESULTS])]


def _invocation(left_out: int) -> dict[str, Json]:
    if not left_out:
        return {"executionSuccessful": True}
    text = (
        f"{count(left_out, 'finding')} left out: this report holds the gravest {MOST_RESULTS:,}, "
        "which is what code scanning keeps. The json report holds all of them."
    )
    note: dict[str, Json] = {"level": "warning", "message": {"text": text}}
    return {"executionSuccessful": True, "toolExecutionNotifications": [note]}


def _rule(rule: str, rules: Mapping[str, RuleInfo]) -> dict[str, Json]:
    info = rules.get(rule)
    if info is None:
        return {"id": rule, "shortDescription": {"text": rule}}
    title = info.title or rule
    descriptor: dict[str, Json] = {
        "id": rule,
        "shortDescription": {"text": title[:_LONGEST_DESCRIPTION]},
        "fullDescription": {"text": (info.help or title)[:_LONGEST_DESCRIPTION]},
        "help": {"text": info.help or title},
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
    }
    return {**descriptor, "helpUri": info.url} if info.url else descriptor


def _result(
    diagnostic: Diagnostic, rule_index: int, fingerprint: str, today: date | None
) -> dict[str, Json]:
    location: dict[str, Json] = {"physicalLocation": _place(diagnostic.file, diagnostic.span)}
    if diagnostic.route:
        location["logicalLocations"] = [{"fullyQualifiedName": diagnostic.route}]
    result: dict[str, Json] = {
        "ruleId": diagnostic.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": _message(diagnostic)},
        "locations": [location],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if diagnostic.related:
        result["relatedLocations"] = _related(diagnostic)
    if diagnostic.suppressed is not None:
        result["suppressions"] = [_suppression(diagnostic.suppressed, today)]
    fix = _fix(diagnostic)
    if fix is not None:
        result["fixes"] = [fix]
    if diagnostic.environments:
        result["properties"] = {"environments": list(diagnostic.environments)}
    return result


def _message(diagnostic: Diagnostic) -> str:
    text = diagnostic.message
    if diagnostic.environments:
        text += f" (in {', '.join(diagnostic.environments)})"
    if diagnostic.fix is not None:
        text += f"\nFix: {diagnostic.fix.description}"
    return text


def _related(diagnostic: Diagnostic) -> list[Json]:
    return [
        {
            "id": number,
            "message": {"text": related.message},
            "physicalLocation": _place(related.file, related.span),
        }
        for number, related in enumerate(diagnostic.related, start=1)
    ]


def _suppression(suppression: Suppression, today: date | None) -> dict[str, Json]:
    days = days_left(suppression.until, today)
    bag = {"owner": suppression.owner or None, "until": suppression.until or None, "daysLeft": days}
    entry: dict[str, Json] = {"kind": "external", "justification": suppression.reason}
    known: dict[str, Json] = {name: value for name, value in bag.items() if value is not None}
    return {**entry, "properties": known} if known else entry


def _fix(diagnostic: Diagnostic) -> dict[str, Json] | None:
    fix, span = diagnostic.fix, diagnostic.span
    if fix is None or fix.replacement is None or span is None:
        return None
    replacement: dict[str, Json] = {
        "deletedRegion": _region(span),
        "insertedContent": {"text": fix.replacement},
    }
    change: dict[str, Json] = {
        "artifactLocation": _artifact(diagnostic.file),
        "replacements": [replacement],
    }
    return {"description": {"text": fix.description}, "artifactChanges": [change]}


def _place(file: str, span: Span | None) -> dict[str, Json]:
    place: dict[str, Json] = {"artifactLocation": _artifact(file)}
    return place if span is None else {**place, "region": _region(span)}


def _artifact(file: str) -> dict[str, Json]:
    try:
        name = file.encode("utf-8", "surrogateescape")  # the bytes of a name that is not UTF-8
    except UnicodeEncodeError:
        name = file.encode("utf-8", "replace")
    return {"uri": quote(name), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, Json]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fingerprints(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """Return for each finding what identifies it when the lines around it move.

    Findings that are equal in rule, file, route and message are told apart by their order.
    """
    seen: Counter[str] = Counter()
    prints = []
    for item in diagnostics:
        identity = json_text([item.rule, item.file, item.route, item.message])
        seen[identity] += 1
        digest = sha256(f"{identity}{seen[identity]}".encode())
        prints.append(digest.hexdigest()[:32])
    return prints
