"""Scanning a SavedModel's graph: every operator of it and of its functions.

Field numbers are those of TensorFlow 2.21: ``saved_model.proto``, ``meta_graph.proto``,
``saved_object_graph.proto`` (core/protobuf), ``graph.proto``, ``node_def.proto``,
``function.proto`` and ``attr_value.proto`` (core/framework).
"""

from __future__ import annotations

from collections.abc import Iterator

from fairway.scan.protobuf import BYTES, VARINT, Field, Reader, once, top_level
from fairway.scan.report import Found, RefusedError, shown
from fairway.scan.saver import Graph, Node, check_savers
from fairway.scan.stream import Stream
from fairway.scan.tensorflow_ops import COMPUTING, SAVER

SAVED_MODEL = {1: VARINT, 2: BYTES}
META_GRAPH = dict.fromkeys(range(1, 8), BYTES)
GRAPH = {1: BYTES, 2: BYTES, 3: VARINT, 4: BYTES, 5: BYTES}
NODE = dict.fromkeys(range(1, 8), BYTES)
LIBRARY = dict.fromkeys((1, 2, 3), BYTES)
FUNCTION = dict.fromkeys((1, 3, 4, 5, 6, 7, 8), BYTES)
_MOST_NODES = 1_000_000
_MOST_OPERATORS = 10_000
_LAMBDA = b'"Lambda"'  # Keras keeps a Lambda layer's byte code, and would run it
_EXPORT = "export the model again without it"


