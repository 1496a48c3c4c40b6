"""Documents hold what their text says, whoever wrote it, and know where each part of it is."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fairway.location import Location, Route
from fairway.source.build import parse, parse_all
from fairway.source.document import Document
from fairway.source.file import decode, source_from_text

PRINTABLE = st.characters(
    codec="utf-8",
    exclude_categories=("Cs", "Cc", "Zl", "Zp"),
    exclude_characters="\ufeff\ufffe\uffff",
)
STRINGS = st.one_of(
    st.text(PRINTABLE, max_size=12),
    st.sampled_from(
        ["no", "3.10", "012", "1_000", "~", "null", "- a", "a: b", "#", "", " a ", "é"]
    ),
    st.text(st.sampled_from("ab \n:#-'\"[]{}&*!|>%@`,"), max_size=20),
)
SCALARS = st.one_of(
    STRINGS,
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(STRINGS, inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(STRINGS, TREES, min_size=1, max_size=5)
# What both of ruamel's halves, the writer and the reader, agree about.
SIMPLE = st.one_of(
    st.text("abcxyz019.-_/é日 ", max_size=10),
    st.sampled_from(["no", "3.10", "~", "null", "1_000", "- a", "a: b", "#", ""]),
)
SIMPLE_DOCUMENTS = st.dictionaries(
    SIMPLE,
    st.recursive(
        st.one_of(SIMPLE, st.integers(-1000, 1000), st.booleans(), st.none()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(SIMPLE, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


class CoreDumper(yaml.SafeDumper):
    """PyYAML's writer, made to quote what YAML 1.2 would not read as a string."""


CoreDumper.yaml_implicit_resolvers = {}
for first in [*"-+.0123456789", *"~nNtTfFyYoO", ""]:
    CoreDumper.yaml_implicit_resolvers[first] = [("tag:quoted", re.compile(".*"))]
CoreDumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text)
)


