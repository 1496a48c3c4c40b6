"""A YAML text that is edited the way a person edits it: one place, and everything else as it was.

Places are found with PyYAML's own composer, not with the reader that is tested, so that the line
that a fault is expected at does not come from what has to find it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import yaml

Step: TypeAlias = str | int
Route: TypeAlias = tuple[Step, ...]


class _Loader(yaml.CBaseLoader):
    """Leaves every scalar as it is: only places matter here."""


def route_of(text: str) -> Route:
    """Return the route that is written ``serving.callers[0].namespace`` or ``versions["1.0"]``."""
    route: list[Step] = []
    rest = text
    while rest:
        if rest.startswith('["'):
            name, _, rest = rest[2:].partition('"]')
            route.append(name)
        elif rest.startswith("["):
            number, _, rest = rest[1:].partition("]")
            route.append(int(number))
        else:
            rest = rest.removeprefix(".")
            end = min(len(rest), *(at for at in map(rest.find, ".[") if at >= 0), len(rest))
            route.append(rest[:end])
            rest = rest[end:]
    return tuple(route)


class Written:
    """A text that can be edited by routes; each edit is checked by reading the text again."""

    def __init__(self, text: str, document: int = 0) -> None:
        """Take a text; ``document`` is which of its documents routes are about."""
        self.text = text
        self._document = document
        self._read: tuple[str, yaml.Node] | None = None

    # -- reading -----------------------------------------------------------------------------------

    @property
    def _root(self) -> yaml.Node:
        if self._read is None or self._read[0] != self.text:
            documents = list(yaml.compose_all(self.text, Loader=_Loader))
            self._read = (self.text, documents[self._document])
        return self._read[1]

    def node(self, route: Route) -> yaml.Node | None:
        """Return what stands at a route, or None."""
        entry = self._entry(route)
        return entry[1] if entry is not None else None

    def _entry(self, route: Route) -> tuple[yaml.Node, yaml.Node] | None:
        """Return the key and the value at a route; an item of a list is its own key."""
        key = node = self._root
        for step in route:
            if isinstance(node, yaml.MappingNode):
                found = [(k, v) for k, v in node.value if k.value == step]
                if not found:
                    return None
                key, node = found[0]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                if step >= len(node.value):
                    return None
                key = node = node.value[step]
            else:
                return None
        return key, node

    def has(self, route: Route) -> bool:
        """Whether something stands at a route."""
        return self._entry(route) is not None

    def line(self, route: Route, part: str = "value") -> int:
        """Return the line, from 1, of the value at a route, or of its key."""
        entry = self._entry(route)
        assert entry is not None, f"nothing stands at {route} in\n{self.text}"
        node = entry[0] if part == "key" else entry[1]
        return int(node.start_mark.line) + 1

    def line_of(self, words: str) -> int:
        """Return the line, from 1, that words end on which the text holds once."""
        assert self.text.count(words) == 1, f"{words!r} is {self.text.count(words)} times there"
        return self.text[: self.text.index(words) + len(words)].count("\n") + 1

    # -- editing -----------------------------------------------------------------------------------

    def set(self, route: Route, written: str) -> None:
        """Write a value at a route, whether there was one or not."""
        if not self.has(route):
            self._add(route, written)
            return
        entry = self._entry(route)
        assert entry is not None
        key, node = entry
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and key is not node:
            start = self.text.index(":", key.end_mark.index) + 1
            self._put(start, _end(node, self.text), f" {written}")
        else:
            self._put(node.start_mark.index, _end(node, self.text), written)

    def _add(self, route: Route, written: str) -> None:
        depth = next(n for n in range(len(route) - 1, -1, -1) if self.has(route[:n]))
        value = written
        for step in reversed(route[depth + 1 :]):
            value = f"{{{step}: {value}}}"
        entry = f"{route[depth]}: {value}"
        node = self.node(route[:depth])
        assert isinstance(node, yaml.MappingNode), f"{route[:depth]} takes no key"
        if not node.value:
            self._put(node.start_mark.index, node.end_mark.index, f"{{{entry}}}")
        elif node.flow_style:
            at = _end(node.value[-1][1], self.text)
            self._put(at, at, f", {entry}")
        else:
            at = self._end_of_line(_end(node.value[-1][1], self.text))
            self._put(at, at, f"\n{' ' * node.start_mark.column}{entry}")

    def append(self, route: Route, written: str) -> None:
        """Write one more item at the end of the list at a route."""
        node = self.node(route)
        assert isinstance(node, yaml.SequenceNode), f"{route} is no list"
        at = _end(node.value[-1], self.text)
        if node.flow_style:
            self._put(at, at, f", {written}")
        else:
            at = self._end_of_line(at)
            self._put(at, at, f"\n{' ' * node.start_mark.column}- {written}")

    def remove(self, route: Route) -> None:
        """Remove a key or an item, but not the last one of its map or list."""
        parent = self.node(route[:-1])
        entry = self._entry(route)
        assert isinstance(parent, yaml.CollectionNode), f"nothing stands at {route}"
        assert entry is not None, f"nothing stands at {route}"
        spans = list(self._spans(parent))
        index = next(
            i for i, (_, value) in enumerate(spans) if value is entry[1] or _same(value, entry[1])
        )
        assert len(spans) > 1, f"{route} is the only one"
        if index + 1 < len(spans):
            self._put(spans[index][0], spans[index + 1][0], "")
        else:
            self._put(_end(spans[index - 1][1], self.text), _end(spans[index][1], self.text), "")

    def replace(self, old: str, new: str) -> None:
        """Replace words that the text holds once."""
        assert self.text.count(old) == 1, f"{old!r} is {self.text.count(old)} times in\n{self.text}"
        self.text = self.text.replace(old, new)

    def _spans(self, parent: yaml.CollectionNode) -> Iterator[tuple[int, yaml.Node]]:
        if isinstance(parent, yaml.MappingNode):
            yield from ((key.start_mark.index, value) for key, value in parent.value)
            return
        for item in parent.value:
            start = item.start_mark.index
            yield (start if parent.flow_style else self.text.rindex("-", 0, start)), item

    def _end_of_line(self, at: int) -> int:
        found = self.text.find("\n", at)
        return found if found >= 0 else len(self.text)

    def _put(self, start: int, end: int, written: str) -> None:
        self.text = self.text[:start] + written + self.text[end:]
        assert self._root is not None  # reading raises when the edit broke the text


def _same(one: yaml.Node, other: yaml.Node) -> bool:
    return bool(one.start_mark.index == other.start_mark.index)


def _end(node: yaml.Node, text: str) -> int:
    """Return where a node ends; a block's own mark is behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    end = int(node.end_mark.index)
    while end > node.start_mark.index and text[end - 1] in " \n":
        end -= 1
    return end
