"""Expressions as text: one way to write each, on a line or broken where people would."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.policy.expression import AND, CONDITIONAL, INDEX, NOT, OR, Node

# How tightly operators bind (cel-spec, "Syntax"), from the loosest.
_TERNARY, _OR, _AND, _RELATION, _SUM, _PRODUCT, _UNARY, _POSTFIX = range(1, 9)
_BINARY: Mapping[str, tuple[str, int]] = {
    OR: ("||", _OR),
    AND: ("&&", _AND),
    "_==_": ("==", _RELATION),
    "_!=_": ("!=", _RELATION),
    "_<_": ("<", _RELATION),
    "_<=_": ("<=", _RELATION),
    "_>_": (">", _RELATION),
    "_>=_": (">=", _RELATION),
    "@in": ("in", _RELATION),
    "_+_": ("+", _SUM),
    "_-_": ("-", _SUM),
    "_*_": ("*", _PRODUCT),
    "_/_": ("/", _PRODUCT),
    "_%_": ("%", _PRODUCT),
}
_PREFIX = {NOT: "!", "-_": "-"}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def operator(function: str) -> str:
    """Return an operator as it is written, by the function that it calls."""
    return _BINARY[function][0]


def text_of(node: Node, least: int = _TERNARY) -> str:
    """Return an expression as text; in brackets when it binds less tightly than ``least``."""
    text, binds = _text(node)
    return text if binds >= least else f"({text})"


def lines_of(node: Node, width: int) -> list[str]:
    """Return an expression in lines of at most ``width``, as far as it has places to break."""
    text = text_of(node)
    if len(text) <= width:
        return [text]
    if node.calls(AND, OR):
        sign, binds = _BINARY[node.name]
        return [
            line
            for index, part in enumerate(node.parts)
            for line in _after(f"{sign} " if index else "", part, binds + 1, width)
        ]
    if node.kind == "call" and node.name in _BINARY:
        sign, binds = _BINARY[node.name]
        left, right = node.parts
        return [*_after("", left, binds, width), *_after(f"{sign} ", right, binds + 1, width)]
    if node.calls(CONDITIONAL):
        test, then, other = node.parts
        return [
            *_after("", test, _OR, width),
            *_after("  ? ", then, _OR, width),
            *_after("  : ", other, _TERNARY, width),
        ]
    if node.calls(NOT):
        return _bracketed("!(", node.parts[0], width)
    if node.kind == "method" and len(node.parts) > 1:
        target, *before, last = node.parts
        head = "".join(f"{text_of(each)}, " for each in before)
        return _bracketed(f"{text_of(target, _POSTFIX)}.{node.name}({head}".rstrip(), last, width)
    return [text]


def _after(sign: str, node: Node, least: int, width: int) -> list[str]:
    if _text(node)[1] < least and len(sign) + len(text_of(node, least)) > width:
        return _bracketed(f"{sign}(", node, width)
    text = text_of(node, least)
    room = width - len(sign)
    lines = [text] if len(text) <= room else lines_of(node, room)
    blank = " " * len(sign)
    return [f"{blank if index else sign}{line}" for index, line in enumerate(lines)]


def _bracketed(head: str, node: Node, width: int) -> list[str]:
    inner = [f"  {line}" for line in lines_of(node, width - 2)]
    blank = " " * (len(head) - len(head.lstrip(" &|?:")))
    return [head, *(f"{blank}{line}" for line in inner), f"{blank})"]


def _text(node: Node) -> tuple[str, int]:
    """Return the text of a node, and how tightly it binds."""
    if node.kind == "constant":
        text = _constant(node)
        return text, _UNARY if text.startswith("-") else _POSTFIX
    if node.kind == "name":
        return node.name, _POSTFIX
    if node.kind in ("select", "has"):
        text = f"{text_of(node.parts[0], _POSTFIX)}.{node.name}"
        return (f"has({text})" if node.kind == "has" else text), _POSTFIX
    if node.kind == "method":
        target, *arguments = node.parts
        return f"{text_of(target, _POSTFIX)}.{node.name}({_listed(arguments)})", _POSTFIX
    if node.kind == "call":
        return _call(node)
    if node.kind == "list":
        return f"[{_listed(node.parts)}]", _POSTFIX
    pairs = zip(node.parts[::2], node.parts[1::2], strict=True)
    entries = ", ".join(f"{text_of(key)}: {text_of(value)}" for key, value in pairs)
    return f"{node.name}{{{entries}}}", _POSTFIX


def _call(node: Node) -> tuple[str, int]:
    if node.name in _BINARY:
        sign, binds = _BINARY[node.name]
        chain = node.name in (AND, OR)
        parts = [
            text_of(part, binds + 1 if index or chain else binds)
            for index, part in enumerate(node.parts)
        ]
        return f" {sign} ".join(parts), binds
    if node.name in _PREFIX:
        (part,) = node.parts
        # `- 1` and `-1` are not the same: the one is a call, the other a number.
        inner = text_of(part, _POSTFIX if node.name == "-_" else _UNARY)
        if node.name == "-_" and part.kind == "constant":
            inner = f"({inner.strip('()')})"
        if node.name == NOT and part.calls(NOT):
            inner = f"({inner})"
        return _PREFIX[node.name] + inner, _UNARY
    if node.name == CONDITIONAL:
        test, then, other = node.parts
        text = f"{text_of(test, _OR)} ? {text_of(then, _OR)} : {text_of(other, _TERNARY)}"
        return text, _TERNARY
    if node.name == INDEX:
        return f"{text_of(node.parts[0], _POSTFIX)}[{text_of(node.parts[1])}]", _POSTFIX
    return f"{node.name}({_listed(node.parts)})", _POSTFIX


def _listed(nodes: tuple[Node, ...] | list[Node]) -> str:
    return ", ".join(map(text_of, nodes))


def _constant(node: Node) -> str:
    value = node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{"".join(map(_character, value))}"'
    if isinstance(value, bytes):
        return f'b"{"".join(f"{chr(92)}x{byte:02x}" for byte in value)}"'
    if value is None:
        return "null"
    return f"{value}u" if node.name == "uint64" else repr(value)


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character >= " " else f"\\u{ord(character):04x}"
