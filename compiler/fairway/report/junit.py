"""The report for CI systems that show tests: JUnit XML as Jenkins and GitLab read it.

There is no official schema. GitLab ignores suites, class names and the ``message`` of a failure,
and keeps one test of a name, so a name is unique and the text holds everything. Only errors fail:
warnings, remarks and waived findings are skipped tests, which both systems list without failing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fairway.finding import Diagnostic, Severity
from fairway.report.printable import clip, visible
from fairway.report.report import Report
from fairway.report.text import block
from fairway.report.waived import said

_LONGEST = 500
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'


def render(report: Report) -> str:
    """Return a suite for each file and a test for each finding, or one test that passed."""
    if not report.diagnostics:
        case = '    <testcase classname="fairway" name="no findings" time="0"/>\n'
        return _document(
            [], [f"{_open('testsuite', 'fairway', [], tests=1)}{case}  </testsuite>\n"]
        )
    files: dict[str, list[Diagnostic]] = {}
    for item in report.diagnostics:
        files.setdefault(item.file, []).append(item)
    names: Counter[str] = Counter()
    suites = [
        f"{_open('testsuite', file, items)}"
        f"{''.join(_case(item, names, report) for item in items)}  </testsuite>\n"
        for file, items in files.items()
    ]
    return _document(report.diagnostics, suites)


def _document(items: Sequence[Diagnostic], suites: Sequence[str]) -> str:
    root = _open("testsuites", "fairway", items, tests=len(items) or 1).lstrip()
    return f"{_HEADER}{root}{''.join(suites)}</testsuites>\n"


def _open(element: str, name: str, items: Sequence[Diagnostic], tests: int | None = None) -> str:
    failures = sum(_fails(item) for item in items)
    return (
        f'  <{element} name="{_escaped(name)}" tests="{len(items) if tests is None else tests}" '
        f'failures="{failures}" errors="0" skipped="{len(items) - failures}" time="0">\n'
    )


def _case(item: Diagnostic, names: Counter[str], report: Report) -> str:
    # A name without lines and columns: comparing two runs then tells new findings from moved ones.
    at = f" at {item.route}" if item.route else ""
    name = _escaped(clip(f"{item.file}: {item.rule}{at}", _LONGEST))
    names[name] += 1
    if names[name] > 1:
        name = f"{name} ({names[name]})"
    line = f' line="{item.span.line}"' if item.span else ""
    # Jenkins takes what precedes the last dot for a package: rules then show by family.
    group = _escaped(item.rule.replace("/", "."))
    return (
        f'    <testcase classname="{group}" name="{name}" file="{_escaped(item.file)}"{line} '
        f'time="0">\n      {_outcome(item, report)}\n    </testcase>\n'
    )


def _outcome(item: Diagnostic, report: Report) -> str:
    text = "\n".join(map(_escaped, _body(item, report).split("\n")))
    message = _escaped(clip(item.message, _LONGEST))
    if _fails(item):
        return f'<failure type="{item.severity.label}" message="{message}">{text}</failure>'
    kind = "waived" if item.suppressed else item.severity.label
    return f'<skipped type="{kind}" message="{kind}: {message}">{text}</skipped>'


def _body(item: Diagnostic, report: Report) -> str:
    text = block(item)
    if item.suppressed is None:
        return text
    return f"{text}\n   = waived: {visible(said(item.suppressed, report.today))}"


def _fails(item: Diagnostic) -> bool:
    return item.severity is Severity.ERROR and item.suppressed is None


def _escaped(text: str) -> str:
    """Return text for an attribute or an element; XML 1.0 forbids what ``visible`` replaces."""
    return visible(text).translate(_ESCAPES)
