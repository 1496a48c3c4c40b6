"""Readers of YAML 1.1 and of YAML 1.2 read what was written, whatever it was."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fairway.source.build import parse
from fairway.source.file import source_from_text
from fairway.target.emit import emit, emit_documents

WORDS = [
    "no", "Yes", "on", "OFF", "y", "N", "true", "Null", "~", "", " ", "null ", " x", "x ",
    "012", "0o17", "0x1F", "0b1", "1_000", "1e3", "1.5", ".5", "-1", "+1", ".inf", "-.INF", ".nan",
    "NaN", "2024-01-01", "2024-01-01T00:00:00Z", "12:30", "190:20:30", "1:2:3",
    "-", "- x", "? x", ": x", "a: b", "a:", "a :b", "a #b", "#a", "&a", "*a", "!a", "|", ">", "%a",
    "@a", "`a`", "'", '"', "''", "[a", "]", "{a", "}", ",", "a,b", "<<", "=", "---", "...",
    "--- a", "\n", "a\nb", "a\n", "\ta", "a\tb", "a\r\nb", "\\", "\\n", "a\\", "${{ x }}",
    "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\ufffe",
    "é", "日本語", "😀", "👩‍🔬", "\U0010ffff", "x" * 5000, "word " * 400,
    "1m", "500m", "1Gi", "25%", "0%", "30s", "010m", "1.1.0", "sha256:ab", "a/b:c@d", "_", "/",
]  # fmt: skip

nasty = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.from_regex(r"[-+]?[0-9_.:eExXobTZ]{1,12}", fullmatch=True),
    st.text("0123456789abcdefmkiGM%s:.-_ ", max_size=8),
)
keys = nasty.filter(lambda text: len(text) <= 200)
scalars = st.one_of(nasty, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)
documents = st.one_of(st.dictionaries(keys, trees, max_size=5), st.lists(trees, max_size=5))


def ruamel_reads(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(io.StringIO(text)))


@pytest.mark.slow
@given(documents)
@example({"number": [1e16, 1e-7, 1.0, -0.0, math.inf, -math.inf, 1e300]})
@example([[], {}, [[]], [{}], {"a": []}, {"a": {}}])
@example([[["a", "b"], ["c"]], {"a": [{"b": [1]}], "c": {"d": None}}])
def test_all_readers_agree(document: Any) -> None:
    text = emit(document)
    for name, read in {
        "PyYAML": lambda: list(yaml.load_all(text, yaml.SafeLoader)),
        "libyaml": lambda: list(yaml.load_all(text, yaml.CSafeLoader)),
        "ruamel": lambda: ruamel_reads(text),
    }.items():
        assert read() == [document], name


@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_a_word_stays_a_word(word: str) -> None:
    text = emit({"value": word, "list": [word]})
    expected = [{"value": word, "list": [word]}]
    assert list(yaml.load_all(text, yaml.SafeLoader)) == expected
    assert ruamel_reads(text) == expected


@pytest.mark.parametrize("word", [word for word in WORDS if len(word) <= 200], ids=ascii)
def test_a_word_may_be_a_key(word: str) -> None:
    text = emit({word: {word: 1}})
    assert list(yaml.load_all(text, yaml.SafeLoader)) == [{word: {word: 1}}]
    assert ruamel_reads(text) == [{word: {word: 1}}]


@pytest.mark.slow
@given(st.dictionaries(keys.filter(bool), nasty, min_size=1, max_size=4))
def test_our_own_reader_agrees(document: dict[str, str]) -> None:
    read, findings = parse(source_from_text("x.yaml", emit(document)))
    assert findings == []
    assert read.value == document


@given(st.lists(st.dictionaries(keys, nasty, min_size=1, max_size=2), min_size=1, max_size=4))
def test_documents_stay_apart(given_documents: list[dict[str, str]]) -> None:
    assert list(yaml.load_all(emit_documents(given_documents), yaml.CSafeLoader)) == given_documents


@given(documents)
def test_lines_end_with_a_line_feed_only(document: Any) -> None:
    text = emit(document)
    assert text.endswith("\n")
    assert not {"\r", "\x85", "\u2028", "\u2029", "\t", "\x00"} & set(text)


def test_what_people_read_is_not_quoted() -> None:
    document = {"name": "fraud-detector", "image": "r.io/a/b:1.0@sha256:00", "path": "/v2/health",
                "cpu": "500m", "share": "25%", "words": "Scores card payments for fraud."}  # fmt: skip  # noqa: E501
    assert '"' not in emit(document)


def test_what_cannot_be_written_is_an_error() -> None:
    with pytest.raises(TypeError, match="set cannot be written as YAML"):
        emit({"a": {1, 2}})


def test_order_is_kept() -> None:
    assert emit({"b": 1, "a": [2, {"d": 3, "c": 4}]}) == "b: 1\na:\n- 2\n- d: 3\n  c: 4\n"
