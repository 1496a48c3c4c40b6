"""Which types and functions a skops schema would import, by the rules of skops's own nodes.

Source: ``skops/io`` of skops 0.16 (protocols 0 to 2), node by node. What a node imports is its
module and class, whatever else its name says, and for a few nodes something that its content
names: CVE-2025-54412 (a reducer's constructor), -54413 (a method's owner), -54886 (a format that
is not skops), and the bit generator that a generator's state names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from fairway.scan.allow import known_types
from fairway.scan.report import Found, RefusedError, shown, trusted

NEWEST_PROTOCOL = 2
_MOST_NODES = 3_000_000
_SAFER = "list it in `trust.skopsTypes` if you trust it, or train without it"
_AGAIN = "save the model again with skops.io.dump"
_OPERATORS = ("attrgetter", "itemgetter", "methodcaller")
_TREE = "sklearn.tree._tree.Tree"
Node = dict[str, Any]


class Schema:
    """A walk over every node of a schema; ``files`` are the members that its nodes read."""

    def __init__(self, found: Found, patterns: tuple[str, ...]) -> None:
        self.files: dict[str, str] = {}
        self._found = found
        self._patterns = patterns
        self._trusted: dict[str, list[str]] = known_types()["skops"]

    def walk(self, schema: object) -> None:
        """List every name of a schema; raise ``RefusedError`` for a node that is not known."""
        todo: list[object] = [schema]
        for _ in range(_MOST_NODES):
            if not todo:
                return
            node = todo.pop()
            if not isinstance(node, dict):
                raise RefusedError("a node of the skops schema is no object", _AGAIN)
            todo.extend(self._node(node))
        raise RefusedError("the skops schema has more nodes than any model", _AGAIN)

    def _node(self, node: Node) -> Iterator[object]:
        loader = _text(node, "__loader__")
        children = _LOADERS.get(loader)
        if children is None:
            raise RefusedError(f"the skops loader {shown(loader)} is not known", _AGAIN)
        if loader == "CachedNode":
            return
        name = f"{_text(node, '__module__')}.{_text(node, '__class__')}"
        if loader != "JsonNode" and loader != "SliceNode":
            self._import(name, self._trusted.get(loader, []))
        yield from children(self, node, name)

    def _import(self, name: str, known: list[str]) -> None:
        """Note a name; it is a fault unless skops or the project trusts it at this place."""
        text = self._found.imports(name)
        if name not in known and not trusted(name, self._patterns):
            message = f"loading it would build {text}, which is not trusted"
            self._found.fault(message, _SAFER)

    def nothing(self, _: Node, __: str) -> Iterator[object]:
        """Yield no children."""
        yield from ()

    def json(self, node: Node, _: str) -> Iterator[object]:
        """Take plain JSON in a text."""
        _text(node, "content")
        yield from ()

    def slice(self, node: Node, _: str) -> Iterator[object]:
        """Take three numbers."""
        for key in ("start", "stop", "step"):
            if not isinstance(_object(node, "content").get(key), int | None):
                raise RefusedError("a slice of the skops schema is no slice", _AGAIN)
        yield from ()

    def table(self, node: Node, _: str) -> Iterator[object]:
        """Yield a dictionary's values, and its key types, which are called with the keys."""
        yield node.get("key_types")
        yield from _object(node, "content").values()

    def listed(self, node: Node, _: str) -> Iterator[object]:
        """Yield the items of a list."""
        yield from _list(node, "content")

    def content(self, node: Node, _: str) -> Iterator[object]:
        """Yield one child, or none."""
        if node.get("content") is not None:
            yield node["content"]

    def file(self, node: Node, _: str) -> Iterator[object]:
        """Note a member of the archive."""
        self._file(node, "bytes")
        yield from ()

    def sparse(self, node: Node, _: str) -> Iterator[object]:
        """Note the member that holds a sparse matrix."""
        if node.get("type") != "scipy":
            raise RefusedError("a sparse matrix of the skops schema is of no known type", _AGAIN)
        self._file(node, "npz")
        yield from ()

    def array(self, node: Node, _: str) -> Iterator[object]:
        """Note the member of an array, or yield its objects."""
        if node.get("type") == "numpy":
            self._file(node, "npy")
        elif node.get("type") == "json":
            yield from _list(node, "content")
            yield node.get("shape")
        else:
            raise RefusedError("an array of the skops schema is of no known type", _AGAIN)

    def function(self, node: Node, _: str) -> Iterator[object]:
        """Import a function, which protocol 0 names in the content."""
        content = node.get("content")
        if content is not None:
            inner = _object(node, "content")
            name = f"{_text(inner, 'module_path')}.{_text(inner, 'function')}"
            self._import(name, self._trusted["FunctionNode"])
        yield from ()

    def method(self, node: Node, name: str) -> Iterator[object]:
        """Yield a method's owner, whose class must be the one that the node names."""
        content = _object(node, "content")
        owner = _object(content, "obj")
        self._import(f"{name}.{_text(content, 'func')}", [])
        if f"{owner.get('__module__')}.{owner.get('__class__')}" != name:
            raise RefusedError("a method of the skops schema is of another object's class", _AGAIN)
        yield owner

    def operator(self, node: Node, name: str) -> Iterator[object]:
        """Take three makers of functions; any other member of the module would be called."""
        if name not in {f"operator.{kind}" for kind in _OPERATORS}:
            raise RefusedError(f"{shown(name)} is called when the model is loaded", _AGAIN)
        yield node.get("attrs")

    def reduced(self, node: Node, name: str) -> Iterator[object]:
        """Yield the arguments and the state of an object that a call makes."""
        if _text(node, "__loader__") == "TreeNode":
            self._import(_TREE, [])
            if name != _TREE:
                raise RefusedError(f"a tree of the skops schema is a {shown(name)}", _AGAIN)
        yield node.get("content")
        yield _object(node, "__reduce__").get("args")

    def generator(self, node: Node, _: str) -> Iterator[object]:
        """Import the bit generator that a random generator's state names, and that is called."""
        content = _object(node, "content")
        state = _object(content, "bit_generator")
        try:
            name = json.loads(_text(_object(_object(state, "content"), "bit_generator"), "content"))
        except ValueError:
            name = None
        if not isinstance(name, str):
            raise RefusedError("a generator of the skops schema has no bit generator", _AGAIN)
        known = self._trusted["bit generators"]
        if f"numpy.random.{name}" not in known:
            raise RefusedError(f"a generator would call numpy.random.{shown(name)}", _AGAIN)
        self._import(f"numpy.random.{name}", known)
        yield state
        if "seed_seq" in content:
            yield content["seed_seq"]

    def _file(self, node: Node, kind: str) -> None:
        name = _text(node, "file")
        if self.files.setdefault(name, kind) != kind:
            raise RefusedError(f"{shown(name)} is read in two ways", _AGAIN)


