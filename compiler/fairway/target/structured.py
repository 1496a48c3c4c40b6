"""Structured templates: YAML whose leaves may be expressions, compiled to one function.

``${{ expression }}`` as a whole scalar keeps the value's type; inside a longer scalar it gives
text. ``$when`` drops a node, ``$each`` with ``$as`` repeats one, and ``$value`` is what such a
node holds when it is not a map. Nothing else: a value can never become structure, because it is
only ever placed into the finished tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeAlias

from fairway.errors import UsageError
from fairway.location import Location, Part, Route
from fairway.source.document import Document
from fairway.target.expression import (
    ExpressionError,
    Scope,
    Typed,
    element,
    is_text,
    is_value,
    translate,
    type_label,
)

Documents: TypeAlias = list[Any]
Renderer: TypeAlias = Callable[[Any], Documents]

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_DIRECTIVES = frozenset({"$when", "$each", "$as", "$value"})
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Node:
    """A translated template node: Python source, and how it is repeated or dropped.

    ``entries`` and ``items`` are a map's and a list's own nodes; the key of an entry is None
    where it is an expression. A scalar without expressions is ``fixed``, and is ``value``.
    ``elements`` is the type of what a loop goes over.
    """

    code: str
    condition: str = ""
    loop: str = ""
    entries: tuple[tuple[str | None, Node], ...] | None = None
    items: tuple[Node, ...] | None = None
    fixed: bool = False
    value: Any = None
    elements: Any = None

    def with_code(self, code: str) -> Node:
        """Return a node that is repeated or dropped in the same way."""
        return Node(code, self.condition, self.loop)

    def as_items(self) -> str:
        """Return the source of this node as items of a list display."""
        if self.loop:
            test = f" if {self.condition}" if self.condition else ""
            return f"*[{self.code} {self.loop}{test}]"
        if self.condition:
            return f"*(({self.code},) if {self.condition} else ())"
        return self.code


def translate_documents(documents: list[Document], scope: Scope) -> list[Node]:
    """Translate a template's documents; ``scope`` names the one argument and its type.

    Raises ``UsageError`` with file and line for an expression that the types do not allow.
    """
    return [_Compiler(document).node(document.value, (), scope) for document in documents]


def compile_documents(documents: list[Document], scope: Scope) -> Renderer:
    """Return a function from the plan to the rendered documents, which ``fused`` writes faster."""
    (argument,) = scope
    nodes = translate_documents(documents, scope)
    source = "[" + ", ".join(node.as_items() for node in nodes) + "]"
    function: Renderer = eval(  # noqa: S307 - source made by the translator from its allow-list
        f"lambda v_{argument}: {source}", {"__builtins__": {"str": str, "len": len, "list": list}}
    )
    return function


def path_source(text: str, scope: Scope, document: Document, route: Route) -> str:
    """Return the source of a string with expressions, such as ``${{ plan.name }}/x.yaml``."""
    return _Compiler(document).text(text, route, scope)


class _Compiler:
    """Translates the nodes of one document; errors point into it."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def node(self, value: Any, route: Route, scope: Scope) -> Node:
        if isinstance(value, dict):
            return self._map(value, route, scope)
        if isinstance(value, list):
            items = tuple(self.node(item, (*route, i), scope) for i, item in enumerate(value))
            return Node("[" + ", ".join(item.as_items() for item in items) + "]", items=items)
        if isinstance(value, str) and "${{" in value:
            return Node(self._scalar(value, route, scope))
        return Node(repr(value), fixed=True, value=value)

    def _map(self, value: Mapping[str, Any], route: Route, scope: Scope) -> Node:
        for key in value:
            if key.startswith("$") and not key.startswith("${{") and key not in _DIRECTIVES:
                self._fail(
                    f"`{key}` is not a directive; there are $when, $each, $as and $value",
                    (*route, key),
                    "key",
                )
        condition, loop, elements = "", "", None
        if "$each" in value:
            loop, scope, elements = self._loop(value, route, scope)
        elif "$as" in value:
            self._fail("`$as` needs `$each`", (*route, "$as"))
        if "$when" in value:
            test = self._whole(value["$when"], (*route, "$when"), scope)
            if test.type is not bool:
                self._fail(
                    f"`$when` needs a condition, not a {type_label(test.type)}", (*route, "$when")
                )
            condition = test.code
        if "$value" in value:
            node = self._value(value, route, scope)
            return replace(node, condition=condition, loop=loop, elements=elements)
        codes: list[str] = []
        entries: list[tuple[str | None, Node]] = []
        for key, child in value.items():
            if key not in _DIRECTIVES:
                code, node = self._entry(key, child, (*route, key), scope)
                codes.append(code)
                entries.append((None if "${{" in key else key, node))
        source = "{" + ", ".join(codes) + "}"
        return Node(source, condition, loop, entries=tuple(entries), elements=elements)

    def _value(self, value: Mapping[str, Any], route: Route, scope: Scope) -> Node:
        others = [key for key in value if key not in _DIRECTIVES]
        if others:
            self._fail(
                "`$value` stands for the whole node; it has no other keys", (*route, others[0])
            )
        node = self.node(value["$value"], (*route, "$value"), scope)
        if node.condition or node.loop:
            self._fail("a directive cannot stand in `$value`", (*route, "$value"))
        return node

    def _entry(self, key: str, child: Any, route: Route, scope: Scope) -> tuple[str, Node]:
        node = self.node(child, route, scope)
        if node.loop:
            return self._repeated(key, child, node, route, scope), node
        name = self.text(key, route, scope)
        if node.condition:
            return f"**({{{name}: {node.code}}} if {node.condition} else {{}})", node
        return f"{name}: {node.code}", node

    def _repeated(
        self, key: str, child: Mapping[str, Any], node: Node, route: Route, scope: Scope
    ) -> str:
        """Return the source of an entry for each element, whose key tells them apart."""
        if "${{" not in key:
            message = "`$each` repeats an item of a list, not a key of a map without an expression"
            self._fail(message, (*route, "$each"))
        _, inner, _ = self._loop(child, route, scope)
        test = f" if {node.condition}" if node.condition else ""
        return f"**{{{self.text(key, route, inner)}: {node.code} {node.loop}{test}}}"

    def _loop(self, value: Mapping[str, Any], route: Route, scope: Scope) -> tuple[str, Scope, Any]:
        name = value.get("$as")
        if not isinstance(name, str) or not _VARIABLE.match(name) or name in scope:
            self._fail("`$each` needs `$as` with a new name in lower case", (*route, "$each"))
        over = self._whole(value["$each"], (*route, "$each"), scope)
        inner = element(over.type)
        if inner is None:
            self._fail(f"`$each` needs a list, not a {type_label(over.type)}", (*route, "$each"))
        return f"for v_{name} in {over.code}", {**scope, str(name): inner}, inner

    def _whole(self, value: Any, route: Route, scope: Scope) -> Typed:
        match = _EXPRESSION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self._fail("expected one expression, `${{ … }}`", route)
        return self._translate(match.group(1), route, scope)

    def _scalar(self, value: str, route: Route, scope: Scope) -> str:
        whole = _EXPRESSION.fullmatch(value)
        if whole is not None and "${{" not in whole.group(1):
            typed = self._translate(whole.group(1), route, scope)
            if not is_value(typed.type):
                self._fail(f"a {type_label(typed.type)} cannot stand in a document", route)
            # Data is made of lists: others than templates read the objects too.
            return f"list({typed.code})" if element(typed.type) is not None else typed.code
        return self.text(value, route, scope)

    def text(self, value: str, route: Route, scope: Scope) -> str:
        """Return the source of a string that may hold expressions."""
        parts, position = [], 0
        for match in _EXPRESSION.finditer(value):
            if match.start() > position:
                parts.append(repr(value[position : match.start()]))
            typed = self._translate(match.group(1), route, scope)
            if not is_text(typed.type):
                self._fail(f"a {type_label(typed.type)} cannot stand inside text", route)
            parts.append(f"str({typed.code})")
            position = match.end()
        if "${{" in value[position:]:
            self._fail("`${{` is not closed by `}}`", route)
        return "(" + " + ".join([*parts, repr(value[position:])]) + ")"

    def _translate(self, text: str, route: Route, scope: Scope) -> Typed:
        try:
            return translate(text, scope)
        except ExpressionError as error:
            self._fail(str(error), route)

    def _fail(self, message: str, route: Route, part: Part = "value") -> NoReturn:
        span = self.document.span(Location(self.document.path, route, part))
        raise UsageError(f"{self.document.path}:{span.line}:{span.column}: {message}")
