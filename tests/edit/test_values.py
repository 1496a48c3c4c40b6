"""An edit says what was intended, or is refused, and touches nothing else, in any style."""

from __future__ import annotations

from typing import Any

import pytest
from edit.documents import COMMENT, SCALARS, VALUES, WORDS, documents, read
from edit.oracle import by_ruamel, comments, exactly, places, put, take
from hypothesis import event, given, settings
from hypothesis import strategies as st

from fairway.edit.errors import EditRefusedError
from fairway.edit.value import remove_value, set_value
from fairway.location import Route
from fairway.source.document import Document

SHARED = ("shared", "again")


def assert_comments_still_are(text: str) -> None:
    """Whoever removes all comments changes no value: none of them became a part of one."""
    if "\r" not in text:
        assert exactly(by_ruamel(COMMENT.sub("", text))) == exactly(by_ruamel(text))


def untouched(before: Document, after: Document, route: Route) -> None:
    """Every key and value beside the route, and no parent of it, is written as it was."""
    for other, value in places(before.value):
        depth = min(len(other), len(route))
        if other[:depth] == route[:depth] or other[:1] == ("again",):
            continue
        if _shifted(other, route):
            continue
        if isinstance(other[-1], str):
            assert before.written(other, "key") == after.written(other, "key")
        if value is not None:
            assert before.written(other).strip() == after.written(other).strip(), other


def _shifted(other: Route, route: Route) -> bool:
    """Whether a route leads through the list whose item was removed."""
    return isinstance(route[-1], int) and other[: len(route) - 1] == route[:-1]


def proved(text: str, intended: Any) -> Document:
    after = read(text)
    assert exactly(after.value) == exactly(intended)
    if "\r" not in text.replace("\r\n", ""):  # ruamel's reader has no lone CR in comments
        assert exactly(by_ruamel(text)) == exactly(intended)
    return after


def refused(document: Document, route: Route, error: EditRefusedError) -> None:
    """Refusing is right only where an edit would change a second place, or an open text's end."""
    event("refused")
    open_end = document.text[-1:] not in ("\n", "\r") and "|" in document.text
    assert route[0] in SHARED or open_end, (document.text, route, str(error))


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_a_scalar_is_replaced_in_its_place(document: Document, data: st.DataObject) -> None:
    routes = [r for r, v in places(document.value) if not isinstance(v, dict | list)]
    routes = [r for r in routes if r[0] not in SHARED]
    if not routes:
        return
    route, value = data.draw(st.sampled_from(routes)), data.draw(SCALARS)
    try:
        text = set_value(document, route, value)
    except EditRefusedError as error:
        refused(document, route, error)
        return
    after = proved(text, put(document.value, route, value))
    start, end = document.offsets(route)
    if start < end:  # something was written there
        assert text.startswith(document.text[:start])
        assert text.endswith(document.text[end:].lstrip("\r\n"))
    else:
        assert text.startswith(document.text[:start].rstrip())
    assert comments(text) == comments(document.text)
    untouched(document, after, route)


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_a_key_or_an_item_is_added(document: Document, data: st.DataObject) -> None:
    holders = [((), document.value), *places(document.value)]
    holders = [(r, v) for r, v in holders if isinstance(v, dict | list) or v is None]
    route, holder = data.draw(st.sampled_from(holders))
    if isinstance(holder, list):
        route = (*route, len(holder))
    else:
        key = data.draw(WORDS.filter(lambda word: word not in (holder or {})))
        route = (*route, key)
    route += data.draw(st.sampled_from([(), (), ("deeper",), ("deeper", 0), ("a", "b")]))
    value = data.draw(VALUES)
    try:
        text = set_value(document, route, value)
    except EditRefusedError as error:
        refused(document, route, error)
        return
    after = proved(text, put(document.value, route, value))
    assert comments(text) == comments(document.text)
    assert_comments_still_are(text)
    untouched(document, after, route)


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_anything_is_replaced_by_anything(document: Document, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from([r for r, _ in places(document.value)]))
    value = data.draw(VALUES)
    try:
        text = set_value(document, route, value)
    except EditRefusedError as error:
        refused(document, route, error)
        return
    after = proved(text, put(document.value, route, value))
    assert set(comments(text)) <= set(comments(document.text))
    untouched(document, after, route)


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_anything_is_removed(document: Document, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from([r for r, _ in places(document.value)]))
    try:
        text = remove_value(document, route)
    except EditRefusedError as error:
        refused(document, route, error)
        return
    after = proved(text, take(document.value, route))
    kept = [each for each in comments(document.text) if each in comments(text)]
    assert comments(text) == kept
    untouched(document, after, route)


@settings(max_examples=100, deadline=None)
@given(documents(), st.data())
def test_what_was_added_is_removed_without_a_trace(document: Document, data: st.DataObject) -> None:
    holders = [((), document.value), *places(document.value)]
    holders = [(r, v) for r, v in holders if isinstance(v, dict) and v and r[:1] != ("again",)]
    route, holder = data.draw(st.sampled_from(holders))
    key = data.draw(WORDS.filter(lambda word: word not in holder))
    try:
        text = set_value(document, (*route, key), data.draw(VALUES))
        assert remove_value(read(text), (*route, key)) == document.text
    except EditRefusedError as error:
        refused(document, (*route, key), error)


@pytest.mark.parametrize("value", [object(), {1, 2}, "\ud800", [b"x"]])
def test_what_yaml_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(EditRefusedError, match="plain data"):
        set_value(read("a: 1\n"), ("a",), value)
