"""Structured templates: what the directives do, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from target.subject import THING, rendered

from fairway.errors import UsageError

CASES: dict[str, tuple[str, Any]] = {
    "no expression": ("a: 1\nb: [x, no, 012]", [{"a": 1, "b": ["x", "no", 12]}]),
    "text around expressions": (
        "a: ${{ thing.name }}/${{ thing.count }}.yaml",
        [{"a": "one/3.yaml"}],
    ),
    "expression in a key": ("${{ thing.name }}-x: 1", [{"one-x": 1}]),
    "expression as a key": ("${{ thing.count }}: 1", [{"3": 1}]),
    "when is true": ("a: {$when: '${{ thing.ready }}', b: 1}", [{"a": {"b": 1}}]),
    "when is false": ("a: {$when: '${{ not thing.ready }}', b: 1}\nc: 2", [{"c": 2}]),
    "value of a key": ("a: {$when: '${{ thing.ready }}', $value: '${{ thing.count }}'}",
                       [{"a": 3}]),
    "when in a list": (
        "a:\n- $when: ${{ not thing.ready }}\n  b: 1\n- $when: ${{ thing.ready }}\n  $value: 2",
        [{"a": [2]}],
    ),
    "each": (
        "a:\n- $each: ${{ thing.parts }}\n  $as: part\n  n: ${{ part.name }}\n  t: ${{ thing.name }}",  # noqa: E501
        [{"a": [{"n": "first", "t": "one"}, {"n": "second", "t": "one"}]}],
    ),
    "each among others": (
        "a:\n- first\n- $each: ${{ thing.tags }}\n  $as: tag\n  $value: <${{ tag }}>\n- last",
        [{"a": ["first", "<a>", "<b>", "last"]}],
    ),
    "each with when": (
        "a:\n- $each: ${{ thing.parts }}\n  $as: part\n  $when: ${{ part.hidden }}\n"
        "  $value: ${{ part.share }}",
        [{"a": ["50%"]}],
    ),
    "each in each": (
        "a:\n- $each: ${{ thing.parts }}\n  $as: p\n  b:\n  - $each: ${{ thing.tags }}\n    $as: t\n"  # noqa: E501
        "    $value: ${{ p.name }}-${{ t }}",
        [{"a": [{"b": ["first-a", "first-b"]}, {"b": ["second-a", "second-b"]}]}],
    ),
    "documents": ("a: 1\n---\n$when: ${{ not thing.ready }}\nb: 1\n---\nc: 3", [{"a": 1}, {"c": 3}]),  # noqa: E501
    "each key": (
        "a:\n  first: 1\n  x-${{ part.name }}:\n    $each: ${{ thing.parts }}\n    $as: part\n"
        "    $when: ${{ part.size > 1 }}\n    size: ${{ part.size }}\n  last: 2",
        [{"a": {"first": 1, "x-second": {"size": 2}, "last": 2}}],
    ),
    "each document": (
        "$each: ${{ thing.tags }}\n$as: tag\nname: ${{ tag }}",
        [{"name": "a"}, {"name": "b"}],
    ),
    "empty map": ("a: {}", [{"a": {}}]),
    "spaces": ("a: ${{thing.name}}", [{"a": "one"}]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rendering(case: tuple[str, Any]) -> None:
    template, expected = case
    assert rendered(template) == expected


def test_types_are_kept() -> None:
    (document,) = rendered("a: ${{ thing.count }}\nb: ${{ thing.ready }}\nc: '${{ thing.count }} '")
    assert document == {"a": 3, "b": True, "c": "3 "}


def test_values_are_never_structure() -> None:
    evil = "x: 1\n- [y]\n---\n"
    assert rendered("a: ${{ thing.name }}\nb: ${{ thing.name }}!", THING._replace(name=evil)) == [
        {"a": evil, "b": f"{evil}!"}
    ]


def test_an_empty_list_repeats_nothing() -> None:
    template = "a:\n- $each: ${{ thing.parts }}\n  $as: p\n  $value: ${{ p.name }}"
    assert rendered(template, THING._replace(parts=())) == [{"a": []}]


REFUSED: dict[str, tuple[str, str]] = {
    "unknown directive": (
        "a:\n  $if: ${{ thing.ready }}",
        "2:3: `$if` is not a directive; there are",
    ),
    "directive in capitals": ("$When: ${{ thing.ready }}", "`$When` is not a directive"),
    "when without condition": ("a:\n  $when: ${{ thing.name }}", "2:10: `$when` needs a condition"),
    "when without expression": ("a: {$when: true}", "expected one expression"),
    "when with text": ("a: {$when: 'x ${{ thing.ready }}'}", "expected one expression"),
    "each of text": ("a:\n- $each: ${{ thing.name }}\n  $as: x", "2:10: `$each` needs a list"),
    "each of a map": ("a:\n- $each: ${{ thing.labels }}\n  $as: x", "`$each` needs a list"),
    "each without as": ("a:\n- $each: ${{ thing.tags }}\n  b: 1", "`$each` needs `$as`"),
    "as without each": ("a:\n- $as: x\n  b: 1", "2:8: `$as` needs `$each`"),
    "as of a name in use": (
        "a:\n- $each: ${{ thing.tags }}\n  $as: thing",
        "needs `$as` with a new",
    ),
    "as in capitals": ("a:\n- $each: ${{ thing.tags }}\n  $as: Tag", "a new name in lower case"),
    "as of code": ("a:\n- $each: ${{ thing.tags }}\n  $as: 'x in ()'", "a new name in lower case"),
    "each in a map": (
        "a:\n  $each: ${{ thing.tags }}\n  $as: x\n  b: 1",
        "`$each` repeats an item of a list, not a key of a map",
    ),
    "name of a key's loop beside it": (
        "a:\n  ${{ t }}: {$each: '${{ thing.tags }}', $as: t, b: 1}\n  c: ${{ t }}",
        "3:6: `t` is not defined",
    ),
    "value with other keys": ("a: {$value: 1, b: 2}", "`$value` stands for the whole node"),
    "directive in value": (
        "a: {$value: {$when: '${{ thing.ready }}', b: 1}}",
        "a directive cannot stand in `$value`",
    ),
    "not closed": ("a: ${{ thing.name }", "1:4: `${{` is not closed by `}}`"),
    "closed once": ("a: ${{ thing.name }} ${{ x", "`${{` is not closed by `}}`"),
    "list in text": ("a: x${{ thing.tags }}", "a list of str cannot stand inside text"),
    "condition in text": ("a: x${{ thing.ready }}", "a bool cannot stand inside text"),
    "map in text": ("a: x${{ thing.labels }}", "a mapping cannot stand inside text"),
    "number with a point in text": ("a: x${{ thing.ratio }}", "a float cannot stand inside text"),
    "map as a key": ("${{ thing.labels }}: 1", "a mapping cannot stand inside text"),
    "condition as a key": ("${{ thing.ready }}: 1", "a bool cannot stand inside text"),
    "name after its loop": (
        "a:\n- $each: ${{ thing.tags }}\n  $as: t\n  $value: 1\nb: ${{ t }}",
        "5:4: `t` is not defined",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(case: tuple[str, str]) -> None:
    template, message = case
    with pytest.raises(UsageError) as refused:
        rendered(template)
    assert message in refused.value.message
    assert refused.value.message.startswith("t.yaml:")
