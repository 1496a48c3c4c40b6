"""Text templates: Jinja2 for formats that are not YAML, every value quoted for its format.

The template's expressions are held to the same allow-list and types as structured ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, nodes

from fairway.errors import UsageError
from fairway.target.expression import (
    ExpressionError,
    Scope,
    element,
    is_value,
    translate_node,
    type_label,
)

_json = json.JSONEncoder(ensure_ascii=False).encode
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def quote_dockerfile(value: Any) -> str:
    """Return a value for a Dockerfile: a list as JSON (exec form), a string in double quotes.

    Dockerfile instructions end at a line end and expand ``$``; neither survives in a value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return _json([_CONTROL.sub(" ", str(item)) for item in value])
    text = _CONTROL.sub(" ", str(value))
    # Before anything but these three a backslash is kept, so a backtick must not have one.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


QUOTERS: dict[str, Callable[[Any], str]] = {"dockerfile": quote_dockerfile}
"""How a value is quoted in each text format that a target may name."""


def compile_text_template(
    source: str, path: str, quote: Callable[[Any], str], scope: Scope
) -> Callable[[Any], str]:
    """Return a function from the plan to text; ``UsageError`` names a faulty line."""
    environment = Environment(
        autoescape=False,  # noqa: S701 - not HTML: finalize quotes for the format
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, _Literal) else quote(value),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.message}") from None
    _check(tree.body, path, scope)
    template = environment.from_string(tree)
    (argument,) = scope
    return lambda value: template.render({argument: value})


class _Literal(str):
    """Text of the template itself, which is never quoted."""

    __slots__ = ()


def _check(body: list[nodes.Node], path: str, scope: Scope) -> None:
    for node in body:
        # Text and expressions that follow each other are one node, which begins at its first line.
        parts = node.nodes if isinstance(node, nodes.Output) else [node]
        for part in parts:
            try:
                _check_node(part, path, scope)
            except ExpressionError as error:
                raise UsageError(f"{path}:{part.lineno}: {error}") from None


def _check_node(node: nodes.Node, path: str, scope: Scope) -> None:
    if isinstance(node, nodes.TemplateData):
        return
    if isinstance(node, nodes.Expr):
        typed = translate_node(node, scope)
        if not is_value(typed.type):
            raise ExpressionError(f"a {type_label(typed.type)} cannot stand in text")
    elif isinstance(node, nodes.If):
        if translate_node(node.test, scope).type is not bool:
            raise ExpressionError("`if` needs a condition; compare with == or !=")
        _check([*node.body, *node.elif_, *node.else_], path, scope)
    elif isinstance(node, nodes.For):
        inner = element(translate_node(node.iter, scope).type)
        if inner is None or not isinstance(node.target, nodes.Name) or node.test or node.else_:
            raise ExpressionError("`for` needs one name and a list")
        _check(node.body, path, {**scope, node.target.name: inner})
    else:
        raise ExpressionError(f"`{type(node).__name__.lower()}` is not allowed in a template")
