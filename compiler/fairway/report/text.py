"""The report for people: each finding under its line, in the manner of rustc and zizmor."""

from __future__ import annotations

from fairway.finding import Diagnostic, Severity
from fairway.location import Span
from fairway.report import waived
from fairway.report.excerpt import excerpt
from fairway.report.printable import clip, visible
from fairway.report.report import DEFAULT_WIDTH, Report, last_line, place
from fairway.report.summary import Summary, count, severities

_LONGEST = 2000
_LEAST_GUTTER = 2

# ECMA-48 Select Graphic Rendition: 1 bold, 31 red, 33 yellow, 34 blue, 36 cyan.
_SEVERITY_STYLES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_BOLD = "1"
_FRAME = "1;34"


def render(report: Report) -> str:
    """Return every finding as a block, then the waived ones if any, a line each, then counts."""
    blocks = [block(item, report.width, report.colour) for item in report.open_findings()]
    ending = [line for line in (_waivers(report), _totals(report.summary)) if line]
    return "\n\n".join([*blocks, "\n".join(ending)]) + "\n"


def block(diagnostic: Diagnostic, width: int = DEFAULT_WIDTH, colour: bool = False) -> str:
    """Return one finding: what is wrong, where, the line itself, and how to mend it."""
    style = _SEVERITY_STYLES[diagnostic.severity]
    span = diagnostic.span
    gutter = max(_LEAST_GUTTER, len(str(span.line)) if span else 0)
    label = _paint(f"{diagnostic.severity.label}[{_value(diagnostic.rule)}]", style, colour)
    message = _paint(f": {_value(diagnostic.message)}", _BOLD, colour)
    arrow = _paint(f"{' ' * gutter}-->", _FRAME, colour)
    lines = [f"{label}{message}", f"{arrow} {_value(place(diagnostic.file, span))}"]
    if span is not None:
        lines += _quoted(diagnostic, span, gutter, width, colour)
    sign = _paint(f"{' ' * gutter} =", _FRAME, colour)
    return "\n".join([*lines, *(f"{sign} {note}" for note in _notes(diagnostic, colour))])


def _quoted(diagnostic: Diagnostic, span: Span, gutter: int, width: int, colour: bool) -> list[str]:
    """Return the first line of a span with marks beneath, and dots if the span goes on."""
    line = next((line for line in diagnostic.snippet if line.number == span.line), None)
    if line is None:
        return []
    continues = last_line(span) > span.line
    end = len(line.text) if span.end_line > span.line else span.end_column - 1
    part = excerpt(line.text, span.column - 1, end, width - gutter - 3)
    bar = _paint(f"{' ' * gutter} |", _FRAME, colour)
    number = _paint(f"{line.number:>{gutter}} |", _FRAME, colour)
    marks = _paint("^" * part.marks, _SEVERITY_STYLES[diagnostic.severity], colour)
    lines = [bar, f"{number} {part.text}".rstrip(), f"{bar} {' ' * part.offset}{marks}"]
    return [*lines, _paint("...", _FRAME, colour)] if continues else lines


def _notes(diagnostic: Diagnostic, colour: bool) -> list[str]:
    notes = [
        f"{_paint('note', _BOLD, colour)}: {_value(related.message)}: "
        f"{_value(place(related.file, related.span))}"
        for related in diagnostic.related
    ]
    if diagnostic.fix is not None:
        notes.append(f"{_paint('fix', _BOLD, colour)}: {_value(diagnostic.fix.description)}")
    if diagnostic.environments:
        names = _value(", ".join(diagnostic.environments))
        notes.append(f"{_paint('in', _BOLD, colour)}: {names}")
    return notes


def _waivers(report: Report) -> str:
    """Return how many findings are waived, then each of them on a line of its own."""
    head = waived.heading(report)
    return "\n".join(
        [head and _value(head), *(f"  {_value(line)}" for line in waived.lines(report))]
    )


def _totals(summary: Summary) -> str:
    files = count(summary.files, "file")
    deployments = count(summary.deployments, "deployment")
    found = severities(summary.errors, summary.warnings, summary.infos)
    if summary.errors or summary.warnings or summary.infos:
        return f"{found} in {files} ({deployments})"
    return f"{deployments} in {files}: {found}"


def _value(text: str) -> str:
    return visible(clip(text, _LONGEST))


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour else text