def _float(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:quoted", repr(value))


def _plain(dumper: yaml.SafeDumper, value: object) -> yaml.ScalarNode:
    words = {None: "null", True: "true", False: "false"}
    return yaml.ScalarNode("tag:quoted", words.get(value, str(value)))  # type: ignore[call-overload]


CoreDumper.add_representer(float, _float)
for kind in (int, bool, type(None)):
    CoreDumper.add_representer(kind, _plain)


def by_pyyaml(value: Any, flow: bool) -> str:
    return yaml.dump(
        value, Dumper=CoreDumper, default_flow_style=flow, allow_unicode=True, width=40
    )


def by_ruamel(value: Any, flow: bool) -> str:
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = flow
    writer.width = 60
    stream = io.StringIO()
    writer.dump(value, stream)
    return stream.getvalue()


def read(text: str) -> Document:
    document, findings = parse(source_from_text("x.yaml", text))
    assert findings == []
    return document


def places(value: Any, route: Route = ()) -> Iterator[tuple[Route, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for step, child in pairs:
        yield (*route, step), child
        if isinstance(child, dict | list):
            yield from places(child, (*route, step))


@settings(max_examples=60)
@given(DOCUMENTS, st.booleans())
def test_what_pyyaml_writes(value: dict[str, Any], flow: bool) -> None:
    assert read(by_pyyaml(value, flow)).value == value


@settings(max_examples=60)
@given(SIMPLE_DOCUMENTS, st.booleans())
def test_what_ruamel_writes(value: dict[str, Any], flow: bool) -> None:
    text = by_ruamel(value, flow)
    assert YAML(typ="safe", pure=True).load(text) == value
    assert read(text).value == value


@settings(max_examples=60)
@given(DOCUMENTS, st.booleans())
def test_the_text_of_each_place_says_its_value(value: dict[str, Any], flow: bool) -> None:
    document = read(by_pyyaml(value, flow))
    for route, child in places(document.value):
        if child is None:
            continue  # nothing is written there, or a document that is empty
        start, end = document.offsets(route)
        line_start = document.text.rfind("\n", 0, start) + 1
        # A block that begins inside a line keeps the indentation of its later lines.
        text = " " * (start - line_start) + document.text[start:end]
        assert read(text).value == child
        if isinstance(route[-1], str):
            key_start, key_end = document.offsets(route, "key")
            assert read(f"{document.text[key_start:key_end]}\n").value == route[-1]


@settings(max_examples=60)
@given(DOCUMENTS, st.sampled_from(["\r\n", "\r", "\n"]), st.booleans())
def test_line_ends_and_byte_order_marks_change_nothing(
    value: dict[str, Any], line_end: str, mark: bool
) -> None:
    text = by_pyyaml(value, flow=False)
    plain = read(text)
    data = (b"\xef\xbb\xbf" if mark else b"") + text.replace("\n", line_end).encode()
    source, findings = decode("x.yaml", data)
    assert source is not None
    assert findings == []
    document, findings = parse(source)
    assert findings == []
    assert document.value == value
    for route, _ in places(value):
        at = Location("x.yaml", route)
        assert document.span(at) == plain.span(at)
        assert document.lines(document.span(at)) == plain.lines(plain.span(at))


@settings(max_examples=60)
@given(DOCUMENTS)
def test_a_span_lies_inside_its_file_and_its_lines_are_the_files(value: dict[str, Any]) -> None:
    text = by_pyyaml(value, flow=False)
    document = read(text)
    lines = text.split("\n")
    for route, _ in places(value):
        for part in ("key", "value"):
            span = document.span(Location("x.yaml", route, part))
            assert (1, 1) <= span[:2] <= span[2:]
            assert span.end_line <= len(lines)
            assert span.end_column <= len(lines[span.end_line - 1]) + 1
            for line in document.lines(span):
                assert line.text == lines[line.number - 1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("a: &x k\n*x : 2", {"a": "k", "k": 2}),
        ("&k a: &v b", {"a": "b"}),
        ("a: !!str 3.10", {"a": "3.10"}),
        ("a: ! 12", {"a": "12"}),
        ("a: !!float 3", {"a": 3.0}),
        ("a: !!int '3'", {"a": 3}),
        ("a: !!null ''", {"a": None}),
        ("a: !!map {b: c}", {"a": {"b": "c"}}),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
        ("a: >-\n  b\n  c\n", {"a": "b c"}),
        ("? a\n: b", {"a": "b"}),
        ("? a", {"a": None}),
        ("{a, b: }", {"a": None, "b": None}),
        ("- - - a", [[["a"]]]),
        ("'it''s'", "it's"),
        ('"\\u00e9\\n\\x41\\/"', "é\nA/"),
        ("a: \tb", {"a": "b"}),
        ("%YAML 1.2\n---\na: no", {"a": "no"}),
        ("a: 1\n...\n", {"a": 1}),
        ("a: .inf", {"a": math.inf}),
    ],
)
def test_a_document(text: str, value: object) -> None:
    document, _ = parse(source_from_text("x.yaml", text))
    assert document.value == value
    assert document.complete


@pytest.mark.parametrize(
    ("text", "route", "shown"),
    [
        ("a: &x b", ("a",), "b"),
        ("a: !!str b", ("a",), "b"),
        ("a: !<tag:yaml.org,2002:str> b", ("a",), "b"),
        ("a: &x !!str 'b'", ("a",), "'b'"),
        ("a: &x # why\n  b", ("a",), "b"),
        ("a: &x 1\nb: *x", ("b",), "*x"),
        ("a: &x {c: 1}\nb: *x", ("b", "c"), "1"),
        ("a: |\n  b\n  c\nd: 1", ("a",), "|\n  b\n  c"),
        ("a:\n  - b: 1\n    c: 2\n\n# end\nd: 3", ("a",), "- b: 1\n    c: 2"),
        ("a:\nb: 1", ("a",), ""),
    ],
)
def test_what_is_written_at_a_route(text: str, route: Route, shown: str) -> None:
    assert read(text).written(route) == shown


def test_a_file_of_several_documents() -> None:
    documents, findings = parse_all(source_from_text("x.yaml", "a: &x 1\n---\nb: 2\n---\n- 3\n"))
    assert findings == []
    assert [document.value for document in documents] == [{"a": 1}, {"b": 2}, [3]]


def test_anchors_end_with_their_document() -> None:
    _, findings = parse_all(source_from_text("x.yaml", "a: &x 1\n---\nb: *x\n"))
    assert [finding.rule for finding in findings] == ["yaml/alias"]
