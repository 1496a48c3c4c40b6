"""What an expression may say, what it gives, and why others are refused."""

from __future__ import annotations

from typing import Any

import pytest
from target.subject import THING, rendered, text_rendered

from fairway.errors import UsageError

ALLOWED: dict[str, Any] = {
    "thing.name": "one",
    "thing.title": "ONE",
    "thing.count": 3,
    "thing.ratio": 0.5,
    "thing.ready": True,
    "thing.share": "25%",
    "thing.tags": ["a", "b"],
    "thing.labels": {"app": "one"},
    "thing.part.name": "inner",
    "'text'": "text",
    "7": 7,
    "true": True,
    "thing.tags | length": 2,
    "thing.parts | length > 1": True,
    "thing.name | length": 3,
    "thing.count | string": "3",
    "thing.tags | join(', ')": "a, b",
    "thing.name ~ '-' ~ thing.count": "one-3",
    "thing.kind ~ '!'": "small!",
    "thing.kind == 'small'": True,
    "thing.kind != 'large'": True,
    "thing.kind in ['large']": False,
    "thing.count >= 3": True,
    "1 < thing.count < 3": False,
    "thing.name in ['one', 'two']": True,
    "thing.name not in thing.tags": True,
    "'app' in thing.labels": True,
    "'n' in thing.name": True,
    "thing.ready and not thing.part.hidden": True,
    "thing.count == 1 or thing.ready": True,
    "thing.share == 1": False,
    "thing.name if thing.ready else 'none'": "one",
    "thing.count if thing.ready else 'none'": 3,
    "(thing.count)": 3,
}


@pytest.mark.parametrize("expression", ALLOWED)
def test_allowed(expression: str) -> None:
    (document,) = rendered(f'value: "${{{{ {expression} }}}}"')
    assert document == {"value": ALLOWED[expression]}
    assert type(document["value"]) is type(ALLOWED[expression])


REFUSED: dict[str, str] = {
    # names and fields
    "thing.nam": "a thing has no `nam`; did you mean `name`?",
    "thing.part.siez": "a part has no `siez`; did you mean `size`?",
    "thing.zebra": "a thing has no `zebra`; it has count, kind, labels, name",
    "thin": "`thin` is not defined; here are thing",
    "self": "`self` is not defined",
    "thing.__class__": "a thing has no `__class__`",
    "thing.name.__class__": "`.__class__`: a str has no attributes",
    "thing.labels.app": "`.app`: a mapping has no attributes",
    "thing.tags.count": "`.count`: a list of str has no attributes",
    # what cannot stand in a document
    "thing": "a thing cannot stand in a document",
    "thing.part": "a part cannot stand in a document",
    "thing.parts": "a list of part cannot stand in a document",
    "thing.name if thing.ready else thing.tags": "cannot stand in a document",
    "none": "the constant None is not allowed",
    # no computing, calling, indexing
    "thing.count + 1": "add is not allowed in an expression",
    "thing.count // 2": "floordiv is not allowed in an expression",
    "'%s' % thing.name": "mod is not allowed in an expression",
    "-thing.count": "neg is not allowed in an expression",
    "range(3)": "call is not allowed in an expression",
    "thing.name.upper()": "call is not allowed in an expression",
    "thing.tags[0]": "getitem is not allowed in an expression",
    "thing.labels['app']": "getitem is not allowed in an expression",
    "thing.name is defined": "test is not allowed in an expression",
    "{'a': thing.name}": "dict is not allowed in an expression",
    "(1, 2)": "tuple is not allowed in an expression",
    "[thing.tags]": "a list in an expression holds constants of one type",
    "['a', 1]": "a list in an expression holds constants of one type",
    "[]": "a list in an expression holds constants of one type",
    # filters
    "thing.name | upper": "the filter `upper` cannot be applied here; there are: length, string",
    "thing.name | length(1)": "the filter `length` cannot be applied here",
    "thing.count | length": "the filter `length` cannot be applied here",
    "thing.tags | join": "the filter `join` cannot be applied here",
    "thing.tags | join(1)": "the filter `join` cannot be applied here",
    "thing.tags | join(d=', ')": "the filter `join` cannot be used like this",
    "thing.parts | join(',')": "the filter `join` cannot be applied here",
    "thing.ready | string": "the filter `string` cannot be applied here",
    "thing.name | default('x')": "the filter `default` cannot be applied here",
    "thing.tags | map('upper')": "the filter `map` cannot be applied here",
    # types
    "thing.ready and thing.count": "`and` needs conditions on both sides",
    "thing.name or 'x'": "`or` needs conditions on both sides",
    "not thing.name": "`not` needs a condition",
    "thing.name if thing.count else 'x'": "`if` needs a condition",
    "thing.name if thing.ready": "`if` needs an `else`",
    "thing.ready ~ 'x'": "`~` joins strings and integers, not a bool",
    "thing.ratio ~ 'x'": "`~` joins strings and integers, not a float",
    "thing.name < thing.count": "str and int do not compare",
    "thing.count == '3'": "int and str do not compare",
    "thing.name == thing.parts": "str and list of part do not compare",
    "thing.part == thing.part": "part and part do not compare",
    "thing.share < 3": "do not compare",
    "1 in thing.name": "int and str do not compare",
    "1 in thing.tags": "int and str do not compare",
    "'a' in thing.count": "`in` needs a list, a map or a string on its right",
    "thing.name in thing.parts": "str and part do not compare",
    "thing.kind == 'smal'": "it is never `smal`; did you mean `small`?",
    "'medium' == thing.kind": "it is never `medium`",
    # syntax
    "": "is not an expression",
    "thing.": "`thing.` is not an expression: expected name or number",
    "thing.name and": "is not an expression",
    "1 2": "`1 2` is not an expression",
    "thing.name }} {{ thing.name": "is not one expression",
    "{% if true %}": "is not an expression",
}


@pytest.mark.parametrize("expression", REFUSED)
def test_refused(expression: str) -> None:
    with pytest.raises(UsageError) as refused:
        rendered(f'a: 1\nnested:\n  - value: "${{{{ {expression} }}}}"')
    assert refused.value.message.startswith("t.yaml:3:12: ")
    assert REFUSED[expression] in refused.value.message
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("expression", [e for e in REFUSED if "%}" not in e and "}}" not in e])
def test_text_templates_refuse_the_same(expression: str) -> None:
    with pytest.raises(UsageError) as refused:
        text_rendered(f"FROM scratch\nLABEL a={{{{ {expression} }}}}\n")
    assert refused.value.message.startswith("t.j2:2: ")


def test_a_value_is_never_read_as_a_template() -> None:
    thing = THING._replace(name="${{ thing.count }}")
    assert rendered("a: ${{ thing.name }}\nb: x${{ thing.name }}", thing) == [
        {"a": "${{ thing.count }}", "b": "x${{ thing.count }}"}
    ]
    assert text_rendered("{{ thing.name }}", thing) == '"\\${{ thing.count }}"'
    jinja = THING._replace(name="{{ 7 * 7 }}{% raw %}")
    assert text_rendered("{{ thing.name }}", jinja) == '"{{ 7 * 7 }}{% raw %}"'
