"""The report for programs: the versioned contract that ``json_schema`` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairway.finding import Diagnostic, Fix, RelatedDiagnostic, Suppression
from fairway.location import Span
from fairway.report.json_text import Json, json_text
from fairway.report.report import Report
from fairway.report.waived import days_left

if TYPE_CHECKING:
    from datetime import date

CONTRACT_VERSION = 1


def render(report: Report) -> str:
    """Return the findings as JSON, each on a line of its own, those that are waived included."""
    findings = ",\n".join(
        f"    {json_text(_finding(item, report.today))}" for item in report.diagnostics
    )
    listed = f"[\n{findings}\n  ]" if findings else "[]"
    summary = json_text(report.summary._asdict())
    head = f'"version": {CONTRACT_VERSION},\n  "summary": {summary}'
    return f'{{\n  {head},\n  "findings": {listed}\n}}\n'


def _finding(diagnostic: Diagnostic, today: date | None) -> dict[str, Json]:
    return {
        "rule": diagnostic.rule,
        "severity": diagnostic.severity.label,
        "message": diagnostic.message,
        "file": diagnostic.file,
        **_place(diagnostic.span),
        "route": diagnostic.route,
        "environments": list(diagnostic.environments),
        "fix": _fix(diagnostic.fix),
        "related": [_related(related) for related in diagnostic.related],
        "suppressed": _suppressed(diagnostic.suppressed, today),
    }


def _place(span: Span | None) -> dict[str, Json]:
    return {
        "line": span.line if span else None,
        "column": span.column if span else None,
        "endLine": span.end_line if span else None,
        "endColumn": span.end_column if span else None,
    }


def _fix(fix: Fix | None) -> Json:
    if fix is None:
        return None
    return {"description": fix.description, "replacement": fix.replacement}


def _related(related: RelatedDiagnostic) -> dict[str, Json]:
    return {"message": related.message, "file": related.file, **_place(related.span)}


def _suppressed(suppression: Suppression | None, today: date | None) -> Json:
    if suppression is None:
        return None
    return {
        "reason": suppression.reason,
        "owner": suppression.owner or None,
        "until": suppression.until or None,
        "daysLeft": days_left(suppression.until, today),
    }
