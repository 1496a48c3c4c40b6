"""Merged layers: maps merge, everything else is replaced whole, null removes, origins are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairway.location import Route
from fairway.source.document import Document
from fairway.source.layers import Layer, Merged, merge

KEYS = st.sampled_from(["a", "b", "c", "choice"])
LEAVES = st.one_of(st.integers(0, 9), st.text("xyz", max_size=2), st.none(), st.booleans())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=10,
)
MAPS = st.dictionaries(KEYS, VALUES, max_size=4)
WHOLE: frozenset[Route] = frozenset({("choice",), ("a", "choice")})


def layers(*values: dict[str, Any]) -> list[Layer]:
    names = ("override", "spec", "defaults")
    return [
        Layer(name, Document(f"{name}.yaml", "", "", {"x": value}, (0, 0)), ("x",))  # type: ignore[arg-type]
        for name, value in zip(names, values, strict=False)
    ]


def leaves(value: Any, route: Route = ()) -> Iterator[tuple[Route, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for step, child in pairs:
        if isinstance(child, dict | list) and child:
            yield from leaves(child, (*route, step))
        else:
            yield (*route, step), child


def at(value: Any, route: Route) -> Any:
    for step in route:
        value = value[step]
    return value


def reference(base: Any, over: Any, route: Route = ()) -> Any:
    """The rule in the words of the documentation, without a care for speed."""
    if not isinstance(over, dict):
        return over
    kept = base if isinstance(base, dict) and route not in WHOLE else {}
    merged = {key: value for key, value in kept.items() if key not in over}
    for key, value in over.items():
        if value is not None:
            merged[key] = reference(kept.get(key), value, (*route, key))
    return merged


@given(MAPS, MAPS, MAPS)
def test_the_rule(one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]) -> None:
    expected: Any = {}
    for value in (three, two, one):
        expected = reference(expected, value)
    assert merge(layers(one, two, three), WHOLE).value == expected


@given(MAPS, MAPS, MAPS)
def test_the_origin_of_every_leaf_holds_its_value(
    one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]
) -> None:
    merged = merge(layers(one, two, three), WHOLE)
    for route, value in leaves(merged.value):
        origin = merged.origin(route)
        assert origin.exact
        found = at(origin.layer.document.value, origin.route)
        assert found == value or (value == {} and isinstance(found, dict))
        assert merged.locate(route).file == f"{origin.layer.name}.yaml"


@given(MAPS, MAPS)
def test_no_input_is_changed(one: dict[str, Any], two: dict[str, Any]) -> None:
    before = repr((one, two))
    merge(layers(one, two), WHOLE)
    assert repr((one, two)) == before


def merged_of(*values: dict[str, Any]) -> Merged:
    return merge(layers(*values), frozenset({("choice",)}))


def test_lists_and_choices_are_replaced_whole() -> None:
    override = {"a": [3], "choice": {"b": {}}}
    merged = merged_of(override, {"a": [1, 2], "choice": {"c": {"a": 1}}})
    assert merged.value == {"a": [3], "choice": {"b": {}}}


def test_null_removes_and_brings_nothing_back() -> None:
    merged = merged_of({"a": None}, {"a": {"b": 1}}, {"a": {"c": 2}})
    assert merged.value == {}
    assert merged_of({"a": {"b": 3}}, {"a": None}, {"a": {"c": 2}}).value == {"a": {"b": 3}}


def test_null_in_a_list_is_a_value_with_a_place() -> None:
    merged = merged_of({}, {"a": [1, None]})
    assert merged.origin(("a", 1)).exact


def test_what_is_missing_belongs_into_the_spec() -> None:
    merged = merged_of({"a": {"b": 1}}, {"a": {"c": 1}}, {"a": {}})
    origin = merged.origin(("a", "choice"))
    assert (origin.layer.name, origin.route, origin.exact) == ("spec", ("x", "a"), False)


def test_what_only_defaults_begin_is_missing_in_the_spec() -> None:
    origin = merged_of({}, {"b": 1}, {"a": {"c": {}}}).origin(("a", "c", "d"))
    assert (origin.layer.name, origin.route) == ("spec", ("x",))


def test_what_only_an_override_begins_is_missing_there() -> None:
    origin = merged_of({"a": {"c": {}}}, {"b": 1}).origin(("a", "c", "d"))
    assert (origin.layer.name, origin.route) == ("override", ("x", "a", "c"))
