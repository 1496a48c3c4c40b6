"""Expressions of templates: Jinja2's grammar, a small allow-list, types checked at load.

An expression is parsed by Jinja2 and translated to Python source, with every name and
attribute checked against the plan's types on the way. What the translation does not know is
refused, so a template cannot call, index, compute or reach outside its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

from jinja2 import Environment, TemplateSyntaxError, nodes

from fairway.spec.nearest import listed, nearest

Type: TypeAlias = Any
"""A resolved annotation of the plan: ``str``, ``tuple[Workload, ...]``, ``Mapping[str, str]`` …"""

Scope: TypeAlias = Mapping[str, Type]

SCALARS = frozenset({str, int, float, bool})
_COMPARISONS = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "lteq": "<=",
    "gt": ">",
    "gteq": ">=",
    "in": "in",
    "notin": "not in",
}
_SYNTAX = Environment(autoescape=False)  # noqa: S701 - it parses, and renders nothing


class ExpressionError(Exception):
    """An expression that is refused; the message says why."""


class Typed(NamedTuple):
    """A translated expression: Python source and the type of its value."""

    code: str
    type: Type


def translate(text: str, scope: Scope) -> Typed:
    """Return the expression ``text`` as Python source, or raise ``ExpressionError``."""
    try:
        body = _SYNTAX.parse("{{" + text + "}}").body
    except TemplateSyntaxError as error:
        raise ExpressionError(f"`{text.strip()}` is not an expression: {error.message}") from None
    if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
        raise ExpressionError(f"`{text.strip()}` is not one expression")
    return translate_node(body[0].nodes[0], scope)


def translate_node(node: nodes.Node, scope: Scope) -> Typed:
    """Translate one node of Jinja2's syntax tree; what is not listed here is refused."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise ExpressionError(f"{type(node).__name__.lower()} is not allowed in an expression")
    return handler(node, scope)


def _origin(kind: Type) -> Any:
    return get_origin(kind)


def element(kind: Type) -> Type | None:
    """Return the type of a tuple's elements, or None when ``kind`` is not such a tuple."""
    arguments = get_args(kind)
    if _origin(kind) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return arguments[0]
    return None


def is_value(kind: Type) -> bool:
    """Whether a value of this type can stand in a document: scalars, and lists and maps of them."""
    if kind in SCALARS or _origin(kind) is Literal:
        return True
    if _origin(kind) in (Union, UnionType):
        return all(argument in SCALARS for argument in get_args(kind))
    inner = element(kind)
    if inner is not None:
        return is_value(inner)
    if _origin(kind) is not None and issubclass(_origin(kind), Mapping):
        return is_value(get_args(kind)[1])
    return False


def is_text(kind: Type) -> bool:
    """Whether a value of this type can be a part of text: strings and integers."""
    return kind in (str, int) or _origin(kind) is Literal or is_union_of_text(kind)


def is_union_of_text(kind: Type) -> bool:
    """Whether a type is a union of strings and integers, such as Kubernetes' ``IntOrString``."""
    return _origin(kind) in (Union, UnionType) and set(get_args(kind)) <= {int, str}


@cache
def fields_of(kind: Type) -> Mapping[str, Type]:
    """Return the attributes of a plan's named tuple with their types, properties included."""
    if not isinstance(kind, type) or not hasattr(kind, "_fields"):
        return {}
    hints = dict(get_type_hints(kind))
    for name, member in vars(kind).items():
        if isinstance(member, property) and member.fget is not None:
            hints[name] = get_type_hints(member.fget)["return"]
    return hints


def is_plain(kind: Type) -> bool:
    """Whether values of a type are equal only where they are written alike.

    That holds for named tuples of strings, whole numbers and conditions: 1.0 equals 1 elsewhere.
    """
    fields = get_type_hints(kind).values() if hasattr(kind, "_fields") else ()
    return bool(fields) and all(
        field in (str, int, bool) or _origin(field) is Literal for field in fields
    )


def type_label(kind: Type) -> str:
    """Return a type's name for a message."""
    inner = element(kind)
    if inner is not None:
        return f"list of {type_label(inner)}"
    return getattr(kind, "__name__", str(kind)).lower()


def _name(node: Any, scope: Scope) -> Typed:
    if node.name not in scope:
        raise ExpressionError(f"`{node.name}` is not defined; here are {listed(sorted(scope))}")
    return Typed(f"v_{node.name}", scope[node.name])


def _getattr(node: Any, scope: Scope) -> Typed:
    owner = translate_node(node.node, scope)
    known = fields_of(owner.type)
    if node.attr in known:
        return Typed(f"{owner.code}.{node.attr}", known[node.attr])
    if not known:
        message = f"`.{node.attr}`: a {type_label(owner.type)} has no attributes"
        raise ExpressionError(message)
    close = nearest(node.attr, known)
    hint = f"; did you mean `{close}`?" if close else f"; it has {listed(sorted(known), 40)}"
    raise ExpressionError(f"a {type_label(owner.type)} has no `{node.attr}`{hint}")


def _const(node: Any, scope: Scope) -> Typed:
    del scope
    if type(node.value) not in SCALARS:
        raise ExpressionError(f"the constant {node.value!r} is not allowed")
    return Typed(repr(node.value), type(node.value))


def _template_data(node: Any, scope: Scope) -> Typed:
    del scope
    return Typed(repr(node.data), str)


