"""Expressions as trees: what CEL's checker understood of a condition, read from its own bytes.

A checked expression is a ``cel.expr.CheckedExpr`` (google/cel-spec at 1533263, ``checked.proto``
and ``syntax.proto``). Only the fields that are read are described here; others are passed over.
Macros are calls again, and chains of ``&&`` and ``||`` are one call with all their operands,
because the parser balances them in a way that no author wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

AND, OR, NOT, CONDITIONAL, INDEX = "_&&_", "_||_", "!_", "_?_:_", "_[_]"
MACROS = ("all", "exists", "exists_one", "filter", "map")
_PACKAGE = "cel.expr"
_FIELDS: dict[str, tuple[tuple[str, int, str], ...]] = {
    "CheckedExpr": (("expr", 4, "Expr"), ("source_info", 5, "SourceInfo")),
    "SourceInfo": (("positions", 4, "*Position"),),
    "Position": (("key", 1, "int64"), ("value", 2, "int32")),
    "Expr": (
        ("id", 2, "int64"),
        ("const_expr", 3, "Constant"),
        ("ident_expr", 4, "Ident"),
        ("select_expr", 5, "Select"),
        ("call_expr", 6, "Call"),
        ("list_expr", 7, "CreateList"),
        ("struct_expr", 8, "CreateStruct"),
        ("comprehension_expr", 9, "Comprehension"),
    ),
    "Constant": (
        ("null_value", 1, "int32"),
        ("bool_value", 2, "bool"),
        ("int64_value", 3, "int64"),
        ("uint64_value", 4, "uint64"),
        ("double_value", 5, "double"),
        ("string_value", 6, "string"),
        ("bytes_value", 7, "bytes"),
    ),
    "Ident": (("name", 1, "string"),),
    "Select": (("operand", 1, "Expr"), ("field", 2, "string"), ("test_only", 3, "bool")),
    "Call": (("target", 1, "Expr"), ("function", 2, "string"), ("args", 3, "*Expr")),
    "CreateList": (("elements", 1, "*Expr"),),
    "CreateStruct": (("message_name", 1, "string"), ("entries", 2, "*Entry")),
    "Entry": (("field_key", 2, "string"), ("map_key", 3, "Expr"), ("value", 4, "Expr")),
    "Comprehension": (
        ("iter_var", 1, "string"),
        ("iter_range", 2, "Expr"),
        ("accu_init", 4, "Expr"),
        ("loop_step", 6, "Expr"),
    ),
}
_SCALARS = {"double": 1, "int64": 3, "uint64": 4, "int32": 5, "bool": 8, "string": 9, "bytes": 12}
_MESSAGE, _OPTIONAL, _REPEATED = 11, 1, 3

Kind = Literal["constant", "name", "select", "has", "call", "method", "list", "map", "struct"]
Value = bool | int | float | str | bytes | None


class Node(NamedTuple):
    """A part of an expression; ``parts`` are what it is made of, in order.

    ``name`` is the identifier, the field, the function or the message; of a constant the kind:
    bool, int64, uint64, double, string, bytes or null. A method's first part is what it is called
    on. ``at`` is where it stands in the text, in code points; an operator's is the operator's.
    """

    kind: Kind
    name: str
    parts: tuple[Node, ...] = ()
    value: Value = None
    at: int = 0

    def calls(self, *functions: str) -> bool:
        """Whether this is a call of one of these functions, or of one of these macros."""
        return self.kind in ("call", "method") and self.name in functions

    def with_part(self, index: int, part: Node) -> Node:
        """Return this node with another part at ``index``."""
        return self._replace(parts=(*self.parts[:index], part, *self.parts[index + 1 :]))

    def start(self) -> int:
        """Return where the first of all its parts stands."""
        return min((self.at, *(part.start() for part in self.parts)))

    def shape(self) -> tuple[object, ...]:
        """Return what it says, without where that stands; equal shapes mean the same."""
        value = repr(self.value)  # 1, 1.0 and true are equal in Python
        return (self.kind, self.name, value, *(part.shape() for part in self.parts))


def read_expression(serialised: bytes) -> Node:
    """Return the tree of a serialised checked expression.

    Raises ``ValueError`` for one that is nested deeper than protobuf reads, about 45 levels, or
    that no text of CEL has.
    """
    from google.protobuf.any_pb2 import Any as AnyMessage
    from google.protobuf.message import DecodeError

    packed = AnyMessage()
    packed.ParseFromString(serialised)
    checked = _message("CheckedExpr")()
    try:
        checked.ParseFromString(packed.value)
    except DecodeError as error:
        raise ValueError("the expression is nested too deeply to be read") from error
    return _Reader({each.key: each.value for each in checked.source_info.positions}).read(
        checked.expr
    )


@cache
def _message(name: str) -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    # Of proto2, where a scalar that is there with its default differs from one that is not.
    file = descriptor_pb2.FileDescriptorProto(
        name="fairway_checked.proto", package=_PACKAGE, syntax="proto2"
    )
    for message, fields in _FIELDS.items():
        made = file.message_type.add(name=message)
        for field, number, kind in fields:
            label = _REPEATED if kind[0] == "*" else _OPTIONAL
            kind = kind.lstrip("*")
            entry: Any = made.field.add(name=field, number=number)
            entry.label, entry.type = label, _SCALARS.get(kind, _MESSAGE)
            if kind not in _SCALARS:
                entry.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


class _Reader:
    """Makes nodes of the messages of one expression."""

    def __init__(self, positions: dict[int, int]) -> None:
        self.positions = positions

    def read(self, expr: Any) -> Node:
        at = self.positions.get(expr.id, 0)
        return self._node(expr)._replace(at=at)

    def _node(self, expr: Any) -> Node:
        if expr.HasField("const_expr"):
            return _constant(expr.const_expr)
        if expr.HasField("ident_expr"):
            return Node("name", expr.ident_expr.name)
        if expr.HasField("select_expr"):
            select = expr.select_expr
            kind: Kind = "has" if select.test_only else "select"
            return Node(kind, select.field, (self.read(select.operand),))
        if expr.HasField("call_expr"):
            return self._call(expr.call_expr)
        if expr.HasField("list_expr"):
            return Node("list", "", tuple(map(self.read, expr.list_expr.elements)))
        if expr.HasField("struct_expr"):
            return self._struct(expr.struct_expr)
        if expr.HasField("comprehension_expr"):
            return self._macro(expr.comprehension_expr)
        raise ValueError("an expression of an unknown kind")

    def _call(self, call: Any) -> Node:
        parts = tuple(map(self.read, call.args))
        if call.HasField("target"):
            return Node("method", call.function, (self.read(call.target), *parts))
        if call.function in (AND, OR):
            parts = tuple(_operands(call.function, parts))
        return Node("call", call.function, parts)

    def _struct(self, struct: Any) -> Node:
        if not struct.message_name:
            pairs = [(self.read(e.map_key), self.read(e.value)) for e in struct.entries]
            return Node("map", "", tuple(node for pair in pairs for node in pair))
        fields = [(Node("name", each.field_key), self.read(each.value)) for each in struct.entries]
        return Node("struct", struct.message_name, tuple(node for pair in fields for node in pair))

    def _macro(self, loop: Any) -> Node:
        """Return the call that a comprehension was made from (cel-spec, "Macros")."""
        target, name = self.read(loop.iter_range), Node("name", loop.iter_var)
        first, step = self.read(loop.accu_init), self.read(loop.loop_step)
        if step.calls(AND, OR) and first.name == "bool":
            _, *tests = step.parts
            # A test that is a chain of the same operator was joined with the accumulator's.
            test = tests[0] if len(tests) == 1 else Node("call", step.name, tuple(tests))
            return Node("method", "all" if first.value else "exists", (target, name, test))
        if step.calls(CONDITIONAL) and first.name == "int64":
            return Node("method", "exists_one", (target, name, step.parts[0]))
        if first.kind == "list":
            tests = [step.parts[0]] if step.calls(CONDITIONAL) else []
            grown = step.parts[1] if tests else step
            (element,) = grown.parts[1].parts
            if tests and element.shape() == name.shape():
                return Node("method", "filter", (target, name, *tests))
            return Node("method", "map", (target, name, *tests, element))
        raise ValueError("a loop that no macro makes")


def _operands(function: str, parts: tuple[Node, ...]) -> Iterator[Node]:
    for part in parts:
        if part.calls(function):
            yield from part.parts
        else:
            yield part


def _constant(constant: Any) -> Node:
    for name in ("bool", "int64", "uint64", "double", "string", "bytes"):
        if constant.HasField(f"{name}_value"):
            return Node("constant", name, value=getattr(constant, f"{name}_value"))
    return Node("constant", "null")
