"""How edits look, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from edit.documents import read

from fairway.edit.errors import EditRefusedError
from fairway.edit.value import remove_value, set_value
from fairway.location import Route

SET: dict[str, tuple[str, Route, Any, str]] = {
    "a trailing comment stays": ("a: 1 # one\n", ("a",), 2, "a: 2 # one\n"),
    "single quotes stay": ("a: 'x'\n", ("a",), "it's", "a: 'it''s'\n"),
    "double quotes stay": ('a: "x"\n', ("a",), "y", 'a: "y"\n'),
    "a version stays without quotes": ("a: 1.0.0\n", ("a",), "1.1.0", "a: 1.1.0\n"),
    "what reads as a number is quoted": ("a: 1.0.0\n", ("a",), "1.1", 'a: "1.1"\n'),
    "an amount stays without quotes": ("a: {b: 5/s}\n", ("a", "b"), "15/s", "a: {b: 15/s}\n"),
    "a word of YAML 1.1 is quoted": ("a: yea\n", ("a",), "yes", 'a: "yes"\n'),
    "a new string is quoted if in doubt": ("a: 1\n", ("b",), "012", 'a: 1\nb: "012"\n'),
    "a comma in braces is quoted": ("a: {}\n", ("a", "b"), "x,y", 'a: {b: "x,y"}\n'),
    "a tag goes with its value": ("a: !!str 5 # c\n", ("a",), 6, "a: 6 # c\n"),
    "an anchor that nobody uses stays": ("a: &x 5\n", ("a",), 6, "a: &x 6\n"),
    "an alias is replaced": ("a: &x 5\nb: *x\n", ("b",), 6, "a: &x 5\nb: 6\n"),
    "a text of lines": ("a: | # c\n  x\n  y\n\nb: 1\n", ("a",), "z", "a: z # c\n\nb: 1\n"),
    "a key after the last value's line": (
        "a:\n  b: 1 # c\n  # of what follows\nd: 2\n",
        ("a", "e"),
        3,
        "a:\n  b: 1 # c\n  e: 3\n  # of what follows\nd: 2\n",
    ),
    "a key in braces": ("a: {b: 1}\n", ("a", "c"), 2, "a: {b: 1, c: 2}\n"),
    "a key in braces with blanks": ("a: { b: 1 }\n", ("a", "c"), 2, "a: { b: 1, c: 2 }\n"),
    "a key in JSON": ('{"a":1}\n', ("b",), "c", '{"a":1, "b": "c"}\n'),
    "a key in braces on lines": (
        "a: {\n  b: 1 # c\n}\n",
        ("a", "d"),
        2,
        "a: {\n  b: 1, # c\n  d: 2\n}\n",
    ),
    "a key in empty braces": ("a: { }\n", ("a", "b"), 1, "a: {b: 1}\n"),
    "a key in a list's map": ("- a: 1\n- b: 2\n", (0, "c"), 3, "- a: 1\n  c: 3\n- b: 2\n"),
    "a key under nothing": ("a: # c\nb: 1\n", ("a", "d"), 2, "a: # c\n  d: 2\nb: 1\n"),
    "a key under null": ("a: ~ # c\nb: 1\n", ("a", "d"), 2, "a: # c\n  d: 2\nb: 1\n"),
    "a key under an empty item": ("-\n- a\n", (0, "b"), 1, "- b: 1\n- a\n"),
    "an item below its dash, in a list that is indented by one": (
        "a:\n - 1\n -\n  b: 1\n  c: 2\n",
        ("a", 1),
        {"d": 3},
        "a:\n - 1\n -\n  d: 3\n",
    ),
    "missing parents are made": (
        "a:\n    b: 1\n",
        ("c", "d", 0, "e"),
        2,
        "a:\n    b: 1\nc:\n    d:\n        - e: 2\n",
    ),
    "the habit of the dashes is kept": (
        "a:\n- 1\n",
        ("b",),
        [{"c": 1, "d": [2]}],
        "a:\n- 1\nb:\n- c: 1\n  d:\n  - 2\n",
    ),
    "no line end at the end": ("a: 1", ("b",), 2, "a: 1\nb: 2"),
    "line ends of Windows": ("a: 1\r\n", ("b", "c"), 2, "a: 1\r\nb:\r\n  c: 2\r\n"),
    "an item is appended": ("a:\n  - 1 # c\nb: 2\n", ("a", 1), 3, "a:\n  - 1 # c\n  - 3\nb: 2\n"),
    "an item in brackets": ("a: [1]\n", ("a", 1), "b", "a: [1, b]\n"),
    "a scalar becomes a map": ("a: 1 # c\n", ("a",), {"b": 1}, "a: # c\n  b: 1\n"),
    "a map becomes a scalar": ("a: # c\n  b: 1\n  d: 2\ne: 3\n", ("a",), 5, "a: 5 # c\ne: 3\n"),
    "a list is replaced": ("a:\n   - 1\n   - 2\n", ("a",), [3], "a:\n   - 3\n"),
    "what a map keeps is not written again": (
        "a:\n  b: 1 # b\n  c: 2 # c\n  d: 3 # d\n",
        ("a",),
        {"d": 4, "b": 1, "e": 5},
        "a:\n  b: 1 # b\n  d: 4 # d\n  e: 5\n",
    ),
    "nothing to do": ("a:   1\n", ("a",), 1, "a:   1\n"),
}
REMOVED: dict[str, tuple[str, Route, str]] = {
    "its line and its comment": ("a: 1\nb: 2 # c\nd: 3\n", ("b",), "a: 1\nd: 3\n"),
    "its lines": ("a:\n  b: 1\n  c: 2\nd: 3\n", ("a",), "d: 3\n"),
    "the comment of the last one": ("a: 1\n# of b\nb: 2\n", ("b",), "a: 1\n"),
    "not the comment of a group": (
        "x: 0\n# of a and b\na: 1\nb: 2\n",
        ("a",),
        "x: 0\n# of a and b\nb: 2\n",
    ),
    "not a comment above a blank line": (
        "a: 1\n# section\n\nb: 2\n",
        ("b",),
        "a: 1\n# section\n\n",
    ),
    "not the head of the file": ("# $schema=x\na: 1\n\nb: 2\n", ("a",), "# $schema=x\n\nb: 2\n"),
    "not a comment of another level": (
        "a:\n  b: 1\n  # of a\nc: 2\n",
        ("c",),
        "a:\n  b: 1\n  # of a\n",
    ),
    "the last key leaves an empty map": ("a: # c\n  b: 1\nd: 2\n", ("a", "b"), "a: {} # c\nd: 2\n"),
    "the last item leaves an empty list": ("a:\n  - 1\n", ("a", 0), "a: []\n"),
    "the last key of all": ("a: 1\n", ("a",), "{}\n"),
    "the first key of an item": ("- a: 1 # c\n  b: 2\n", (0, "a"), "- b: 2\n"),
    "the only key of an item": ("- a: 1\n- b\n", (0, "a"), "- {}\n- b\n"),
    "the first in braces": ("{a: 1, b: 2}\n", ("a",), "{b: 2}\n"),
    "the last in braces": ("{a: 1, b: 2}\n", ("b",), "{a: 1}\n"),
    "the only one in braces": ("a: {b: 1,}\n", ("a", "b"), "a: {}\n"),
    "a line in brackets": (
        "a: [\n  1, # x\n  2, # y\n  3\n]\n",
        ("a", 1),
        "a: [\n  1, # x\n  3\n]\n",
    ),
    "the last line in brackets": ("a: [\n  1, # x\n  2 # y\n]\n", ("a", 1), "a: [\n  1 # x\n]\n"),
    "no line end at the end": ("a: 1\nb: 2", ("b",), "a: 1"),
    "line ends of Windows": ("a: 1\r\nb: 2\r\n", ("a",), "b: 2\r\n"),
}
REFUSED: dict[str, tuple[str, Route, str]] = {
    "through an alias": ("a: &x {b: 1}\nc: *x\n", ("c", "b"), "`c` is an alias"),
    "below an anchor in use": ("a: &x {b: 1}\nc: *x\n", ("a", "b"), "&x, which is used elsewhere"),
    "an anchor in use": ("a: &x 1\nc: *x\n", ("a",), "the edit would change two places"),
    "what holds an anchor in use": ("a: {b: &x 1}\nc: *x\n", ("a",), "`a` has the anchor &x"),
    "below a scalar": ("a: 1\n", ("a", "b"), "`b` cannot be put into a number"),
    "a key of a list": ("a: [1]\n", ("a", "b"), "`b` cannot be put into a list"),
    "far behind a list": ("a: [1]\n", ("a", 2), "the list has 1 items"),
    "a pair without braces": ("a: [b: 1]\n", ("a", 0, "c"), "a pair in a list"),
    "a text without an end": ("a: |\n  x", ("b",), "`b` cannot be edited without changing"),
}


@pytest.mark.parametrize("name", SET)
def test_setting(name: str) -> None:
    text, route, value, expected = SET[name]
    assert set_value(read(text), route, value) == expected


@pytest.mark.parametrize("name", REMOVED)
def test_removing(name: str) -> None:
    text, route, expected = REMOVED[name]
    assert remove_value(read(text), route) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_refusing(name: str) -> None:
    text, route, why = REFUSED[name]
    with pytest.raises(EditRefusedError) as refused:
        set_value(read(text), route, 5)
    assert why in str(refused.value)


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(EditRefusedError, match=r"nothing stands at `a\.b`"):
        remove_value(read("a: {}\n"), ("a", "b"))
    with pytest.raises(EditRefusedError, match="&x, which is used elsewhere"):
        remove_value(read("a: &x 1\nb: *x\n"), ("a",))


def test_the_whole_document_is_not_edited() -> None:
    with pytest.raises(EditRefusedError, match="whole document"):
        set_value(read("a: 1\n"), (), [])
    with pytest.raises(EditRefusedError, match="whole document"):
        remove_value(read("a: 1\n"), ())