def _compare(node: Any, scope: Scope) -> Typed:
    left = translate_node(node.expr, scope)
    code = left.code
    before, left_node = left.type, node.expr
    for operand in node.ops:
        right = translate_node(operand.expr, scope)
        kind = _members(right.type) if operand.op in ("in", "notin") else right.type
        _refuse_unlike(operand.op, before, kind)
        for constant, other in ((left_node, kind), (operand.expr, before)):
            literal: Any = get_origin(other)
            if isinstance(constant, nodes.Const) and literal is Literal:
                _refuse_never(constant.value, get_args(other))
        code += f" {_COMPARISONS[operand.op]} {right.code}"
        before, left_node = right.type, operand.expr
    return Typed(f"({code})", bool)


def _members(kind: Type) -> Type:
    """Return the type of what ``in`` finds in a value: elements, keys or parts of a string."""
    inner = element(kind)
    if inner is not None:
        return inner
    origin: Any = get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return get_args(kind)[0]
    if kind is str:
        return str
    raise ExpressionError("`in` needs a list, a map or a string on its right")


def _families(kind: Type) -> frozenset[str]:
    """Return what a value can be compared as: text, number or condition."""
    origin: Any = get_origin(kind)
    if origin in (Union, UnionType):
        return frozenset().union(*map(_families, get_args(kind)))
    names = {bool: "condition", int: "number", float: "number", str: "text"}
    name = "text" if origin is Literal else names.get(kind)
    return frozenset() if name is None else frozenset({name})


def _refuse_unlike(operator: str, left: Type, right: Type) -> None:
    """Refuse a comparison that always has the same answer, or that Python cannot make."""
    sides = (_families(left), _families(right))
    ordered = operator in ("lt", "lteq", "gt", "gteq")
    if not sides[0] & sides[1] or (ordered and len(sides[0] | sides[1]) > 1):
        raise ExpressionError(f"{type_label(left)} and {type_label(right)} do not compare")


def _refuse_never(value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        close = nearest(str(value), known)
        hint = f"did you mean `{close}`?" if close else f"there are {listed(known)}"
        raise ExpressionError(f"it is never `{value}`; {hint}")


def _boolean(node: Any, scope: Scope, word: str) -> Typed:
    operands = [translate_node(side, scope) for side in (node.left, node.right)]
    if any(operand.type is not bool for operand in operands):
        raise ExpressionError(f"`{word}` needs conditions on both sides; compare with == or !=")
    return Typed(f"({operands[0].code} {word} {operands[1].code})", bool)


def _not(node: Any, scope: Scope) -> Typed:
    operand = translate_node(node.node, scope)
    if operand.type is not bool:
        raise ExpressionError("`not` needs a condition; compare with == or !=")
    return Typed(f"(not {operand.code})", bool)


def _choose(node: Any, scope: Scope) -> Typed:
    if node.expr2 is None:
        raise ExpressionError("`if` needs an `else`")
    test, yes, no = (translate_node(n, scope) for n in (node.test, node.expr1, node.expr2))
    if test.type is not bool:
        raise ExpressionError("`if` needs a condition; compare with == or !=")
    kind = yes.type if yes.type == no.type else yes.type | no.type
    return Typed(f"({yes.code} if {test.code} else {no.code})", kind)


def _concat(node: Any, scope: Scope) -> Typed:
    parts = [translate_node(part, scope) for part in node.nodes]
    for part in parts:
        if not is_text(part.type):
            raise ExpressionError(f"`~` joins strings and integers, not a {type_label(part.type)}")
    return Typed("(" + " + ".join(f"str({part.code})" for part in parts) + ")", str)


def _list(node: Any, scope: Scope) -> Typed:
    items = [translate_node(item, scope) for item in node.items]
    if len({item.type for item in items}) != 1 or items[0].type not in SCALARS:
        raise ExpressionError("a list in an expression holds constants of one type")
    kind = items[0].type
    return Typed("(" + "".join(f"{item.code}, " for item in items) + ")", tuple[kind, ...])  # type: ignore[valid-type]


def _filter(node: Any, scope: Scope) -> Typed:
    if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise ExpressionError(f"the filter `{node.name}` cannot be used like this")
    value = translate_node(node.node, scope)
    arguments = [translate_node(argument, scope) for argument in node.args]
    inner = element(value.type)
    if node.name == "length" and not arguments and (inner is not None or value.type is str):
        return Typed(f"len({value.code})", int)
    if node.name == "string" and not arguments and is_text(value.type):
        return Typed(f"str({value.code})", str)
    if node.name == "join" and len(arguments) == 1 and inner is str and arguments[0].type is str:
        return Typed(f"{arguments[0].code}.join({value.code})", str)
    raise ExpressionError(
        f"the filter `{node.name}` cannot be applied here; there are: length, string, join(text)"
    )


_HANDLERS: dict[type[nodes.Node], Callable[[Any, Scope], Typed]] = {
    nodes.Name: _name,
    nodes.Getattr: _getattr,
    nodes.Const: _const,
    nodes.TemplateData: _template_data,
    nodes.Compare: _compare,
    nodes.And: lambda node, scope: _boolean(node, scope, "and"),
    nodes.Or: lambda node, scope: _boolean(node, scope, "or"),
    nodes.Not: _not,
    nodes.CondExpr: _choose,
    nodes.Concat: _concat,
    nodes.List: _list,
    nodes.Filter: _filter,
}
