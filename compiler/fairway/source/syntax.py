"""Saying what is wrong with a file that is not YAML, in words that name the usual cause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from fairway import rule
from fairway.finding import Finding, Fix, Related
from fairway.location import Location
from fairway.source.document import Offsets
from fairway.source.file import SourceFile

_CONFLICT = r"(?m)^(?:<{7}|>{7})(?= |$)"
_LINE_END = r"[\r\n]"

# libyaml's words, what they usually mean, and what mends it.
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a second `: ` on this line",
        "quote a value that holds `: `",
    ),
    (
        "did not find expected key",
        "a key is expected here: the line is indented wrongly, or a quote or bracket before it"
        " was left open or closed twice",
        "align the line with its neighbours; check the quotes above",
    ),
    (
        "could not find expected ':'",
        "a line without `: ` where a key is expected",
        "write `key: value`, or indent the line if it belongs to the value above",
    ),
    (
        "did not find expected '-' indicator",
        "this line is neither an item of the list above nor indented under one",
        "start it with `- `, or align it with the key that it belongs to",
    ),
    (
        "did not find expected ',' or ']'",
        "an item of the list in brackets lacks its comma",
        "add the missing `,` or `]`",
    ),
    (
        "did not find expected ',' or '}'",
        "an entry of the map in braces lacks its comma",
        "add the missing `,` or `}`",
    ),
    ("found unexpected end of stream", "a quote is opened and never closed", "close the quote"),
    (
        "found unexpected document indicator",
        "a quote is opened and not closed before the document ends",
        "close the quote",
    ),
    (
        "block sequence entries are not allowed",
        "a list item cannot stand here",
        "put the list on the next line, indented under its key",
    ),
    (
        "found unknown escape character",
        "an unknown escape in a double-quoted string",
        "write the backslash twice, or use single quotes",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "`&` and `*` begin anchors and aliases",
        "quote the value",
    ),
    (
        "found undefined tag handle",
        "`!` begins a tag, and this one is not defined",
        "remove the tag, or quote the value",
    ),
    ("did not find expected node content", "a value is expected here", "write one before it"),
    (
        "did not find expected <document start>",
        "the file goes on after its value has ended",
        "remove what follows, or check the quotes and brackets above",
    ),
)


class _Cause(NamedTuple):
    """What is wrong, where, and what mends it; ``context`` says what libyaml was reading."""

    message: str
    at: Offsets
    fix: Fix | None
    related: tuple[Related, ...] = ()


class _Fault(NamedTuple):
    """An error of libyaml: its words, and the offsets of the fault and of what it was reading."""

    source: SourceFile
    problem: str
    start: int
    context: str
    opened: int | None
    last: Offsets

    @property
    def text(self) -> str:
        """The file's text."""
        return self.source.text


def explain_syntax(source: SourceFile, error: Any, last: Offsets) -> Finding:
    """Return the finding for an error of PyYAML's scanner, parser or reader.

    ``last`` is where the last scalar before the fault stands.
    """
    fault = _fault(source, error, last)
    cause = next(_causes(fault))
    start, end = cause.at
    size = len(source.text)
    at = Location(source.path, offsets=(min(start, size), min(max(end, start + 1), size)))
    return rule.SYNTAX(cause.message, at, fix=cause.fix, related=cause.related)


def conflict_marker(text: str) -> Offsets | None:
    """Return where the first marker of an unresolved merge conflict stands."""
    found = re.search(_CONFLICT, text)
    return found.span() if found is not None else None


def _fault(source: SourceFile, error: Any, last: Offsets) -> _Fault:
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    text = source.text
    start = min(mark.index if mark is not None else getattr(error, "position", 0) or 0, len(text))
    if start == len(text) and start:
        start = max(len(text.rstrip()) - 1, 0)
    words = str(getattr(error, "context", None) or "").removeprefix("while ")
    return _Fault(source, problem, start, words, context.index if context else None, last)


def _causes(fault: _Fault) -> Iterator[_Cause]:
    """Yield what may be wrong, the most telling cause first; the last one is always there."""
    text, start, problem = fault.text, fault.start, fault.problem
    here = (start, start + 1)
    marker = conflict_marker(text)
    if marker is not None:
        fix = Fix("keep one of the two sides, and remove the marker lines")
        yield _Cause("a merge conflict is not resolved", marker, fix)
    if text[start : start + 1] == "\t" or "found a tab" in problem or "\t" in _indent(text, start):
        tab = text.find("\t", _line_start(text, start))
        at = (tab, tab + 1) if _indent(text, start).find("\t") >= 0 else here
        yield _Cause("a tab is used for indentation, which YAML forbids", at, Fix("use spaces"))
    if "cannot start any token" in problem:
        message = f"a value cannot begin with `{text[start : start + 1]}`"
        yield _Cause(message, here, Fix("quote the value"))
    yield from _open_quote(fault)
    if "could not find expected ':'" in problem:
        yield from _no_colon(fault)
    if "did not find expected ','" in problem:
        yield from _open_bracket(fault)
    if "mapping values are not allowed" in problem or "did not find expected key" in problem:
        yield from _indentation(fault)
    for words, message, mend in _CAUSES:
        if words in problem:
            yield _Cause(message, here, Fix(mend), _context(fault))
    yield _Cause(f"not YAML: {problem}", here, None, _context(fault))


