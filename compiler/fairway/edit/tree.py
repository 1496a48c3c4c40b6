"""A document's nodes as they are written: where they stand, and in which style.

A ``Document`` says what a file means; editing it takes also how it says it: which maps are in
braces, which values have anchors, where an alias stands.
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple, TypeAlias

from fairway.edit.errors import EditRefusedError
from fairway.source.events import (
    AliasEvent,
    CParser,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from fairway.source.scalar import resolve

Kind: TypeAlias = Literal["scalar", "alias", "map", "list"]

# An anchor or a tag before a node, and what separates it from the node.
_PROPERTY = re.compile(r"(?:!<[^>]*>|[&!][^\s,\[\]{}]*)")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_BLANK_LINES = re.compile(r"(?:(?:\r\n?|\n)[ \t]*)+\Z")
_LAST_BREAK = re.compile(r"(?:\r\n?|\n)\Z")


class Node:
    """A value or a key; all positions are code points from the start of the text.

    It stands from ``start`` to ``end``, its anchor and tag included; without them from ``inner``,
    and ``named`` is where they end. The end of a block is that of its last value, of a block
    scalar that of its last line. ``bare`` is a map in a flow list that has no braces: ``[a: 1]``.
    """

    __slots__ = (
        "aliases", "anchor", "bare", "end", "flow", "inner", "items", "keys", "kind", "named",
        "start", "style", "tagged",
    )  # fmt: skip

    def __init__(self, kind: Kind, start: int, end: int) -> None:
        self.kind = kind
        self.start = start
        self.inner = start
        self.named = start
        self.end = end
        self.flow = False
        self.bare = False
        self.style = ""
        self.anchor: str | None = None
        self.tagged = False
        self.keys: list[Key] = []
        self.items: list[Node] = []
        self.aliases: list[int] = []

    @property
    def block(self) -> bool:
        """Whether this is a map or a list that is written on lines of its own."""
        return self.kind in ("map", "list") and not self.flow

    @property
    def empty(self) -> bool:
        """Whether nothing is written here but perhaps an anchor or a tag."""
        return self.kind == "scalar" and self.inner == self.end


class Key(NamedTuple):
    """A map's key: what it says (None: an alias says it), and where it stands."""

    name: str | None
    start: int
    end: int


def between(text: str, position: int) -> int:
    """Return where the next thing stands that is neither blank nor comment."""
    found = _BETWEEN.match(text, position)
    return found.end() if found is not None else position


def read_tree(text: str) -> Node:
    """Return the root of a text that the engine's reader has read, which bounds its depth."""
    reader = _Reader(text)
    root: Node | None = None
    while type(event := reader.next_event()) is not StreamEndEvent:
        if type(event) is DocumentStartEvent:
            if root is not None:
                raise EditRefusedError("the file holds more than one document")
            root = reader.node(reader.next_event())
    if root is None:
        raise EditRefusedError("the file holds no YAML")
    return root


class _Reader:
    """One pass over a text's events."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.next_event = CParser(text).get_event
        self.anchors: dict[str, Node] = {}

    def node(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        kind = type(event)
        if kind is AliasEvent:
            target = self.anchors.get(event.anchor)
            if target is not None:
                target.aliases.append(start)
            return Node("alias", start, end)
        if kind is ScalarEvent:
            node = Node("scalar", start, end)
            node.style = event.style or ""
            self._properties(node, event)
            if node.style in ("|", ">"):
                node.end = self._last_line(node)
            return node
        node = Node("map" if kind is MappingStartEvent else "list", start, end)
        self._properties(node, event)
        node.flow = bool(event.flow_style)
        node.bare = kind is MappingStartEvent and node.flow and self.text[end - 1 : end] != "{"
        if kind is SequenceStartEvent:
            self._items(node)
        else:
            self._entries(node)
        return node

    def _properties(self, node: Node, event: Any) -> None:
        node.anchor, node.tagged = event.anchor, event.tag is not None
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        position = node.start
        for _ in range((node.anchor is not None) + node.tagged):
            found = _PROPERTY.match(self.text, position)
            if found is None:
                return
            node.named = found.end()
            position = between(self.text, node.named)
        # Nothing may follow: then the next thing is not this node's.
        scalar = node.kind == "scalar"
        node.inner = min(position, node.end) if scalar else position
        if scalar and node.inner == node.end:
            node.inner = node.end = node.named

    def _last_line(self, node: Node) -> int:
        """Return where a block scalar ends, without the blank lines that it does not count."""
        written = self.text[node.inner : node.end]
        header = re.split(r"[\r\n#]", written, maxsplit=1)[0]
        ends = _LAST_BREAK if "+" in header else _BLANK_LINES
        return node.inner + len(ends.sub("", written))

    def _items(self, node: Node) -> None:
        while hasattr(event := self.next_event(), "anchor"):
            node.items.append(self.node(event))
        self._end(node, event)

    def _entries(self, node: Node) -> None:
        while hasattr(event := self.next_event(), "anchor"):
            key = self.node(event)
            node.keys.append(Key(self._name(event, key), key.start, key.end))
            node.items.append(self.node(self.next_event()))
        self._end(node, event)

    def _name(self, event: Any, key: Node) -> str | None:
        if key.kind != "scalar":
            return None
        plain = event.tag is None and event.implicit[0]
        read = resolve(event.value) if plain else event.value
        return read if isinstance(read, str) else self.text[key.inner : key.end]

    def _end(self, node: Node, event: Any) -> None:
        if node.flow and not node.bare:
            node.end = event.end_mark.index
        elif node.items:
            last = node.items[-1]
            node.end = max(last.end, node.keys[-1].end if node.keys else 0)
