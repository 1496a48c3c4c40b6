"""Putting an entry into a file of waivers: every byte but the entry's own stays as it is.

Each way of editing proposes a text, which is then read again: it is taken only if it says what the
file said before, and the entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fairway import rule
from fairway.finding import Finding
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import source_from_text
from fairway.waivers.entry import HEAD, HEADER, entry_lines

Entry = dict[str, str | list[str]]

_DASH = re.compile(r"(?P<indent> *)-(?P<gap> +)\Z")


def new_file(entry: Entry) -> str:
    """Return the text of a file that holds one entry."""
    return f"{HEADER}\n" + "".join(f"{line}\n" for line in (*HEAD, *_item(entry, "  ", " ")))


def with_entry(text: str, entry: Entry, index: int | None) -> str | None:
    """Return ``text`` with the entry at ``index`` replaced, or with one more at its end.

    None when the file is written in a way that this cannot edit without changing something else.
    """
    document, findings = parse(source_from_text("", text))
    if not document.complete and not _is_blank(findings):
        return None
    value = document.value if document.value is not None else {}
    if not isinstance(value, dict) or not isinstance(value.get("waivers") or [], list):
        return None
    entries = list(value.get("waivers") or [])
    if index is None:
        entries.append(entry)
    else:
        entries[index] = entry
    head = {} if "waivers" in value else {"apiVersion": "fairway.dev/v1", "kind": "Waivers"}
    wanted = {**head, **value, "waivers": entries}
    proposals = _appended(document, entry) if index is None else _replaced(document, entry, index)
    return next((text for text in proposals if _says(text, wanted)), None)


def _is_blank(findings: list[Finding]) -> bool:
    """Whether all that is wrong with a file is that it holds nothing, but comments perhaps."""
    return [finding.rule for finding in findings] == [rule.EMPTY.id]


def _says(text: str, wanted: dict[str, Any]) -> bool:
    document, findings = parse(source_from_text("", text))
    return document.complete and not findings and document.value == wanted


def _replaced(document: Document, entry: Entry, index: int) -> Iterator[str]:
    text = document.text
    start, end = document.offsets(("waivers", index))
    end = start + len(text[start:end].rstrip())
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    margin = _line_end(text) + " " * (start - line)
    yield text[:start] + margin.join(entry_lines(entry)) + text[end:]


def _appended(document: Document, entry: Entry) -> Iterator[str]:
    text = document.text
    held = document.value.get("waivers") if document.value is not None else None
    if not document.holds(("waivers",)):
        head = [line for line in HEAD if line.partition(":")[0] not in (document.value or {})]
        yield _inserted(text, len(text), [*head, *_item(entry, "  ", " ")])
        return
    start, end = document.offsets(("waivers",))
    if not held:
        # `waivers: []` or `waivers:`, perhaps with a comment behind it.
        before = text[:start].removesuffix(" ")
        rest = before + text[end:]
        yield _inserted(rest, _next_line(rest, len(before)), _item(entry, "  ", " "))
        return
    style = _style(document, len(held))
    if style is None:
        return
    item = _item(entry, *style)
    last = start + len(text[start:end].rstrip())
    # The others are for a text at the end to which the blank lines behind it belong.
    for place in (_next_line(text, last), end, _next_line(text, end), len(text)):
        yield _inserted(text, place, item)


def _style(document: Document, items: int) -> tuple[str, str] | None:
    """Return the indentation and the gap behind the dash of a list's items; None for brackets."""
    text = document.text
    for index in reversed(range(items)):
        start = document.offsets(("waivers", index))[0]
        line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        found = _DASH.match(text, line, start)
        if found is not None:
            return found.group("indent"), found.group("gap")
    return None


def _item(entry: Entry, indent: str, gap: str) -> list[str]:
    first, *rest = entry_lines(entry)
    margin = indent + " " + " " * len(gap)
    return [f"{indent}-{gap}{first}", *(f"{margin}{line}" for line in rest)]


def _inserted(text: str, place: int, lines: list[str]) -> str:
    newline = _line_end(text)
    before, after = text[:place], text[place:]
    if before and before[-1] not in "\r\n":
        before += newline
    return before + "".join(f"{line}{newline}" for line in lines) + after


def _next_line(text: str, place: int) -> int:
    """Return where the line behind that of ``place`` begins."""
    found = re.compile(r"\r\n|\r|\n").search(text, place)
    return found.end() if found is not None else len(text)


def _line_end(text: str) -> str:
    found = re.search(r"\r\n|\r|\n", text)
    return found.group() if found is not None else "\n"
