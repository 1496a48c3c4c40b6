"""Lines of a text: LF, CRLF and a lone CR end one (YAML 1.2.2, section 5.4)."""

from __future__ import annotations

import re

_BREAK = re.compile(r"\r\n|\r|\n")


def line_start(text: str, position: int) -> int:
    """Return where the line that holds ``position`` begins."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def line_end(text: str, position: int) -> int:
    """Return where the line that holds ``position`` ends, before its line break."""
    found = _BREAK.search(text, position)
    return found.start() if found is not None else len(text)


def next_line(text: str, position: int) -> int:
    """Return where the line after that of ``position`` begins; the text's end if it is the last."""
    found = _BREAK.search(text, position)
    return found.end() if found is not None else len(text)


def column(text: str, position: int) -> int:
    """Return how many code points stand before ``position`` on its line."""
    return position - line_start(text, position)


def line_break(text: str, position: int) -> str:
    """Return the line break that ends the line of ``position``, or the one that the file uses."""
    found = _BREAK.search(text, position) or _BREAK.search(text)
    return found.group() if found is not None else "\n"


def is_blank(text: str) -> bool:
    """Whether a part of a line holds nothing but blanks."""
    return not text.strip(" \t")
