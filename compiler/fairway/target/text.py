"""Text templates: Jinja2 for formats that are not YAML, every value quoted for its format.

The template's expressions are held to the same allow-list and types as structured ones, and
translated to one function like these: Jinja2 parses, and does not render.
"""

from __future__ import annotations

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


def text_source(source: str, path: str, scope: Scope) -> str:
    """Return a template as the source of an expression; ``UsageError`` names a faulty line."""
    environment = Environment(
        autoescape=False,  # noqa: S701 - not HTML: what is written is quoted for the format
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.message}") from None
    return _translate(tree.body, path, scope)


def _translate(body: list[nodes.Node], path: str, scope: Scope) -> str:
    """Return the source of an expression for the text of some nodes in a row."""
    sources: list[str] = []
    for node in body:
        # Text and expressions that follow each other are one node, which begins at its first line.
        parts = node.nodes if isinstance(node, nodes.Output) else [node]
        for part in parts:
            try:
                sources.append(_translate_node(part, path, scope))
            except ExpressionError as error:
                raise UsageError(f"{path}:{part.lineno}: {error}") from None
    return f"''.join(({''.join(f'{source}, ' for source in sources)}))"


def _translate_node(node: nodes.Node, path: str, scope: Scope) -> str:
    if isinstance(node, nodes.TemplateData):
        return repr(node.data)
    if isinstance(node, nodes.Expr):
        typed = translate_node(node, scope)
        if not is_value(typed.type):
            raise ExpressionError(f"a {type_label(typed.type)} cannot stand in text")
        return f"quote({typed.code})"
    if isinstance(node, nodes.If):
        return _choice([node, *node.elif_], node.else_, path, scope)
    if isinstance(node, nodes.For):
        over = translate_node(node.iter, scope)
        inner = element(over.type)
        if inner is None or not isinstance(node.target, nodes.Name) or node.test or node.else_:
            raise ExpressionError("`for` needs one name and a list")
        name = node.target.name
        text = _translate(node.body, path, {**scope, name: inner})
        return f"''.join([{text} for v_{name} in {over.code}])"
    raise ExpressionError(f"`{type(node).__name__.lower()}` is not allowed in a template")


def _choice(branches: list[nodes.If], last: list[nodes.Node], path: str, scope: Scope) -> str:
    source = _translate(last, path, scope)
    for branch in reversed(branches):
        test = translate_node(branch.test, scope)
        if test.type is not bool:
            raise ExpressionError("`if` needs a condition; compare with == or !=")
        source = f"({_translate(branch.body, path, scope)} if {test.code} else {source})"
    return source
