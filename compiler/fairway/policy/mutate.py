"""Mutants: a condition with one thing in it changed, which the rule's examples have to notice.

Where a change goes unnoticed, the examples do not say what that part of the condition is for, and
nobody would notice if it broke. What is changed, in every part of the condition, loops included:

* a clause (the operand of ``&&``, ``||``, ``!``, ``?:``, or the test of a loop) is left out, or
  turned into its opposite;
* ``&&`` and ``||``, ``all`` and ``exists`` are exchanged, ``exists`` is put for ``exists_one``;
* comparisons move at their bound: ``>=`` and ``>``, ``<=`` and ``<``, ``==`` and ``!=``;
* numbers that are compared grow and shrink: whole ones by 1, others by a tenth, 0.0 by 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from fairway.policy.expression import AND, CONDITIONAL, NOT, OR, Node
from fairway.policy.expression_text import operator, text_of

_RELATIONS: Mapping[str, str] = {
    "_>=_": "_>_", "_>_": "_>=_", "_<=_": "_<_", "_<_": "_<=_", "_==_": "_!=_", "_!=_": "_==_",
}  # fmt: skip
_OPPOSITES = {"_==_": "_!=_", "_!=_": "_==_"}
_LOOPS = {"all": "exists", "exists": "all", "exists_one": "exists"}
_TESTS = (*_LOOPS, "filter")
_ARITHMETIC = ("_+_", "_-_", "_*_", "_/_", "_%_", "-_", "double", "int")
_LONGEST = 72

Put: TypeAlias = Callable[[Node], Node]
"""Puts a node where another one stands, and returns the whole expression."""


class Change(NamedTuple):
    """A changed expression: what was done, the clause's place in the text, and the new tree."""

    what: str
    at: int
    tree: Node


def changes_of(tree: Node, clause: bool) -> Iterator[Change]:
    """Yield every change of an expression, each outcome once.

    ``clause`` says whether the whole of it is true or false.
    """
    seen = {tree.shape()}
    for change in _changes(tree, lambda node: node, clause):
        shape = change.tree.shape()
        if shape not in seen:
            seen.add(shape)
            yield change


def _changes(node: Node, put: Put, clause: bool) -> Iterator[Change]:
    """Yield the changes of a part; ``clause`` says that it is true or false on its own account."""
    if clause:
        yield Change(f"not {_short(node)}", node.start(), put(_opposite(node)))
    if node.calls(AND, OR):
        yield from _of_chain(node, put)
    elif node.calls(CONDITIONAL):
        _, then, other = node.parts
        yield Change(f"always {_short(then)}", node.start(), put(then))
        yield Change(f"always {_short(other)}", node.start(), put(other))
    elif node.calls(*_RELATIONS):
        swapped = _RELATIONS[node.name]
        what = f"{operator(swapped)} for {operator(node.name)} in {_short(node)}"
        yield Change(what, node.start(), put(node._replace(name=swapped)))
        yield from _of_numbers(node, node, put)
    elif node.kind == "method" and node.name in _TESTS:
        yield from _of_loop(node, put)
    for index, part in enumerate(node.parts):
        inner = _is_clause(node, index, clause)
        yield from _changes(part, _putter(node, index, put), inner)


def _of_chain(node: Node, put: Put) -> Iterator[Change]:
    sign, other = operator(node.name), OR if node.name == AND else AND
    for index, part in enumerate(node.parts):
        rest = (*node.parts[:index], *node.parts[index + 1 :])
        left = rest[0] if len(rest) == 1 else node._replace(parts=rest)
        yield Change(f"without {_short(part)}", part.start(), put(left))
    for index, (first, second) in enumerate(zip(node.parts, node.parts[1:], strict=False)):
        pair = node._replace(name=other, parts=(first, second))
        parts = (*node.parts[:index], pair, *node.parts[index + 2 :])
        changed = pair if len(parts) == 1 else node._replace(parts=parts)
        what = f"{operator(other)} for {sign} before {_short(second)}"
        yield Change(what, second.start(), put(changed))


def _of_loop(node: Node, put: Put) -> Iterator[Change]:
    target, _, test = node.parts
    if node.name == "filter":
        yield Change(f"without the filter {_short(test)}", test.start(), put(target))
    else:
        swapped = _LOOPS[node.name]
        what = f"{swapped} for {node.name} of {_short(target)}"
        yield Change(what, node.start(), put(node._replace(name=swapped)))


def _of_numbers(node: Node, whole: Node, put: Put) -> Iterator[Change]:
    for index, part in enumerate(node.parts):
        inner = _putter(node, index, put)
        if part.kind == "constant" and part.name in ("int64", "uint64", "double"):
            for value in _beside(part):
                what = f"{text_of(value)} for {text_of(part)} in {_short(whole)}"
                yield Change(what, part.at, inner(value))
        elif part.calls(*_ARITHMETIC):
            yield from _of_numbers(part, whole, inner)


def _beside(number: Node) -> Iterator[Node]:
    """Yield a number a step larger and a step smaller."""
    value = number.value
    assert isinstance(value, int | float)  # noqa: S101 - what numbers hold
    step: int | float = 1
    if isinstance(value, float):
        step = abs(value) / 10 or 1.0
    for near in (value + step, value - step):
        if number.name != "uint64" or near >= 0:
            # Tenths of tenths would show: 0.30000000000000004.
            yield number._replace(value=float(f"{near:.12g}") if step != 1 else near)


def _is_clause(node: Node, index: int, clause: bool) -> bool:
    """Whether a part of a node is true or false on its own account."""
    if node.calls(AND, OR):
        return True
    if node.calls(CONDITIONAL):
        return index == 0 or clause
    if node.kind == "method" and node.name in _TESTS:
        return index == 2
    # The test of a map with three arguments; what is under a `!` has been negated with it.
    return node.calls("map") and len(node.parts) == 4 and index == 2


def _putter(node: Node, index: int, put: Put) -> Put:
    return lambda part: put(_joined(node.with_part(index, part)))


def _joined(node: Node) -> Node:
    """Return a chain whose operand became a chain of the same operator as one chain."""
    if not node.calls(AND, OR):
        return node
    parts: list[Node] = []
    for part in node.parts:
        parts += part.parts if part.calls(node.name) else [part]
    return node._replace(parts=tuple(parts))


def _opposite(node: Node) -> Node:
    if node.calls(NOT):
        return node.parts[0]
    if node.calls(*_OPPOSITES):
        return node._replace(name=_OPPOSITES[node.name])
    if node.kind == "constant" and isinstance(node.value, bool):
        return node._replace(value=not node.value)
    return Node("call", NOT, (node,), at=node.start())


def _short(node: Node) -> str:
    """Return a clause as names of mutants show it; of a long one the beginning and a digest."""
    text = text_of(node)
    if node.calls(AND, OR, CONDITIONAL):
        text = f"({text})"
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - 10]}…{sha256(text.encode()).hexdigest()[:6]}"
