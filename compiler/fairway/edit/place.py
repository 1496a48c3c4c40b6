"""Finding the place of a route in the text: the node, what holds it, and what may not be edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fairway.edit.errors import EditRefusedError
from fairway.edit.lines import column
from fairway.edit.tree import Node, between, read_tree
from fairway.location import Route, Step, format_route


class Written(NamedTuple):
    """A text with its nodes and its habits: how far it indents what stands in a map.

    ``step`` is the indentation of a block map in another, ``dash`` that of a list's dashes.
    """

    text: str
    root: Node
    step: int
    dash: int


class Slot(NamedTuple):
    """Where a value stands: the ``nth`` of ``parent``; or it is the root (no parent).

    ``route`` leads to it, and ``rest`` is what of the route wanted is not there.
    """

    node: Node
    parent: Node | None
    nth: int
    route: Route
    rest: Route


def read_written(text: str) -> Written:
    """Return a text with its nodes; it must be one that the engine's reader has read."""
    root = read_tree(text)
    step, dash = 0, -1
    for node in _nodes(root):
        if node.kind != "map" or node.flow or not node.items:
            continue
        own = column(text, node.inner)
        for child in node.items:
            if child.block and column(text, child.inner) >= own:
                offset = column(text, child.inner) - own
                if child.kind == "list" and dash < 0:
                    dash = offset
                elif child.kind == "map" and step == 0:
                    step = offset
    step = step or 2
    return Written(text, root, step, dash if dash >= 0 else step)


def find(written: Written, route: Route) -> Slot:
    """Return the slot of ``route``, or of its nearest parent that is there.

    ``EditRefusedError`` when an alias stands on the way, or the value is used by one.
    """
    slot = Slot(written.root, None, 0, (), route)
    while True:
        _refuse_shared(slot.node, slot.route)
        index = _index(slot.node, slot.rest[0]) if slot.rest else None
        if index is None:
            break
        step, rest = slot.rest[0], slot.rest[1:]
        slot = Slot(slot.node.items[index], slot.node, index, (*slot.route, step), rest)
    if slot.node.kind == "alias" and slot.rest:
        raise EditRefusedError(
            f"`{format_route(slot.route)}` is an alias, and what it stands for is used elsewhere:"
            " write its value out first"
        )
    return slot


def refuse_lost_anchors(node: Node, route: Route) -> None:
    """Refuse to replace or remove a node when an alias outside needs an anchor inside it."""
    for each in _nodes(node):
        if any(not node.start <= alias < node.end for alias in each.aliases):
            _refuse_shared(each, route)


def head(written: Written, slot: Slot) -> int | None:
    """Return where a value may begin: after its key's colon, or its dash; None if neither is there.

    That is so for items in brackets, and keys in braces without a colon.
    """
    parent, text = slot.parent, written.text
    if parent is None:
        return None
    if parent.kind == "map":
        position = between(text, parent.keys[slot.nth].end)
        return position + 1 if text[position : position + 1] == ":" else None
    return dash_of(written, parent, slot.nth) + 1 if not parent.flow else None


def dash_of(written: Written, parent: Node, index: int) -> int:
    """Return where the dash of an item of a block list stands."""
    before = parent.items[index - 1].end if index else parent.named
    position = between(written.text, before)
    if written.text[position : position + 1] != "-":
        raise EditRefusedError("the list is written in a way that cannot be edited safely")
    return position


def _index(node: Node, step: Step) -> int | None:
    if node.kind == "map" and isinstance(step, str):
        return next((i for i, key in enumerate(node.keys) if key.name == step), None)
    if node.kind == "list" and isinstance(step, int) and 0 <= step < len(node.items):
        return step
    return None


def _refuse_shared(node: Node, route: Route) -> None:
    if node.aliases:
        raise EditRefusedError(
            f"`{format_route(route)}` has the anchor &{node.anchor}, which is used elsewhere:"
            " the edit would change two places"
        )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.items:
        yield from _nodes(child)
