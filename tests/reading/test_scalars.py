"""Plain scalars are those of YAML 1.2's core schema, as its own table and another reader say."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fairway.source.scalar import resolve

WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "nULL": "nULL",
    "true": True, "True": True, "TRUE": True, "tRUE": "tRUE",
    "false": False, "False": False, "FALSE": False,
    "yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y", "NO": "NO",
    "012": 12, "0o14": 12, "0o9": "0o9", "0xC": 12, "0xG": "0xG", "0b1": "0b1",
    "1_000": "1_000", "1,000": "1,000", "+12": 12, "-12": -12, "+": "+", "-": "-",
    "3.10": 3.1, "3.1.0": "3.1.0", ".5": 0.5, "5.": 5.0, ".": ".", "..": "..",
    "1e3": 1000.0, "1E-2": 0.01, "1e": "1e", "e3": "e3", "12e03": 12000.0,
    ".inf": math.inf, "-.INF": -math.inf, "+.Inf": math.inf, "inf": "inf", ".iNF": ".iNF",
    ".nan": math.nan, ".NaN": math.nan, "nan": "nan", "+.nan": "+.nan",
    "190:20:30": "190:20:30", "2026-11-22": "2026-11-22", "0x": "0x", "0o": "0o",
    "1e999": math.inf, "١٢": "١٢", "1\n": "1\n",
}  # fmt: skip

# Specification 1.2.2, section 10.3.2, as it is printed there.
TABLE: tuple[tuple[str, Any], ...] = (
    (r"null|Null|NULL|~|", lambda _: None),
    (r"true|True|TRUE|false|False|FALSE", lambda text: text[0] in "tT"),
    (r"[-+]?[0-9]+", int),
    (r"0o[0-7]+", lambda text: int(text, 0)),
    (r"0x[0-9a-fA-F]+", lambda text: int(text, 0)),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
    (r"[-+]?(\.inf|\.Inf|\.INF)", lambda text: -math.inf if text[0] == "-" else math.inf),
    (r"\.nan|\.NaN|\.NAN", lambda _: math.nan),
)
# Where ruamel.yaml keeps to YAML 1.1: underscores, binary and signed numbers of other bases, a
# leading 0, exponents without a point and a sign; and what is no plain scalar at all.
DIFFERENT = re.compile(r"_|^$|^[-+]?0[box0-9]|^[-+]0|^[-?]$|[0-9.][eE]|^[-+]?\.")
NUMERIC = st.text("0123456789+-.eExXoOaAfFinNINF_~", max_size=8)


def same(one: object, other: object) -> bool:
    both_nan = one != one and other != other
    return both_nan or (type(one) is type(other) and one == other)


def by_the_table(text: str) -> object:
    for pattern, value in TABLE:
        if re.fullmatch(pattern, text, re.ASCII):
            return value(text)
    return text


@pytest.mark.parametrize(("text", "value"), WORDS.items(), ids=map(repr, WORDS))
def test_a_scalar(text: str, value: object) -> None:
    assert same(resolve(text), value)


@given(st.one_of(NUMERIC, st.sampled_from(list(WORDS)), st.text(max_size=6)))
def test_the_table_of_the_specification(text: str) -> None:
    assert same(resolve(text), by_the_table(text))


@given(NUMERIC)
def test_another_reader_of_yaml_1_2(text: str) -> None:
    assume(not DIFFERENT.search(text))
    value = YAML(typ="safe", pure=True).load(f"v: {text}")["v"]
    assert same(resolve(text), value)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("9" * 4000, True),
        ("9" * 4001, False),
        ("0x" + "f" * 3000, True),
        ("0x" + "f" * 3001, False),
    ],
)
def test_integers_too_long_to_print_stay_strings(text: str, read: bool) -> None:
    value = resolve(text)
    assert isinstance(value, int if read else str)
    assert str(value)
