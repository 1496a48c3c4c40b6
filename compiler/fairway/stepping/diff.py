"""The difference of two texts in the unified form, which ``git apply`` takes."""

from __future__ import annotations

from collections.abc import Iterator

_NO_END = "\\ No newline at end of file\n"


def unified(path: str, before: str, after: str) -> str:
    """Return the difference of a file at ``path``, relative to the repository; "" for none."""
    from difflib import unified_diff

    names = (f"a/{path}", f"b/{path}")
    return "".join(_ended(unified_diff(_lines(before), _lines(after), *names)))


def _lines(text: str) -> list[str]:
    # Only LF ends a line for git; a CR before it is part of the line.
    lines = text.split("\n")
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_END}"
