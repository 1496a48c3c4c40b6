"""What every format receives: the diagnostics, their counts and what is known of their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from fairway.finding import Diagnostic, Suppression
from fairway.location import Span
from fairway.report.rule_info import RuleInfo
from fairway.report.summary import Summary

if TYPE_CHECKING:
    from datetime import date

DEFAULT_WIDTH = 100


class Report(NamedTuple):
    """All that a format may print; ``width`` is in terminal cells."""

    diagnostics: tuple[Diagnostic, ...]
    summary: Summary
    rules: Mapping[str, RuleInfo]
    version: str
    colour: bool = False
    width: int = DEFAULT_WIDTH
    today: date | None = None

    def open_findings(self) -> list[Diagnostic]:
        """Return the diagnostics that count, that is those no waiver covers, in their order."""
        return [diagnostic for diagnostic in self.diagnostics if diagnostic.suppressed is None]

    def waived_findings(self) -> list[tuple[Diagnostic, Suppression]]:
        """Return the diagnostics that a waiver covers, each with what it says, in their order."""
        return [(item, item.suppressed) for item in self.diagnostics if item.suppressed]


def last_line(span: Span) -> int:
    """Return the last line on which a span covers anything.

    An exclusive end at the first column of a line covers nothing of that line.
    """
    if span.end_column == 1 and span.end_line > span.line:
        return span.end_line - 1
    return span.end_line


def place(file: str, span: Span | None) -> str:
    """Return a place as terminals and editors link it: ``file:line:column``."""
    return file if span is None else f"{file}:{span.line}:{span.column}"