Children = Callable[[Schema, Node, str], Iterator[object]]


def _parts(*names: str) -> Children:
    def children(_: Schema, node: Node, __: str) -> Iterator[object]:
        content = _object(node, "content")
        yield from (content.get(name) for name in names)

    return children


def _text(node: Node, key: str) -> str:
    value = node.get(key)
    if not isinstance(value, str):
        raise RefusedError(f"a node of the skops schema has no {key}", _AGAIN)
    return value


def _object(node: Node, key: str) -> Node:
    value = node.get(key)
    if not isinstance(value, dict):
        raise RefusedError(f"a node of the skops schema has no {key}", _AGAIN)
    return value


def _list(node: Node, key: str) -> list[object]:
    value = node.get(key)
    if not isinstance(value, list):
        raise RefusedError(f"a node of the skops schema has no {key}", _AGAIN)
    return value


_LOADERS: dict[str, Children] = {
    "BytearrayNode": Schema.file,
    "BytesNode": Schema.file,
    "CachedNode": Schema.nothing,
    "ConstructorFromReduceNode": Schema.content,
    "DTypeNode": Schema.content,
    "DefaultDictNode": _parts("main", "default_factory"),
    "DictNode": Schema.table,
    "FunctionNode": Schema.function,
    "JsonNode": Schema.json,
    "ListNode": Schema.listed,
    "LossNode": Schema.reduced,
    "MaskedArrayNode": _parts("data", "mask"),
    "MethodNode": Schema.method,
    "NdArrayNode": Schema.array,
    "ObjectNode": Schema.content,
    "OperatorFuncNode": Schema.operator,
    "PartialNode": _parts("func", "args", "kwds", "namespace"),
    "QuantileForestNode": Schema.reduced,
    "RandomGeneratorNode": Schema.generator,
    "RandomStateNode": Schema.content,
    "SetNode": Schema.listed,
    "SliceNode": Schema.slice,
    "SparseMatrixNode": Schema.sparse,
    "TreeNode": Schema.reduced,
    "TupleNode": Schema.listed,
    "TypeNode": Schema.nothing,
}
