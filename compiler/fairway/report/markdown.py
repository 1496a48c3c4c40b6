"""The report for a reviewer: a comment on a pull request, in GitHub's Markdown.

GitHub holds 65,536 characters in a comment. The hidden marker in the first line lets CI find the
comment again and edit it in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fairway.finding import Diagnostic
from fairway.location import Span
from fairway.report import waived
from fairway.report.markdown_text import code, inline, link
from fairway.report.report import Report, last_line
from fairway.report.rule_info import RuleInfo
from fairway.report.summary import count, severities

MARKER = "<!-- fairway:report -->"
LONGEST = 65_536

_BUDGET = 64_000  # the rest is for the head and for the line on what is left out
_OPEN = 10
_MOST_RELATED = 3
_LONGEST_TEXT = 600
# GitHub breaks lines at every line end in a comment, but not in a job's summary: this is one break
# in both, where `<br>` would be two in a comment.
_BREAK = "\\\n  "
_LONGEST_NAME = 200
_START = Span(1, 1, 1, 1)


def render(report: Report) -> str:
    """Return a comment: the counts, the gravest findings by file, the rest folded away."""
    findings = sorted(report.open_findings(), key=lambda item: -item.severity)
    entries = [(item, _entry(item, report.rules)) for item in findings]
    folded = _waived(report)
    fitting = _fitting((entry for _, entry in entries), _BUDGET - _length(folded))
    shown = entries[:fitting]
    parts = [_head(report), *_sections(shown[:_OPEN])]
    rest = shown[_OPEN:]
    if rest:
        summary = f"<summary>{count(len(rest), 'more finding')}</summary>"
        parts += ["<details>", summary, "", *_sections(rest), "</details>", ""]
    if fitting < len(findings):
        number = count(len(findings) - fitting, "more finding")
        parts += [f"**{number} left out**: a comment on GitHub holds no more. The log has all.", ""]
    parts += [folded] if folded else []
    return "\n".join(parts)


def _head(report: Report) -> str:
    summary = report.summary
    found = severities(summary.errors, summary.warnings, summary.infos)
    deployments = count(summary.deployments, "deployment")
    line = f"{deployments} in {count(summary.files, 'file')}"
    if summary.suppressed:
        line += f"; {count(summary.suppressed, 'finding')} waived"
    return f"{MARKER}\n### Fairway: {found}\n\n{line}.\n"


def _fitting(entries: Iterable[tuple[str, str]], budget: int) -> int:
    """Return how many entries fit the budget, with each file's heading in both parts."""
    used = 0
    number = 0
    headings: set[str] = set()
    for heading, text in entries:
        used += _length(text) + 1
        if heading not in headings:
            headings.add(heading)
            used += 2 * (_length(heading) + 3)
        if used > budget:
            break
        number += 1
    return number


def _waived(report: Report) -> str:
    """Return the waived findings, folded away; empty without any."""
    number = len(report.waived_findings())
    if not number:
        return ""
    # The summary is in HTML; what comes from outside is in Markdown, where it can be escaped.
    summary = f"<summary>{count(number, 'waived finding')}</summary>"
    items = (f"- waived · {inline(line, _LONGEST_TEXT)}" for line in waived.lines(report))
    return "\n".join(["<details>", summary, "", *items, "", "</details>", ""])


def _sections(entries: Sequence[tuple[Diagnostic, tuple[str, str]]]) -> list[str]:
    """Return the entries by file, the file with the gravest first, and by line within one."""
    files: dict[str, list[tuple[Diagnostic, str]]] = {}
    for item, (heading, text) in entries:
        files.setdefault(heading, []).append((item, text))
    parts: list[str] = []
    for heading, members in files.items():
        members.sort(key=lambda member: (member[0].span is not None, member[0].span or _START))
        parts += [heading, "", *(text for _, text in members), ""]
    return parts


def _entry(item: Diagnostic, rules: Mapping[str, RuleInfo]) -> tuple[str, str]:
    """Return the heading of a finding's file and the list item of the finding."""
    info = rules.get(item.rule)
    rule = link(code(item.rule, _LONGEST_NAME), info.url if info else "")
    at = f" · {_lines(item.span)}" if item.span else ""
    lines = [f"- **{item.severity.label}**{at} · {rule}: {inline(item.message, _LONGEST_TEXT)}"]
    lines += [
        f"Note: {inline(note.message, _LONGEST_NAME)}: {_related_place(item, note.file, note.span)}"
        for note in item.related[:_MOST_RELATED]
    ]
    if item.fix is not None:
        lines.append(f"Fix: {inline(item.fix.description, _LONGEST_TEXT)}")
    if item.environments:
        lines.append(f"In: {inline(', '.join(item.environments), _LONGEST_NAME)}")
    return f"#### {code(item.file, _LONGEST_NAME)}", _BREAK.join(lines)


def _related_place(item: Diagnostic, file: str, span: Span) -> str:
    lines = _lines(span)
    return lines if file == item.file else f"{code(file, _LONGEST_NAME)} {lines}"


def _lines(span: Span) -> str:
    last = last_line(span)
    return f"line {span.line}" if last == span.line else f"lines {span.line}–{last}"


def _length(text: str) -> int:
    """Return a text's length in UTF-16 code units, the strictest way to count characters."""
    return len(text.encode("utf-16-le")) // 2