def _open_quote(fault: _Fault) -> Iterator[_Cause]:
    """Blame a quoted string of several lines right before the fault: it swallowed what follows."""
    start, end = fault.last
    quote = fault.text[start : start + 1]
    if quote not in ("'", '"') or not quote or not re.search(_LINE_END, fault.text[start:end]):
        return
    line = _line_number(fault.text, end)
    message = f"this quote is not closed before line {line}, where the next one stands"
    yield _Cause(message, (start, start + 1), Fix("close the quote where the string ends"))


def _no_colon(fault: _Fault) -> Iterator[_Cause]:
    """Blame the line that should have been a key: the one that libyaml was reading."""
    if fault.opened is None:
        return
    start = fault.opened
    line = re.split(_LINE_END, fault.text[start : start + 500], maxsplit=1)[0].rstrip()
    at = (start, start + len(line))
    key, colon, value = line.partition(":")
    if colon and value and " " not in key:
        mended = f"{key}: {value}"
        yield _Cause("a blank is missing after the colon", at, Fix(f"write `{mended}`", mended))
    message = "this line has no `: `, and a key is expected here"
    yield _Cause(
        message, at, Fix("write `key: value`, or indent the line if it belongs to the value above")
    )


def _open_bracket(fault: _Fault) -> Iterator[_Cause]:
    """Blame the open bracket when the fault's line is not indented more than the bracket's."""
    if fault.opened is None:
        return
    text, opened = fault.text, fault.opened
    line, at_line = _line_number(text, opened), _line_number(text, fault.start)
    ended = fault.start >= len(text.rstrip()) - 1
    deeper = len(_indent(text, fault.start)) > len(_indent(text, opened))
    if not ended and (line == at_line or deeper):
        return
    bracket = text[opened : opened + 1]
    closing = {"[": "]", "{": "}"}.get(bracket, bracket)
    where = "before the file ends" if ended else f"before line {at_line}"
    message = f"the bracket `{bracket}` is not closed {where}"
    yield _Cause(message, (opened, opened + 1), Fix(f"close it with `{closing}`"))


def _indentation(fault: _Fault) -> Iterator[_Cause]:
    """Blame an indentation that is that of no line above that this one could belong to."""
    text, start = fault.text, fault.start
    begin = _line_start(text, start)
    indent = len(_indent(text, start))
    before = text[begin:start].strip()
    if "mapping values" in fault.problem:
        if ": " in before or before.endswith(":"):
            return
    elif before:
        return
    known = list(dict.fromkeys(_indents_above(text, begin)))
    if indent in known or not known:
        return
    first = (begin + indent, max(start, begin + indent + 1))
    blanks = " or ".join(map(str, sorted(known[:3])))
    message = f"this line is indented by {indent}, and the lines above it by {blanks}"
    yield _Cause(message, first, Fix("align it with the lines that it belongs to"))


def _indents_above(text: str, begin: int) -> Iterator[int]:
    """Yield how far the lines above are indented, from the nearest up, each less than before."""
    least: int | None = None
    for line in reversed(text[max(0, begin - 20_000) : begin].splitlines()):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if least is None or indent < least:
            least = indent
            yield indent
            if line.lstrip().startswith("- "):
                yield indent + 2
        if not least:
            return


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _line_number(text: str, offset: int) -> int:
    before = text[:offset]
    return before.count("\n") + before.count("\r") - before.count("\r\n") + 1


def _indent(text: str, offset: int) -> str:
    begin = _line_start(text, offset)
    line = text[begin : begin + 200]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _context(fault: _Fault) -> tuple[Related, ...]:
    if fault.opened is None or not fault.context or abs(fault.opened - fault.start) < 2:
        return ()
    if fault.context.startswith("parsing a block"):
        return ()  # often the whole file, which says nothing
    end = min(fault.opened + 1, len(fault.text))
    at = Location(fault.source.path, offsets=(fault.opened, end))
    return (Related(f"while {fault.context} that starts here", at),)
