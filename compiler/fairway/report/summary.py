"""The counts at the end of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from fairway.finding import Diagnostic, Severity


class Summary(NamedTuple):
    """How much was read and what was found; waived findings count as ``suppressed`` only."""

    files: int
    deployments: int
    errors: int
    warnings: int
    infos: int
    suppressed: int


def summarise(diagnostics: Iterable[Diagnostic], files: int, deployments: int) -> Summary:
    """Count diagnostics by severity, those that a waiver covers apart from the rest."""
    counts: Counter[Severity | None] = Counter(
        diagnostic.severity if diagnostic.suppressed is None else None for diagnostic in diagnostics
    )
    return Summary(
        files=files,
        deployments=deployments,
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        infos=counts[Severity.INFO],
        suppressed=counts[None],
    )


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 file``, ``12,000 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def severities(errors: int, warnings: int, infos: int) -> str:
    """Return the counts that are not zero, the gravest first, or ``no findings``."""
    pairs = ((errors, "error"), (warnings, "warning"), (infos, "info"))
    return ", ".join(count(number, noun) for number, noun in pairs if number) or "no findings"
