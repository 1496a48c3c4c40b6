"""A Dockerfile's instructions, split as BuildKit's parser splits them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_CONTINUED = re.compile(r"\\[ \t]*\Z")
_HEREDOC = re.compile(r"<<-?[\"']?[A-Za-z]")
_DOUBLE_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


class Instruction(NamedTuple):
    """An instruction's keyword in capitals and its arguments, continuation lines joined."""

    keyword: str
    arguments: str


def instructions(text: str) -> list[Instruction]:
    """Return the instructions in order.

    Source: BuildKit's frontend/dockerfile/parser. Lines end at LF, with an optional CR; comments
    are dropped, also between continuation lines; ``\\`` at a line's end continues it.
    """
    return [Instruction(*_split(line)) for line in _logical_lines(text)]


def unquoted(word: str) -> str:
    """Return the value of a word in double quotes, by the rules of BuildKit's shell lexer.

    Inside the quotes a backslash escapes ``"``, ``$`` and itself; before anything else it stays.
    """
    match = _DOUBLE_QUOTED.fullmatch(word)
    if match is None:
        raise ValueError(f"not one word in double quotes: {word}")
    if re.search(r"(?<!\\)(?:\\\\)*\$", match.group(1)):
        raise ValueError(f"a variable would be expanded: {word}")
    return re.sub(r'\\(["$\\])', r"\1", match.group(1))


def _logical_lines(text: str) -> Iterator[str]:
    joined = ""
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        if line.lstrip().startswith("#") or (joined and not line.strip()):
            continue
        if _CONTINUED.search(line):
            joined += _CONTINUED.sub("", line)
            continue
        if joined or line.strip():
            yield joined + line
        joined = ""
    if joined:
        yield joined


def _split(line: str) -> tuple[str, str]:
    keyword, _, arguments = line.strip().partition(" ")
    if keyword.upper() in ("RUN", "COPY", "ADD") and _HEREDOC.search(arguments):
        raise ValueError(f"a heredoc begins here: {line}")
    return keyword.upper(), arguments.strip()
