"""Several edits of one file go together where they do not touch, and are made in any order."""

from __future__ import annotations

import itertools

from edit.documents import documents, read
from edit.oracle import exactly, places, put
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.edit.apply import Edit, apply
from fairway.edit.splice import Splice, difference
from fairway.finding import Change, Finding, Fix, Severity, merge_environments
from fairway.location import Location


def changing(*changes: Change) -> Edit:
    return Edit(changes=changes)


def test_edits_of_different_places_are_made_together() -> None:
    text = "a: 1 # a\nb: {c: 2}\nd:\n  - x\n  - y\n"
    edits = [
        changing(Change(("a",), 5)),
        changing(Change(("b", "e"), True)),
        changing(Change(("d", 0), remove=True)),
    ]
    for order in itertools.permutations(edits):
        applied = apply(read(text), order)
        assert applied.text == "a: 5 # a\nb: {c: 2, e: true}\nd:\n  - y\n"
        assert (applied.done, applied.left, applied.refused) == ((0, 1, 2), (), ())


def test_the_second_of_two_that_touch_is_left() -> None:
    edits = [changing(Change(("b",), 2)), changing(Change(("c",), 3))]
    applied = apply(read("a: 1\n"), edits)
    assert (applied.text, applied.done, applied.left) == ("a: 1\nb: 2\n", (0,), (1,))
    assert apply(read(applied.text), edits[1:]).text == "a: 1\nb: 2\nc: 3\n"


def test_equal_items_are_not_taken_for_each_other() -> None:
    text = "a:\n  - x\n  - x\n  - x\n"
    edits = [changing(Change(("a", 0), remove=True)), changing(Change(("a", 1), "y"))]
    applied = apply(read(text), edits)
    assert (applied.text, applied.done, applied.left) == ("a:\n  - x\n  - x\n", (0,), (1,))


def test_the_changes_of_an_edit_are_made_all_or_none() -> None:
    both = changing(Change(("a",), 2), Change(("b", "c"), 3))
    assert apply(read("a: 1\n"), [both]).text == "a: 2\nb:\n  c: 3\n"
    applied = apply(read("a: 1\nb: x\n"), [both])
    assert applied.text == "a: 1\nb: x\n"
    assert applied.refused == ((0, "`c` cannot be put into a string"),)


def test_what_says_so_already_is_refused() -> None:
    assert apply(read("a: 1\n"), [changing(Change(("a",), 1))]).refused == (
        (0, "the file says so already"),
    )


def test_a_replacement_may_not_break_the_file() -> None:
    document = read("a: 1\nb: 2\n")
    for text in ("{", "b", "\x00"):
        applied = apply(document, [Edit(replacement=Splice(0, 1, text))])
        assert (applied.text, applied.done) == (document.text, ())
        assert len(applied.refused) == 1
    assert apply(document, [Edit(replacement=Splice(0, 1, "c"))]).text == "c: 1\nb: 2\n"


@settings(max_examples=100, deadline=None)
@given(documents(), st.data())
def test_any_two_scalars_are_set_together(document: object, data: st.DataObject) -> None:
    before = read(document.text)  # type: ignore[attr-defined]
    routes = [r for r, v in places(before.value) if isinstance(v, int) and r[0] != "again"]
    routes = [r for r in routes if r[0] != "shared"]
    if len(routes) < 2:
        return
    one, other = data.draw(st.sampled_from(list(itertools.permutations(routes, 2))))
    applied = apply(before, [changing(Change(one, "x")), changing(Change(other, 7.5))])
    if applied.done == (0, 1):
        assert exactly(read(applied.text).value) == exactly(
            put(put(before.value, one, "x"), other, 7.5)
        )
    else:  # in brackets they may stand beside each other
        assert applied.left == (1,) or before.text[-1:] not in "\r\n"


@given(st.text("ab\n"), st.text("ab\n"))
def test_a_difference_makes_the_one_of_the_other(old: str, new: str) -> None:
    splice = difference(old, new)
    assert splice.apply(old) == new
    assert 0 <= splice.start <= splice.end <= len(old)


def test_a_change_is_a_key_and_tells_values_apart() -> None:
    values = [1, 1.0, True, "1", None, [1], {"a": 1}, {"a": True}]
    changes = {Change(("a",), value): value for value in values}
    assert len(changes) == len(values)
    assert [change.value for change in changes] == values
    assert Change(("a",), {"b": [1]}) == Change(("a",), {"b": [1]})
    at = Location("x.yaml", ("a",))
    fix = Fix("set it", changes=(Change(("a",), {"b": [1]}),))
    found = [
        Finding("p/r", Severity.ERROR, "wrong", at, fix, environments=(name,)) for name in "xy"
    ]
    assert [each.environments for each in merge_environments(found)] == [("x", "y")]