class SavedModelScan:
    """A walk over ``saved_model.pb`` of ``size`` bytes."""

    def __init__(self, stream: Stream, size: int, found: Found) -> None:
        self._reader = Reader(stream, size)
        self._found = found
        self._nodes = 0

    def run(self) -> None:
        """List the operators; raise ``RefusedError`` where the file is no SavedModel."""
        graphs = 0
        for field in self._reader.fields(self._reader.size, SAVED_MODEL, "the SavedModel"):
            if field.number == 2:
                graphs += 1
                self._meta_graph(field)
        if not graphs:
            raise RefusedError("the SavedModel has no graph", "export the model again")

    def _meta_graph(self, outer: Field) -> None:
        main = Graph()
        functions: dict[str, Graph] = {}
        used: set[str] = set()
        seen: set[int] = set()
        for field in self._reader.fields(outer.end, META_GRAPH, "a meta graph"):
            if field.number == 2:
                once(seen, field, "a meta graph")
                self._graph(field, main, functions)
            elif field.number == 4:
                used.update(self._texts(field, (2, 1, 1)))
            elif field.number == 5:
                used.update(self._signature(field))
            elif field.number == 7:
                for inner in self._below(field, (1, 4, 3)):
                    self._no_lambda(inner)
        self._check(main, functions)
        check_savers(main, functions, used, self._found)

    def _graph(self, outer: Field, main: Graph, functions: dict[str, Graph]) -> None:
        for field in self._reader.fields(outer.end, GRAPH, "a graph"):
            if field.number == 1:
                self._node(field, main)
            elif field.number == 2:
                for inner in self._reader.fields(field.end, LIBRARY, "a library"):
                    if inner.number == 1:
                        self._function(inner, functions)

    def _function(self, outer: Field, functions: dict[str, Graph]) -> None:
        graph = Graph()
        name = ""
        seen: set[int] = set()
        for field in self._reader.fields(outer.end, FUNCTION, "a function"):
            if field.number == 1:
                once(seen, field, "a function")
                names = list(self._texts(field, (1,)))
                name = names[0] if len(names) == 1 else ""
            elif field.number == 3:
                self._node(field, graph)
        if not name or name in functions or name in COMPUTING | SAVER:
            raise RefusedError(f"the function {shown(name) or 'without a name'} is ambiguous")
        functions[name] = graph

    def _node(self, outer: Field, graph: Graph) -> None:
        texts = {1: "", 2: ""}
        inputs: list[str] = []
        called: set[str] = set()
        seen: set[int] = set()
        for field in self._reader.fields(outer.end, NODE, "a node"):
            if field.number in texts:
                once(seen, field, "a node")
                texts[field.number] = self._reader.text(field)
            elif field.number == 3:
                inputs.append(self._reader.text(field))
            elif field.number == 5:
                called.update(self._functions_of(field))
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise RefusedError("the graph has more nodes than any model")
        if texts[1] in graph.nodes:
            raise RefusedError(f"the node {shown(texts[1])} stands twice in its graph")
        graph.nodes[texts[1]] = Node(texts[2], tuple(inputs), frozenset(called))

    def _functions_of(self, outer: Field) -> Iterator[str]:
        """Yield the functions that an attribute names: AttrValue.func and .list.func."""
        for entry in self._reader.fields(outer.end, None, "an attribute"):
            if entry.number == 2:
                yield from self._value(entry)

    def _value(self, outer: Field) -> Iterator[str]:
        for field in self._reader.fields(outer.end, None, "an attribute"):
            if field.number == 10:
                yield from self._name_and_attributes(field)
            elif field.number == 1:
                for inner in self._reader.fields(field.end, None, "an attribute"):
                    if inner.number == 9:
                        yield from self._name_and_attributes(inner)

    def _name_and_attributes(self, outer: Field) -> Iterator[str]:
        for field in self._reader.fields(outer.end, None, "an attribute"):
            if field.number == 1:
                yield self._reader.text(field)
            elif field.number == 2:
                yield from self._functions_of(field)

    def _signature(self, outer: Field) -> Iterator[str]:
        """Yield the tensors of a signature: its inputs, outputs, and their components."""
        for entry in self._reader.fields(outer.end, None, "a signature"):
            if entry.number == 2:
                for field in self._reader.fields(entry.end, None, "a signature"):
                    if field.number in (1, 2):
                        for info in self._below(field, (2,)):
                            yield from self._tensor(info)

    def _tensor(self, outer: Field) -> Iterator[str]:
        for field in self._reader.fields(outer.end, None, "a tensor"):
            if field.number == 1:
                yield self._reader.text(field)
            elif field.number == 4:
                for part in self._reader.fields(field.end, None, "a tensor"):
                    yield self._reader.text(part)
            elif field.number == 5:
                for part in self._below(field, (2,)):
                    yield from self._tensor(part)

    def _below(self, outer: Field, path: tuple[int, ...]) -> Iterator[Field]:
        """Yield the fields at the end of a path of field numbers."""
        for field in self._reader.fields(outer.end, None, "a message"):
            if field.number == path[0]:
                if len(path) == 1:
                    yield field
                else:
                    yield from self._below(field, path[1:])

    def _texts(self, outer: Field, path: tuple[int, ...]) -> Iterator[str]:
        for field in self._below(outer, path):
            yield self._reader.text(field)

    def _no_lambda(self, field: Field) -> None:
        if holds_lambda(self._reader.chunks(field)):
            self._found.fault("a Keras Lambda layer holds Python byte code", _EXPORT)

    def _check(self, main: Graph, functions: dict[str, Graph]) -> None:
        names: set[str] = set()
        for graph in (main, *functions.values()):
            for node in graph.nodes.values():
                names.update((node.operator, *node.functions))
        operators = names - functions.keys()
        if len(operators) > _MOST_OPERATORS:
            raise RefusedError("the graph has more operators than there are")
        self._found.operators.update(shown(name) for name in operators)
        for name in sorted(operators - COMPUTING - SAVER):
            message = f"operator {shown(name)} is custom, or reaches outside of the model"
            self._found.fault(message, _EXPORT)


def holds_lambda(chunks: Iterator[bytes]) -> bool:
    """Return whether Keras's metadata has a layer of Python code."""
    before = b""
    for chunk in chunks:
        if _LAMBDA in before + chunk:
            return True
        before = chunk[-len(_LAMBDA) :]
    return False


def looks_like_savedmodel(stream: Stream, size: int) -> bool:
    """Return whether a file's outermost fields are a SavedModel's."""
    return top_level(stream, size, SAVED_MODEL) == {1, 2}
