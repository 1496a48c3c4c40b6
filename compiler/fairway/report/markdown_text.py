"""Text from outside made safe inside a comment on GitHub: it adds no layout, no link, no ping.

Sources: CommonMark 0.31 for escapes and code spans; GitHub Flavored Markdown for the links that
GitHub adds to plain text afterwards (people, issues, addresses), which no escape prevents.
"""

from __future__ import annotations

import re

from fairway.report.printable import clip, visible

_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_PUNCTUATION = re.compile(r"([\\`*_\[\]|~$])")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;"})
# What GitHub would turn into a mention, a reference to an issue or a link; the zero-width space
# between the two halves is not seen and stops it.
_LINKED = re.compile(r"(@)(?=\w)|(#)(?=\d)|(\bGH-)(?=\d)|(://)|(www\.)", re.IGNORECASE)
_BREAK = "\u200b"
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")


def inline(text: str, limit: int) -> str:
    """Return text as Markdown for the middle of a line; what is in backticks stays code."""
    parts = _CODE.split(visible(clip(text, limit)))
    return "".join(
        code(part, limit) if index % 2 else _plain(part) for index, part in enumerate(parts)
    )


def code(text: str, limit: int) -> str:
    """Return text as a code span, in which GitHub links nothing."""
    shown = visible(clip(text, limit)) or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # One space at either end is dropped from a span that has both.
    padding = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def link(shown: str, url: str) -> str:
    """Return Markdown as a link, or as it is when the address is not a plain one of the web."""
    return f"[{shown}](<{url}>)" if _URL.fullmatch(url) else shown


def _plain(text: str) -> str:
    broken = _LINKED.sub(lambda match: f"{match[0]}{_BREAK}", text)
    return _PUNCTUATION.sub(r"\\\1", broken).translate(_MARKUP)
