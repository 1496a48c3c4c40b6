"""Text from outside made safe to print: nothing in it can act on a terminal or a CI log."""

from __future__ import annotations

import re
import unicodedata

# Lines of a log are searched for commands of the CI system that shows them: `##[name]` by GitHub
# (actions/runner, ActionCommand.TryParse), `##vso[…]` by Azure and `##teamcity[…]` by TeamCity.
COMMAND = re.compile(r"##(?=[A-Za-z]*\[)")

_ZERO_WIDTH = ("Mn", "Me")


def shown(character: str) -> str:
    r"""Return a character as it may be printed: itself, or an escape such as ``\x1b``.

    Escaped is what ``str.isprintable`` refuses: controls, separators other than the space, marks
    that reorder text, and half of a surrogate pair.
    """
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str) -> str:
    r"""Return text on one line with everything hidden made visible; a line end becomes ``\x0a``."""
    if not text.isprintable():
        text = "".join(map(shown, text))
    return COMMAND.sub(r"#\\x23", text) if "##" in text else text


def clip(text: str, limit: int) -> str:
    """Return text of at most ``limit`` code points, an ellipsis in place of what is cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def display_width(text: str) -> int:
    """Return how many terminal cells a printable text takes (Unicode Standard Annex 11)."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    # Vowels and finals of decomposed Hangul are drawn inside the cells of their initial.
    if unicodedata.category(character) in _ZERO_WIDTH or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
