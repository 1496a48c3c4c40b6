"""Reports: diagnostics printed for people, for CI systems and for other programs.

A report sees located diagnostics and nothing else: it opens no file, runs no program and reads
no clock. A new format is a module with ``render(report: Report) -> str`` and one row below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from fairway.finding import Diagnostic
from fairway.report.report import DEFAULT_WIDTH, Report
from fairway.report.rule_info import RuleInfo
from fairway.report.summary import Summary, summarise

if TYPE_CHECKING:
    from datetime import date

__all__ = ["FORMATS", "Report", "RuleInfo", "Summary", "render", "summarise"]

# Modules are named, not imported: a run pays only for the formats that it prints.
_MODULES = {
    "text": "fairway.report.text",
    "json": "fairway.report.json_findings",
    "sarif": "fairway.report.sarif",
    "junit": "fairway.report.junit",
    "github": "fairway.report.github",
    "markdown": "fairway.report.markdown",
}

FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The names that ``--format`` takes."""


class _Format(Protocol):
    def render(self, report: Report) -> str: ...


def render(
    format: str,  # noqa: A002 - the command line's own word
    diagnostics: Sequence[Diagnostic],
    summary: Summary,
    rules: Mapping[str, RuleInfo],
    *,
    colour: bool = False,
    width: int = DEFAULT_WIDTH,
    version: str,
    today: date | None = None,
) -> str:
    """Return the diagnostics in one of ``FORMATS``, ending with a newline unless it is empty.

    ``colour`` and ``width`` (in terminal cells) concern ``text`` only; ``version`` is Fairway's
    own. ``today`` is the day that waivers are counted from; without it no days are counted.
    Raises ``ValueError`` for a name that is not in ``FORMATS``.
    """
    if format not in _MODULES:
        raise ValueError(f"unknown format {format!r}: expected one of {', '.join(FORMATS)}")
    module = cast("_Format", import_module(_MODULES[format]))
    report = Report(tuple(diagnostics), summary, rules, version, colour, width, today)
    return module.render(report)
