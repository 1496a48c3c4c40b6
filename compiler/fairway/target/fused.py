"""Structured templates fused to text: what never changes is written when the template loads.

The result is what ``emit`` and ``indented_json`` write for the rendered objects, which a test
holds it to. Values still go through these serialisers, one by one: a value can never become
structure here either.
"""

from __future__ import annotations

import ast
import json
from typing import NamedTuple, TypeAlias

from fairway.target.emit import emit_item, emit_key, emit_value
from fairway.target.expression import is_plain
from fairway.target.function import STEP, dashed
from fairway.target.structured import Node


class _Piece(NamedTuple):
    """A part of the text: the text itself where it is ``fixed``, else the source that gives it."""

    text: str
    fixed: bool


_Pieces: TypeAlias = list[_Piece]


def yaml_source(nodes: list[Node]) -> str:
    """Return the source of an expression for the list of each document's text."""
    texts = [node.with_code(_source(_document(node))).as_items() for node in nodes]
    return "[" + ", ".join(texts) + "]"


def json_source(nodes: list[Node]) -> str:
    """Return the same for JSON, two blanks a level."""
    end = _Piece("\n", fixed=True)
    texts = [node.with_code(_source([*_json(node, "\n"), end])).as_items() for node in nodes]
    return "[" + ", ".join(texts) + "]"


def _source(pieces: _Pieces) -> str:
    """Return the source of an expression for all pieces in a row."""
    parts: list[_Piece] = []
    for piece in pieces:
        if parts and piece.fixed and parts[-1].fixed:
            parts[-1] = _Piece(parts[-1].text + piece.text, fixed=True)
        else:
            parts.append(piece)
    sources = [repr(part.text) if part.fixed else part.text for part in parts]
    return sources[0] if len(sources) == 1 else f"''.join(({', '.join(sources)},))"


# -- YAML ------------------------------------------------------------------------------------------


def _document(node: Node) -> _Pieces:
    if not _is_open(node):
        return [_Piece(f"emit({node.code})", fixed=False)]
    return _block(node, "")


def _is_open(node: Node) -> bool:
    """Whether a node is a map or a list that has something in it whatever the plan says."""
    if node.entries is not None:
        fixed = all(key is not None for key, _ in node.entries)
        return fixed and any(not child.condition for _, child in node.entries)
    return node.items is not None and any(not i.condition and not i.loop for i in node.items)


def _is_repeated(node: Node) -> bool:
    """Whether a node is a list that may turn out empty."""
    return bool(node.items) and not _is_open(node)


def _block(node: Node, indent: str) -> _Pieces:
    """Return the lines of a map's entries or a list's items."""
    pieces: _Pieces = []
    for key, child in node.entries or ():
        assert key is not None  # noqa: S101 - maps with expressions as keys are not taken apart
        lines = _entry(f"{indent}{emit_key(key)}:", child, indent)
        pieces += _when(child, lines)
    for child in node.items or ():
        pieces += _when(child, _item(child, indent))
    return pieces


def _when(node: Node, pieces: _Pieces) -> _Pieces:
    if node.loop:
        test = f" if {node.condition}" if node.condition else ""
        return [_Piece(f"''.join([{_source(pieces)} {node.loop}{test}])", fixed=False)]
    if node.condition:
        return [_Piece(f"({_source(pieces)} if {node.condition} else '')", fixed=False)]
    return pieces


def _entry(head: str, child: Node, indent: str) -> _Pieces:
    below = indent if child.items is not None else indent + STEP
    if _is_open(child):
        return [_Piece(f"{head}\n", fixed=True), *_block(child, below)]
    if _is_repeated(child):
        lines = _source(_block(child, below))
        return [_Piece(head, fixed=True), _Piece(f"block({lines})", fixed=False)]
    if child.fixed:
        return [_Piece(head + emit_value(child.value, indent), fixed=True)]
    return [_Piece(head, fixed=True), _Piece(f"value({child.code}, {indent!r})", fixed=False)]


def _item(child: Node, indent: str) -> _Pieces:
    if child.fixed:
        return [_Piece(emit_item(child.value, indent), fixed=True)]
    if child.entries is None or not _is_open(child):
        return [_Piece(f"item({child.code}, {indent!r})", fixed=False)]
    first, *rest = _block(child, indent + STEP)
    if first.fixed:
        return [_Piece(dashed(first.text, indent), fixed=True), *rest]
    return [_Piece(f"dashed({_source([first, *rest])}, {indent!r})", fixed=False)]


# -- JSON ------------------------------------------------------------------------------------------


def _json(node: Node, newline: str) -> _Pieces:
    inner = newline + STEP
    if node.fixed:
        return [_Piece(json.dumps(node.value, ensure_ascii=False), fixed=True)]
    if node.entries and not any(key is None or child.condition for key, child in node.entries):
        pieces: _Pieces = []
        for key, child in node.entries:
            head = f"{',' if pieces else '{'}{inner}{json.dumps(key, ensure_ascii=False)}: "
            pieces += [_Piece(head, fixed=True), *_json(child, inner)]
        return [*pieces, _Piece(f"{newline}}}", fixed=True)]
    if node.items is not None and len(node.items) == 1 and node.items[0].loop:
        (item,) = node.items
        source = _source(_json(item, inner))
        name = item.loop.split(" ", 2)[1]
        if is_plain(item.elements) and _variables(source) <= {name}:
            source = f"remembered({source!r}, {name.removeprefix('v_')!r}, {name})"
        texts = item.with_code(source).as_items()
        return [_Piece(f"listed([{texts}], {newline!r})", fixed=False)]
    return [_Piece(f"json({node.code}, {newline!r})", fixed=False)]


def _variables(source: str) -> set[str]:
    """Return the variables that an expression is about: its subject and the loops around it."""
    tree = ast.walk(ast.parse(source, mode="eval"))
    return {node.id for node in tree if isinstance(node, ast.Name) and node.id.startswith("v_")}
