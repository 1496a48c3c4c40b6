"""The Python form of conditions: says yes for sure, and leaves everything else to CEL.

Crossing into CEL means copying what a condition reads, which costs a microsecond for each value
of a subject. Nearly every subject keeps nearly every rule; its Python form says so on the data as
it is. Whatever it says but yes, an error included, CEL is asked, which alone decides and explains.
A yes is a yes of CEL: operators are those of ``semantics``, ``and`` and ``or`` have the value that
CEL's have whenever Python's have one, and what cannot be translated is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import CodeType

from fairway.policy.expression import AND, CONDITIONAL, INDEX, NOT, OR, Node

_BINARY = {
    "_+_": "add", "_-_": "subtract", "_*_": "multiply", "_/_": "divide", "_%_": "remainder",
    "@in": "contained", INDEX: "item",
}  # fmt: skip
_CONVERSIONS = {"double": "number", "string": "shown", "int": "whole"}
_TYPES = ("bool", "int", "double", "string", "list", "map", "null_type")
_ORDER = {
    "_<_": "less({0}, {1})", "_>_": "less({1}, {0})",
    "_<=_": "at_most({0}, {1})", "_>=_": "at_most({1}, {0})",
}  # fmt: skip
_TEXTS = {"startsWith": "startswith", "endsWith": "endswith"}
_BOOLEAN = frozenset(
    (AND, OR, NOT, "_==_", "_!=_", "@in", *_ORDER, "startsWith", "endsWith", "contains",
     "matches", "all", "exists", "exists_one")
)  # fmt: skip
_PLAIN_PATTERN = re.compile(
    r"""(?: [^\\\[\](){}^$.|?*+]            # a character that means itself
      | \\[.\-/+*?()\[\]{}|^$\\dDwWsSbB]      # an escape that both languages have
      | \[\^?(?:[^\\\[\]]|\\[.\-/+*?()\[\]{}|^$\\dws])+\]   # a class
      | \(\?: | \(\?i\) | \((?!\?) | \) | \| | [.^$?*+] | \{\d+(?:,\d*)?\} )*\Z""",
    re.VERBOSE,
)


class UntranslatableError(Exception):
    """An expression that has no Python form."""


def accepting_code(parameters: Sequence[str], conditions: Sequence[Node | None]) -> CodeType:
    """Return code whose value is a tuple of functions of ``parameters``, None for no form."""
    names = ", ".join(f"v_{name}" for name in parameters)
    parts: list[str] = []
    for condition in conditions:
        source = "None"
        if condition is not None:
            try:
                source = f"(lambda {names}: {_boolean(condition)})"
            except UntranslatableError:
                source = "None"
        parts.append(source)
    return compile(f"({', '.join(parts)},)", "<conditions>", "eval")


def python_source(condition: Node) -> str:
    """Return a condition as a Python expression. Raises ``UntranslatableError``."""
    return _boolean(condition)


def _boolean(node: Node) -> str:
    """Return an expression that is a boolean, or raises."""
    known = node.kind == "has" or (node.kind in ("call", "method") and node.name in _BOOLEAN)
    if known or (node.kind == "constant" and node.name == "bool"):
        return _python(node)
    if node.calls(CONDITIONAL):
        test, then, other = map(_boolean, node.parts)
        return f"({then} if {test} else {other})"
    return f"truth({_python(node)})"


def _python(node: Node) -> str:
    if node.kind == "constant":
        if node.name not in ("bool", "int64", "double", "string", "null"):
            raise UntranslatableError(node.name)
        return repr(node.value)
    if node.kind == "name":
        return f"v_{node.name}"
    if node.kind == "select":
        return f"{_python(node.parts[0])}[{node.name!r}]"
    if node.kind == "has":
        return f"has({_python(node.parts[0])}, {node.name!r})"
    if node.kind == "list":
        return f"[{', '.join(map(_python, node.parts))}]"
    if node.kind == "call":
        return _call(node)
    if node.kind == "method":
        return _method(node)
    raise UntranslatableError(node.kind)


def _call(node: Node) -> str:
    name, parts = node.name, node.parts
    if name in (AND, OR):
        return "(" + (" and " if name == AND else " or ").join(map(_boolean, parts)) + ")"
    if name == NOT:
        return f"(not {_boolean(parts[0])})"
    if name == CONDITIONAL:
        return f"({_python(parts[1])} if {_boolean(parts[0])} else {_python(parts[2])})"
    if name in ("_==_", "_!=_"):
        equal = _equal(*parts)
        return equal if name == "_==_" else f"(not {equal})"
    if name in _ORDER:
        return _ORDER[name].format(*map(_python, parts))
    if name in _BINARY:
        return f"{_BINARY[name]}({', '.join(map(_python, parts))})"
    if name == "size":
        return f"size({_python(parts[0])})"
    if name in _CONVERSIONS:
        return f"{_CONVERSIONS[name]}({_python(parts[0])})"
    raise UntranslatableError(name)


def _equal(one: Node, other: Node) -> str:
    if one.kind == "constant":
        one, other = other, one
    if other.kind == "constant" and other.name == "string":
        return f"({_python(one)} == {other.value!r})"  # nothing but that text is equal to it
    if other.kind == "constant" and other.name == "bool":
        return f"({_python(one)} is {other.value!r})"
    if one.calls("type") and other.kind == "name" and other.name in _TYPES:
        return f"(kind({_python(one.parts[0])}) == {other.name!r})"
    return f"equal({_python(one)}, {_python(other)})"


def _method(node: Node) -> str:
    name, target, parts = node.name, node.parts[0], node.parts[1:]
    if name in ("all", "exists", "exists_one", "filter", "map"):
        return _macro(name, target, parts)
    if name in _TEXTS:
        return f"text({_python(target)}).{_TEXTS[name]}(text({_python(parts[0])}))"
    if name == "contains":
        return f"(text({_python(parts[0])}) in text({_python(target)}))"
    if name == "size":
        return f"size({_python(target)})"
    if name == "matches" and parts[0].kind == "constant":
        return f"matches({_python(target)}, {python_pattern(str(parts[0].value))!r})"
    raise UntranslatableError(name)


def _macro(name: str, target: Node, parts: Sequence[Node]) -> str:
    loop = f"for v_{parts[0].name} in elements({_python(target)})"
    if name == "map":
        tests = f" if {_boolean(parts[1])}" if len(parts) == 3 else ""
        return f"[{_python(parts[-1])} {loop}{tests}]"
    test = _boolean(parts[1])
    if name == "filter":
        return f"[v_{parts[0].name} {loop} if {test}]"
    if name == "exists_one":
        return f"(sum([{test} {loop}]) == 1)"
    return f"{'all' if name == 'all' else 'any'}({test} {loop})"


def python_pattern(pattern: str) -> str:
    """Return a pattern of RE2 that means the same in Python on ASCII text.

    Raises ``UntranslatableError`` for one with anything that the two do not share.
    """
    if not _PLAIN_PATTERN.match(pattern) or "(?i)" in pattern[1:]:
        raise UntranslatableError(pattern)
    out: list[str] = []
    for part in re.findall(r"\\.|\[(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL):
        if part == "$":
            part = r"\Z"  # Python's also matches before a line end
        elif part in (r"\s", r"\S") or "\\s" in part:
            # RE2's leaves out the vertical tab.
            inner = part.replace(r"\s", r"\t\n\f\r ")
            part = (
                inner if part[0] == "[" else {r"\s": r"[\t\n\f\r ]", r"\S": r"[^\t\n\f\r ]"}[part]
            )
        out.append(part)
    return "".join(out)
