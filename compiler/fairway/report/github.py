"""The report for a GitHub Actions log: workflow commands that annotate the changed lines.

Source: docs.github.com, "Workflow commands for GitHub Actions", and the escapes of
``actions/toolkit`` (packages/core/src/command.ts). GitHub shows 10 annotations of a kind for each
step and 50 for each job; one without ``line`` does not appear on the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fairway.finding import Diagnostic, Severity
from fairway.report.printable import clip, visible
from fairway.report.report import Report, last_line, place
from fairway.report.summary import count, severities
from fairway.report.waived import heading
from fairway.report.waived import lines as waived_lines

MOST_OF_A_KIND = 10

_LONGEST = 2000
_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """Return a command for each finding, the gravest first, then notices about the others."""
    findings = sorted(report.open_findings(), key=lambda item: -item.severity)
    totals = Counter(item.severity for item in findings)
    limits = dict.fromkeys(Severity, MOST_OF_A_KIND)
    limits[Severity.INFO] -= bool(report.waived_findings())  # room for the notice about them
    if any(totals[kind] > limits[kind] for kind in Severity):
        limits[Severity.INFO] -= 1  # and for the one about what is left out
    kept, left = _cut(findings, limits)
    lines = [_command(item) for item in kept]
    if left:
        lines.append(_left_out(left))
    if report.waived_findings():
        lines.append(_waived(report))
    return "".join(f"{line}\n" for line in lines)


def _cut(
    findings: Sequence[Diagnostic], limits: dict[Severity, int]
) -> tuple[list[Diagnostic], Counter[Severity]]:
    """Return the first findings of each severity and how many of each are left out."""
    seen: Counter[Severity] = Counter()
    kept: list[Diagnostic] = []
    for item in findings:
        seen[item.severity] += 1
        if seen[item.severity] <= limits[item.severity]:
            kept.append(item)
    return kept, seen - Counter(item.severity for item in kept)


def _command(item: Diagnostic) -> str:
    properties = {"file": item.file, **_range(item), "title": item.rule}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = "%0A".join(map(_data, _message(item)))
    return f"::{_KINDS[item.severity]} {listed}::{text}"


def _range(item: Diagnostic) -> dict[str, str]:
    """Return lines and columns; columns only on one line, as the checks API demands.

    ``endColumn`` is exclusive (github/docs issue 40038), as ours is.
    """
    span = item.span
    if span is None:
        return {"line": "1"}
    last = last_line(span)
    lines = {"line": str(span.line), "endLine": str(last)}
    if last != span.line:
        return lines
    columns = {"col": str(span.column)}
    if span.end_line == span.line:
        columns["endColumn"] = str(span.end_column)
    return {**lines, **columns}


def _message(item: Diagnostic) -> list[str]:
    lines = [item.message]
    lines += [f"Note: {note.message}: {place(note.file, note.span)}" for note in item.related]
    if item.fix is not None:
        lines.append(f"Fix: {item.fix.description}")
    if item.environments:
        lines.append(f"In: {', '.join(item.environments)}")
    return lines


def _left_out(left: Counter[Severity]) -> str:
    kinds = severities(left[Severity.ERROR], left[Severity.WARNING], left[Severity.INFO])
    number = count(left.total(), "more finding")
    return (
        f"::notice title=fairway::{number} without an annotation ({kinds}): GitHub shows "
        f"{MOST_OF_A_KIND} of a kind for each step. The other reports list all of them."
    )


def _waived(report: Report) -> str:
    text = "%0A".join(map(_data, (heading(report), *waived_lines(report))))
    return f"::notice title=fairway::{text}"


def _data(text: str) -> str:
    return visible(clip(text, _LONGEST)).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
