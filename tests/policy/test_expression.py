"""Conditions are read from what the checker made of them, and written again with one meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.policy import cel_env
from fairway.policy.expression import Node, read_expression
from fairway.policy.expression_text import lines_of, text_of

ENV = cel_env.typed("deployment")


def tree(text: str) -> Node:
    return read_expression(ENV.compile(text).serialize())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("deployment.last&&deployment.name=='x'", 'deployment.last && deployment.name == "x"'),
        ("(true || false) && (false || true)", "(true || false) && (false || true)"),
        ("true || (false && true)", "true || false && true"),
        ("true && (false && (true && false))", "true && false && true && false"),
        ("1-(2-3) == 4 && (1-2)-3 == 4", "1 - (2 - 3) == 4 && 1 - 2 - 3 == 4"),
        ("-(1) == -1 && 1 - -1 == 2", "-(1) == -1 && 1 - -1 == 2"),
        ("!(!deployment.last)", "!(!deployment.last)"),
        ("(true ? false : true) ? true : false", "(true ? false : true) ? true : false"),
        ("has(deployment.monitoring)", "has(deployment.monitoring)"),
        ("deployment.versions[0].name in ['a']", 'deployment.versions[0].name in ["a"]'),
        ("deployment.versions.exists_one(v, v.serves)",) * 2,
        ("deployment.versions.filter(v, v.serves).map(v, v.name) == []",) * 2,
        ('deployment.versions.map(v, v.serves, v.name) == ["a"]',) * 2,
        ("[1].all(i, i > 0 && i < 9) || [1].exists(i, i > 0 || i < 9)",) * 2,
        ('{"a": 1}["a"] == 1 && 5u == 5u && null == null',) * 2,
        ("b'a\\xff' == b''", 'b"\\x61\\xff" == b""'),
        ("google.protobuf.Value{number_value: 1.5} == dyn(1.5)",) * 2,
    ],
)
def test_an_expression_is_written_in_one_way(text, written):
    assert text_of(tree(text)) == written
    assert tree(written).shape() == tree(text).shape()


NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda n: ("int", str(n))),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda n: ("double", repr(n))),
    st.integers(0, 2**64 - 1).map(lambda n: ("uint", f"{n}u")),
)
STRINGS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


ATOMS = st.one_of(
    st.sampled_from(["true", "false", "deployment.last", "has(deployment.monitoring)"]),
    st.tuples(NUMBERS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="])).map(
        lambda pair: f"{pair[0][1]} {pair[1]} {pair[0][1]}"
    ),
    STRINGS.map(lambda text: f"deployment.name == {_quoted(text)}"),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda c: f"({' && '.join(c)})"),
        st.lists(inner, min_size=2, max_size=4).map(lambda c: f"({' || '.join(c)})"),
        inner.map(lambda c: f"!({c})"),
        st.tuples(inner, inner).map(lambda c: f"(({c[0]}) == ({c[1]}))"),
        st.tuples(inner, inner, inner).map(lambda c: f"(({c[0]}) ? ({c[1]}) : ({c[2]}))"),
        st.tuples(st.sampled_from(["all", "exists", "exists_one"]), inner).map(
            lambda c: f"deployment.versions.{c[0]}(v, v.serves && ({c[1]}))"
        ),
        inner.map(lambda c: f"deployment.versions.filter(v, {c}).map(v, {c})[0]"),
    ),
    max_leaves=8,
)


@given(CONDITIONS, st.integers(20, 100))
def test_what_is_written_means_what_was_read(text, width):
    read = tree(text)
    assert tree(text_of(read)).shape() == read.shape()
    lines = lines_of(read, width)
    assert tree("\n".join(lines)).shape() == read.shape()
    assert not any(line != line.rstrip() for line in lines)


def test_lines_break_where_people_would():
    text = (
        "has(deployment.monitoring) && deployment.versions.all(version,"
        ' version.serves || !(version.digest.startsWith("sha256:") && version.customCode))'
    )
    assert lines_of(tree(text), 50) == [
        "has(deployment.monitoring)",
        "&& deployment.versions.all(version,",
        "     version.serves",
        "     || !(",
        '          version.digest.startsWith("sha256:")',
        "          && version.customCode",
        "        )",
        "   )",
    ]


def test_positions_are_those_of_the_text():
    read = tree('deployment.last && "ü" != deployment.name')
    assert [part.start() for part in read.parts] == [0, 19]


def test_what_is_nested_too_deeply_is_refused():
    text = "true"
    for level in range(26):
        text = f"[1].all(v{level}, {text})"
    with pytest.raises(ValueError, match="nested too deeply"):
        tree(text)
