"""Which changes of a condition there are, and what they are called."""

import re

import pytest
from hypothesis import given
from policy.test_expression import CONDITIONS, ENV, tree

from fairway.policy.expression_text import text_of
from fairway.policy.mutate import changes_of


def changes(text, clause=True):
    return {change.what: text_of(change.tree) for change in changes_of(tree(text), clause)}


A, B, C = "deployment.last", "has(deployment.evidence)", "[true][0]"


def test_clauses_are_left_out_negated_and_joined_otherwise():
    assert changes(f"{A} && {B} && {C}") == {
        f"not ({A} && {B} && {C})": f"!({A} && {B} && {C})",
        f"without {A}": f"{B} && {C}",
        f"without {B}": f"{A} && {C}",
        f"without {C}": f"{A} && {B}",
        f"|| for && before {B}": f"({A} || {B}) && {C}",
        f"|| for && before {C}": f"{A} && ({B} || {C})",
        f"not {A}": f"!{A} && {B} && {C}",
        f"not {B}": f"{A} && !{B} && {C}",
        f"not {C}": f"{A} && {B} && !{C}",
    }


def test_an_alternative_is_chosen_always():
    assert changes(f"{A} ? {B} : {C}") == {
        f"not ({A} ? {B} : {C})": f"!({A} ? {B} : {C})",
        f"always {B}": B,
        f"always {C}": C,
        f"not {A}": f"!{A} ? {B} : {C}",
        f"not {B}": f"{A} ? !{B} : {C}",
        f"not {C}": f"{A} ? {B} : !{C}",
    }


def test_a_negation_is_taken_away_once():
    assert changes(f"!({A} && {B})") == {
        f"not !({A} && {B})": f"{A} && {B}",
        f"without {A}": f"!{B}",
        f"without {B}": f"!{A}",
        f"|| for && before {B}": f"!({A} || {B})",
        f"not {A}": f"!(!{A} && {B})",
        f"not {B}": f"!({A} && !{B})",
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("X >= 2", {"not X >= 2", "> for >= in X >= 2", "3 for 2 in X >= 2", "1 for 2 in X >= 2"}),
        ("X == 0", {"not X == 0", "1 for 0 in X == 0", "-1 for 0 in X == 0"}),
        ("2 < X", {"not 2 < X", "<= for < in 2 < X", "3 for 2 in 2 < X", "1 for 2 in 2 < X"}),
    ],
)
def test_comparisons_move_at_their_bound(text, found):
    number = "size(deployment.versions)"
    named = {name.replace(number, "X") for name in changes(text.replace("X", number))}
    assert named == found


def test_other_numbers_move_by_a_tenth():
    soak = "deployment.soakHours"
    found = changes(f"{soak} * 0.3 > 0.0 - 20.0")
    assert [text for name, text in found.items() if " for >" not in name][1:] == [
        f"{soak} * 0.33 > 0.0 - 20.0",
        f"{soak} * 0.27 > 0.0 - 20.0",
        f"{soak} * 0.3 > 1.0 - 20.0",
        f"{soak} * 0.3 > -1.0 - 20.0",
        f"{soak} * 0.3 > 0.0 - 22.0",
        f"{soak} * 0.3 > 0.0 - 18.0",
    ]


def test_loops_are_exchanged_and_their_tests_changed():
    versions = "deployment.versions"
    assert changes(f"{versions}.all(v, v.serves)") == {
        f"not {versions}.all(v, v.serves)": f"!{versions}.all(v, v.serves)",
        f"exists for all of {versions}": f"{versions}.exists(v, v.serves)",
        "not v.serves": f"{versions}.all(v, !v.serves)",
    }
    assert f"exists for exists_one of {versions}" in changes(f"{versions}.exists_one(v, v.serves)")
    assert changes(f"{versions}.filter(v, v.serves)", clause=False) == {
        "without the filter v.serves": versions,
        "not v.serves": f"{versions}.filter(v, !v.serves)",
    }


def test_names_of_long_clauses_stay_short_and_differ():
    long = [" + ".join(["deployment.soakHours"] * 5 + [str(float(n))]) for n in range(2)]
    found = list(changes(f"{long[0]} > 1.0 && {long[1]} > 1.0"))
    without = [name for name in found if name.startswith("without")]
    assert len(set(without)) == 2
    assert max(map(len, found)) < 100


@given(CONDITIONS)
def test_every_change_is_an_expression_of_its_own(text):
    read = tree(text)
    seen = {read.shape()}
    for change in changes_of(read, clause=True):
        assert change.tree.shape() not in seen
        seen.add(change.tree.shape())
        assert 0 <= change.at < len(text)
        # A number may move out of its range; then nothing can be run, which is noticed.
        if not re.match(r"[-+.0-9einfu]+ for [-0-9]", change.what):
            ENV.compile(text_of(change.tree))
