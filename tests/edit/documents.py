"""YAML as people write it: a hypothesis strategy that draws data and one way to write it.

Every comment is numbered (``# c7``), and no string holds a ``#``, so that comments can be counted.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from ruamel.yaml import YAML

from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import source_from_text

COMMENT = re.compile(r"# c[0-9]+")

WORDS = st.sampled_from(
    ["a", "b", "cpu", "minReplicas", "x-y", "é", "日本", "1.0.0", "no", "3.10", "a b", "on", "~x"]
)
STRINGS = st.one_of(
    WORDS,
    st.sampled_from(["", " lead", "it's", 'say "x"', "a: b", "- a", "{x}", "[1]", "a, b", "null"]),
    st.sampled_from(
        ["1.1.0", "200m", "5/s", "./models/1.0.0", "012", "1_000", "1e3", "two\nlines"]
    ),
    st.text("abz019 .-_/é\n", max_size=8),
)
SCALARS = st.one_of(
    STRINGS,
    st.integers(-1000, 10**12),
    st.booleans(),
    st.none(),
    st.sampled_from([0.5, -2.5, 1e30]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)
MAPS = st.dictionaries(WORDS, VALUES, min_size=1, max_size=4)


def read(text: str) -> Document:
    """Return what the engine reads; the text must be free of faults."""
    document, findings = parse(source_from_text("x.yaml", text))
    assert findings == [], text
    return document


@st.composite
def documents(draw: DrawFn) -> Document:
    """Draw a document: its data, its style, its comments, its line ends."""
    writer = _Writer(draw)
    lines = writer.comments(0)
    value = draw(MAPS)
    if draw(st.integers(0, 5)) == 0:
        lines.append(writer.flow(value) + writer.trailing())
    else:
        lines += writer.block(value, 0)
        if draw(st.booleans()):
            lines += ["shared: &shared {p: 1} # c900", "again: *shared", "unused: &unused 7"]
    lines += writer.comments(0)
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = end.join("\n".join(lines).split("\n"))
    return read(text + draw(st.sampled_from([end, end, ""])))


class _Writer:
    """Writes data in a style that is drawn anew at every place."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.count = 0

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def comment(self) -> str:
        self.count += 1
        return f"# c{self.count}"

    def comments(self, indent: int) -> list[str]:
        if not self.chance(4):
            return []
        lines = [" " * indent + self.comment() for _ in range(self.draw(st.integers(1, 2)))]
        return lines + [""] * self.draw(st.integers(0, 1))

    def trailing(self) -> str:
        return f"  {self.comment()}" if self.chance(4) else ""

    def block(self, value: Any, indent: int) -> list[str]:
        lines: list[str] = []
        pairs = value.items() if isinstance(value, dict) else [(None, item) for item in value]
        for key, child in pairs:
            lines += self.comments(indent)
            head = " " * indent + (f"{self.key(key)}:" if key is not None else "-")
            lines += self.entry(head, child, indent, in_map=key is not None)
        return lines

    def entry(self, head: str, child: Any, indent: int, *, in_map: bool) -> list[str]:
        if not isinstance(child, dict | list) or not child or self.chance(3):
            return self.inline(head, child, indent)
        if not in_map and isinstance(child, dict) and self.chance(2):
            first, *rest = self.block(child, indent + 2)
            if first.strip()[:1] not in ("#", ""):
                return [f"{head} {first.lstrip(' ')}", *rest]
        least = 0 if in_map and isinstance(child, list) else 1
        deeper = indent + self.draw(st.integers(least, 4))
        return [head + self.trailing(), *self.block(child, deeper)]

    def inline(self, head: str, child: Any, indent: int) -> list[str]:
        if isinstance(child, str) and "\n" in child and self.chance(2):
            return self.literal(head, child, indent) or [f"{head} {json.dumps(child)}"]
        text = (
            self.flow(child) if isinstance(child, dict | list) else self.scalar(child, flow=False)
        )
        if isinstance(child, dict | list) and child and self.chance(4):
            return self.lines_of_brackets(head, child, indent)
        return [f"{head}{' ' * bool(text)}{text}{self.trailing()}"]

    def literal(self, head: str, child: str, indent: int) -> list[str]:
        lines = child.split("\n")
        if not all(line[:1].strip() for line in lines[:-1]) or lines[-1] or "\r" in child:
            return []
        return [f"{head} |", *(" " * (indent + 2) + line for line in lines[:-1])]

    def lines_of_brackets(self, head: str, child: Any, indent: int) -> list[str]:
        opening, closing = "{}" if isinstance(child, dict) else "[]"
        pairs = child.items() if isinstance(child, dict) else [(None, item) for item in child]
        entries = [self.pair(key, item) for key, item in pairs]
        comma = [","] * (len(entries) - 1) + ["," * self.chance(2)]
        pad = " " * (indent + 3)
        body = [f"{pad}{e}{c}{self.trailing()}" for e, c in zip(entries, comma, strict=True)]
        return [f"{head} {opening}{self.trailing()}", *body, f"{pad}{closing}{self.trailing()}"]

    def flow(self, value: Any) -> str:
        if isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else [(None, item) for item in value]
            entries = ", ".join(self.pair(key, item) for key, item in pairs)
            pad = " " * self.draw(st.integers(0, 1))
            return f"{{{pad}{entries}{pad}}}" if isinstance(value, dict) else f"[{entries}]"
        return self.scalar(value, flow=True)

    def pair(self, key: str | None, item: Any) -> str:
        if key is None:
            return self.flow(item) if item is not None else "null"
        return f"{self.key(key)}: {self.flow(item)}"

    def key(self, key: str) -> str:
        return self.scalar(key, flow=True)

    def scalar(self, value: Any, *, flow: bool) -> str:
        if value is None:
            return self.draw(st.sampled_from(["null", "~", ""]))
        if not isinstance(value, str):
            return json.dumps(value).replace("e+", ".0e+")
        if _may_be_plain(value) and self.chance(2):
            return value
        if "\n" not in value and self.chance(2):
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=flow)


@lru_cache(maxsize=4096)
def _may_be_plain(text: str) -> bool:
    if not re.match(r"[\w./][\w./ -]*\Z", text) or text.strip() != text or "\n" in text:
        return False
    document, findings = parse(source_from_text("x", f"k: {text}\n"))
    try:
        by_ruamel = YAML(typ="safe", pure=True).load(f"k: {text}\n")
    except ValueError:  # it takes a lone dot for a number
        return False
    return not findings and document.value == by_ruamel == {"k": text}
