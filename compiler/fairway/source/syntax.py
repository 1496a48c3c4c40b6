"""Saying what is wrong with a file that is not YAML, in words that name the usual cause."""

from __future__ import annotations

from typing import Any

from fairway import rule
from fairway.finding import Finding, Fix, Related
from fairway.location import Location
from fairway.source.file import SourceFile

# libyaml's words, what they usually mean, and what mends it.
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a second `: ` on this line, or a line that is indented wrongly",
        "quote a value that holds `: `, or align the line with its neighbours",
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
        "a list in brackets is not closed, or an item lacks its comma",
        "add the missing `,` or `]`",
    ),
    (
        "did not find expected ',' or '}'",
        "a map in braces is not closed, or an entry lacks its comma",
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
    (
        "found duplicate anchor",
        "the anchor is defined twice",
        "rename one of the two",
    ),
)


def explain_syntax(source: SourceFile, error: Any) -> Finding:
    """Return the finding for an error of PyYAML's scanner, parser or reader."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None)
    text = source.text
    start = min(mark.index if mark is not None else getattr(error, "position", 0) or 0, len(text))
    if start == len(text) and start:
        start = max(len(text.rstrip()) - 1, 0)
    message, fix = _cause(problem, text, start)
    at = Location(source.path, offsets=(start, min(start + 1, len(text))))
    return rule.SYNTAX(message, at, fix=fix, related=_context(source, error, start))


def _cause(problem: str, text: str, start: int) -> tuple[str, Fix | None]:
    if text[start : start + 1] == "\t" or "found a tab" in problem or "\t" in _indent(text, start):
        return "a tab is used for indentation, which YAML forbids", Fix("use spaces")
    if "cannot start any token" in problem:
        character = text[start : start + 1]
        return f"a value cannot begin with `{character}`", Fix("quote the value")
    for words, message, mend in _CAUSES:
        if words in problem:
            return message, Fix(mend)
    return f"not YAML: {problem}", None


def _indent(text: str, start: int) -> str:
    line = text[text.rfind("\n", 0, start) + 1 :][:200]
    return line[: len(line) - len(line.lstrip())]


def _context(source: SourceFile, error: Any, start: int) -> tuple[Related, ...]:
    mark = getattr(error, "context_mark", None)
    words = str(getattr(error, "context", None) or "").removeprefix("while ")
    if mark is None or not words or abs(mark.index - start) < 2:
        return ()
    at = Location(source.path, offsets=(mark.index, min(mark.index + 1, len(source.text))))
    return (Related(f"while {words} that starts here", at),)
