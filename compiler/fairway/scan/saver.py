"""How a SavedModel reads and writes its own variables, and nothing else.

The same operators that restore a model's variables read and write any file. So their path must
come from a placeholder, which the loader fills, never from a constant; and no signature, start-up
operation or other function may reach them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fairway.scan.report import Found, shown
from fairway.scan.tensorflow_ops import SAVER

# Which inputs of an operator are a path, or pass one on.
_PATHS: Mapping[str, tuple[int, ...] | None] = {
    "SaveV2": (0,),
    "RestoreV2": (0,),
    "ShardedFilename": (0,),
    "MergeV2Checkpoints": (0, 1),
    "Identity": (0,),
    "StringJoin": (0,),
    "Select": (1, 2),
    "SelectV2": (1, 2),
    "Pack": None,
}
_GIVEN = {"Placeholder", "PlaceholderWithDefault", "_Arg"}
_MOST_STEPS = 100_000
_EXPORT = "export the model again with tf.saved_model.save"


class Node(NamedTuple):
    """A node: its operator, its inputs as TensorFlow writes them, the functions it may call."""

    operator: str
    inputs: tuple[str, ...]
    functions: frozenset[str]


class Graph:
    """The nodes of a graph or of a function's body, by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}


def check_savers(
    main: Graph, functions: Mapping[str, Graph], used: Iterable[str], found: Found
) -> None:
    """Add a fault for every file operator that something else than the loader can direct.

    ``used`` are the tensors and operations that signatures and collections name.
    """
    savers = {name for name, graph in functions.items() if _saves(graph)}
    for name, graph in functions.items():
        if any(node.operator in savers or node.functions & savers for node in graph.nodes.values()):
            found.fault(f"function {shown(name)} reads or writes files through another", _EXPORT)
        if name in savers and not _all_given(graph, frozenset()):
            found.fault(f"function {shown(name)} reads or writes a file that it names", _EXPORT)
    if not _all_given(main, frozenset(savers)):
        found.fault("the graph reads or writes a file that it names", _EXPORT)
    reached = _after(main, savers)
    if reached and any(_node_of(name) in reached for name in used):
        found.fault("a signature or a start-up operation reads or writes files", _EXPORT)


def _saves(graph: Graph) -> bool:
    return any(node.operator in SAVER or node.functions & SAVER for node in graph.nodes.values())


def _all_given(graph: Graph, savers: frozenset[str]) -> bool:
    """Return whether every path in a graph comes from its caller."""
    checked: set[str] = set()
    todo: list[str] = []
    for node in graph.nodes.values():
        if node.functions & SAVER:
            return False  # a file operator that is passed on as a function
        if node.operator in SAVER:
            todo += _pick(node.inputs, _PATHS[node.operator])
        elif node.operator in savers or node.functions & savers:
            todo += node.inputs[:1]
    for _ in range(_MOST_STEPS):
        if not todo:
            return True
        name = _node_of(todo.pop())
        if name in checked:
            continue
        checked.add(name)
        node = graph.nodes.get(name, Node("_Arg", (), frozenset()))
        if node.operator in _GIVEN:
            continue
        if node.operator not in _PATHS:
            return False
        todo += _pick(node.inputs, _PATHS[node.operator])
    return False


def _pick(inputs: tuple[str, ...], places: tuple[int, ...] | None) -> list[str]:
    data = [name for name in inputs if not name.startswith("^")]
    return data if places is None else [data[i] for i in places if i < len(data)]


def _after(graph: Graph, savers: set[str]) -> set[str]:
    """Return the nodes that run file operators, and all that wait for one of them."""
    readers: dict[str, list[str]] = {}
    todo = []
    for name, node in graph.nodes.items():
        for each in node.inputs:
            readers.setdefault(_node_of(each), []).append(name)
        if node.operator in SAVER | savers or node.functions & savers:
            todo.append(name)
    reached: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += readers.get(name, [])
    return reached


def _node_of(name: str) -> str:
    return name.removeprefix("^").partition(":")[0]
