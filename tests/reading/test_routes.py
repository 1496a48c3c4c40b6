"""Routes are printed as people write them, and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.location import Route, format_route, parse_route

STEPS = st.one_of(
    st.integers(0, 10**6),
    st.text(max_size=8),
    st.sampled_from(["release", "3.1.0", "a-b", "_x", "a.b", 'a"b', "a\\", "[0]", "0", "é", ""]),
)


@given(st.lists(STEPS, max_size=6).map(tuple))
def test_there_and_back(route: Route) -> None:
    assert parse_route(format_route(route)) == route


@given(st.text('ab.[]0"\\', max_size=10))
def test_what_reads_is_a_route_and_the_rest_is_refused(text: str) -> None:
    try:
        route = parse_route(text)
    except ValueError:
        return
    assert parse_route(format_route(route)) == route


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ((), ""),
        (("release", "candidate"), "release.candidate"),
        (("versions", "3.1.0", "uri"), 'versions["3.1.0"].uri'),
        (("serving", "callers", 0, "namespace"), "serving.callers[0].namespace"),
        (('a"b', "c\\d"), '["a\\"b"]["c\\\\d"]'),
    ],
)
def test_a_route(route: Route, text: str) -> None:
    assert format_route(route) == text
    assert parse_route(text) == route


@pytest.mark.parametrize(
    "text", [".a", "a..b", "a.", "a b", "a[", "a[x]", "a[-1]", '["a]', "a[0]b"]
)
def test_not_a_route(text: str) -> None:
    with pytest.raises(ValueError, match="not a route"):
        parse_route(text)
