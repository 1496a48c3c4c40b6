"""Locating findings: the one place where routes become lines and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairway.finding import Diagnostic, Finding, RelatedDiagnostic
from fairway.location import Span, format_route
from fairway.source.document import Document

_NOWHERE = Span(1, 1, 1, 1)


def locate(findings: Iterable[Finding], documents: Mapping[str, Document]) -> list[Diagnostic]:
    """Return located diagnostics, sorted by file and place, without duplicates."""
    located = dict.fromkeys(_locate(finding, documents) for finding in findings)
    return sorted(located, key=_order)


def _order(diagnostic: Diagnostic) -> tuple[object, ...]:
    return (diagnostic.file, diagnostic.span or _NOWHERE, diagnostic.rule, diagnostic.message)


def _locate(finding: Finding, documents: Mapping[str, Document]) -> Diagnostic:
    document = documents.get(finding.at.file)
    span = document.span(finding.at) if document is not None else None
    return Diagnostic(
        rule=finding.rule,
        severity=finding.severity,
        message=finding.message,
        file=finding.at.file,
        span=span,
        route=format_route(finding.at.route),
        environments=finding.environments,
        fix=finding.fix,
        related=tuple(
            RelatedDiagnostic(
                related.message, related.at.file, documents[related.at.file].span(related.at)
            )
            for related in finding.related
            if related.at.file in documents
        ),
        snippet=document.lines(span) if document is not None and span is not None else (),
    )
