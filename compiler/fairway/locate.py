"""Locating findings: the one place where routes become lines and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fairway.finding import Diagnostic, Finding, RelatedDiagnostic, SourceLine, Suppression
from fairway.location import Span, format_route
from fairway.source.document import Document

if TYPE_CHECKING:
    from fairway.secrets.find import Secret

_NOWHERE = Span(1, 1, 1, 1)


def locate(findings: Iterable[Finding], documents: Mapping[str, Document]) -> list[Diagnostic]:
    """Return located diagnostics, sorted by file and place, without duplicates."""
    return sorted(unite(_locate(finding, documents) for finding in findings), key=_order)


def locate_waived(
    waived: Iterable[tuple[Finding, Suppression]], documents: Mapping[str, Document]
) -> list[Diagnostic]:
    """Return located diagnostics of findings that waivers cover, with what they say."""
    return [
        _locate(finding, documents)._replace(suppressed=suppression)
        for finding, suppression in waived
    ]


def unite(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Make one of diagnostics that say the same of the same place in several environments.

    Their routes may differ: what an alias stands for is at one place and has many routes.
    """
    united: dict[Diagnostic, Diagnostic] = {}
    for diagnostic in diagnostics:
        key = diagnostic._replace(environments=(), route="")
        known = united.get(key)
        if known is None or not diagnostic.environments:
            united[key] = diagnostic
        elif known.environments:
            names = dict.fromkeys((*known.environments, *diagnostic.environments))
            united[key] = known._replace(environments=tuple(names))
    return list(united.values())


def _masked(document: Document, span: Span) -> tuple[SourceLine, ...]:
    """Return the lines of a span without the secrets in them: reports are kept by others."""
    from fairway.secrets.find import find_secrets

    lines = document.lines(span)
    return tuple(line._replace(text=_without(line.text, find_secrets(line.text))) for line in lines)


def _without(text: str, secrets: Iterable[Secret]) -> str:
    for secret in secrets:
        size = secret.end - secret.start
        text = text[: secret.start] + "*" * size + text[secret.end :]
    return text


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
        snippet=_masked(document, span) if document is not None and span is not None else (),
    )
