"""What ends a waiver: any change of what the waived place says, and no change of anything else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from waivers.setting import (
    NOON,
    SPECS,
    TEXT,
    VALUES,
    applied,
    block,
    book,
    document,
    finding,
    flow,
    routes,
    rules,
    value_at,
    waiver,
    with_value,
    without,
)

from fairway.location import Location
from fairway.waivers.scope import scope_of


def holds(text, edited, *route, part="value"):
    """Whether a waiver that was written for one text holds in another."""
    about = finding(*route, part=part)
    found = applied(waiver(about, document(text)), about, document(edited))
    assert bool(found.waived) != bool(found.open)
    assert rules(found.findings) == ([] if found.waived else ["waiver/moved"])
    return bool(found.waived)


def differ(one, other):
    """Whether values differ, as YAML has them: 1, 1.0 and true are three."""
    return flow(one) != flow(other)


@given(SPECS, VALUES, st.data())
def test_any_other_value_inside_the_waived_place_ends_it(spec, new, data):
    route = data.draw(st.sampled_from(list(routes(spec))))
    inside = [r for r in [route, *routes(spec)] if r[: len(route)] == route]
    edited = data.draw(st.sampled_from(inside))
    assume(differ(value_at(spec, edited), new))
    assert not holds(block(spec), block(with_value(spec, edited, new)), *route)


@given(SPECS, st.data())
def test_anything_removed_inside_the_waived_place_ends_it(spec, data):
    inner = [r for r in routes(spec) if len(r) > 1]
    assume(inner)
    removed = data.draw(st.sampled_from(inner))
    route = removed[: data.draw(st.integers(1, len(removed) - 1))]
    assert not holds(block(spec), block(without(spec, removed)), *route)


@given(SPECS, VALUES, st.data())
def test_edits_elsewhere_never_end_it(spec, new, data):
    every = list(routes(spec))
    route = data.draw(st.sampled_from(every))
    elsewhere = [r for r in every if r[: len(route)] != route and route[: len(r)] != r]
    assume(elsewhere)
    edited = data.draw(st.sampled_from(elsewhere))
    assert holds(block(spec), block(with_value(spec, edited, new)), *route)


@given(SPECS, st.sampled_from([1, 2, 4, 7]), st.data())
def test_layout_never_ends_it(spec, indent, data):
    """Indentation, brackets, comments, blank lines and line ends are not what it says."""
    route = data.draw(st.sampled_from(list(routes(spec))))
    lines = block(spec, max(indent, 2)).splitlines()
    noise = ["", "   ", "# a comment", "      # another: one"]
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(lines)))
        lines.insert(place, data.draw(st.sampled_from(noise)))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    assert holds(block(spec), end.join(lines), *route)
    assert holds(block(spec), flow(spec), *route)
    assert holds(flow(spec), block(spec), *route)


@given(SPECS, st.data())
def test_keys_around_the_waived_place_may_change_their_order(spec, data):
    route = data.draw(st.sampled_from(list(routes(spec))))
    moved = spec
    for depth in range(len(route)):
        parent = value_at(moved, route[:depth])
        if isinstance(parent, dict):
            keys = data.draw(st.permutations(list(parent)))
            moved = with_value(moved, route[:depth], {key: parent[key] for key in keys})
    assert holds(block(spec), block(moved), *route)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("none: the VPN is enough", "none: the VPN was enough"),
        ("    none: the VPN is enough", "    none: the VPN is enough\n    more: 1"),
        ("    none:", "    some:"),
        ("none: the VPN is enough", "none: [the VPN is enough]"),
        ("none: the VPN is enough", "none: the VPN is  enough"),
        ("    none: the VPN is enough\n", "    {}\n"),
    ],
)
def test_edits_that_end_a_waiver_of_authentication(before, after):
    assert before in TEXT
    assert not holds(TEXT, TEXT.replace(before, after), "serving", "auth")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Only the VPN.", "# Only the VPN, for now."),
        ("    # Only the VPN.\n", ""),
        ("none: the VPN is enough", 'none: "the VPN is enough"  # quoted'),
        ("none: the VPN is enough", "none: the VPN\n      is enough"),
        ("  auth:\n    # Only the VPN.\n    none:", "  auth: &a\n          none:"),
        ("name: churn", "name: churned"),
        ("a.example.com, ", ""),
        ("serving:\n", "serving:\n  more: 1\n"),
        ("\n", "\r\n"),
        ("\n", " \n"),
    ],
)
def test_edits_that_do_not_end_it(before, after):
    assert before in TEXT
    assert holds(TEXT, TEXT.replace(before, after), "serving", "auth")


def test_an_alias_counts_as_what_it_stands_for():
    text = "shared: &auth {none: the VPN}\nserving:\n  auth: *auth\n"
    assert holds(text, text.replace("*auth", "{none: the VPN}"), "serving", "auth")
    assert not holds(text, text.replace("VPN", "LAN"), "serving", "auth")


@pytest.mark.parametrize(
    ("before", "after"), [("1", "1.0"), ("1", "true"), ("1", '"1"'), ("0", "false"), ("", '""')]
)
def test_values_of_other_types_are_other_values(before, after):
    assert not holds(f"a: {before}\n", f"a: {after}\n", "a")


# -- what is not there -------------------------------------------------------------------------


@given(SPECS, VALUES, st.data())
def test_adding_what_is_missing_ends_it(spec, new, data):
    maps = [r for r in [(), *routes(spec)] if isinstance(value_at(spec, r), dict)]
    parent = data.draw(st.sampled_from(maps))
    route = (*parent, "missing")
    added = with_value(spec, parent, {**value_at(spec, parent), "missing": new})
    assert not holds(block(spec), block(added), *route)
    elsewhere = with_value(spec, parent, {**value_at(spec, parent), "other": new})
    assert holds(block(spec), block(elsewhere), *route)


@given(SPECS, VALUES, st.data())
def test_a_finding_at_a_key_is_about_the_keys_below_it(spec, new, data):
    """Findings of what is missing point at the key of its nearest parent."""
    maps = [r for r in [(), *routes(spec)] if isinstance(value_at(spec, r), dict)]
    parent = data.draw(st.sampled_from(maps))
    held = value_at(spec, parent)
    key = data.draw(st.sampled_from(list(held)))
    edited = with_value(spec, parent, dict(reversed([*held.items(), (key, new)])))
    assert holds(block(spec), block(edited), *parent, part="key")
    added = with_value(spec, parent, {**held, "missing": new})
    assert not holds(block(spec), block(added), *parent, part="key")


def test_a_missing_part_of_a_part_that_is_added_ends_it():
    assert not holds("a: 1\n", "a: 1\nserving: {hosts: []}\n", "serving", "auth")


def test_what_has_no_route_has_no_scope():
    assert scope_of(document(), Location("x", offsets=(0, 1))) is None


# -- items of lists ----------------------------------------------------------------------------


@given(st.lists(VALUES, min_size=1, max_size=4), st.lists(VALUES, max_size=3), st.data())
def test_an_item_is_the_same_item_behind_others(items, before, data):
    index = data.draw(st.integers(0, len(items) - 1))
    target = {"unlike": "any other"}
    items[index] = target
    old, new = document(block({"all": items})), document(block({"all": [*before, *items]}))
    moved = finding("all", len(before) + index)
    found = applied(waiver(finding("all", index), old), moved, new)
    assert [each for each, _ in found.waived] == [moved]
    assert found.findings == ()


def test_an_item_that_takes_the_place_of_the_waived_one_counts():
    old = document()
    first = finding("monitoring", "slos", 0)
    item = "    - name: availability\n      objective: 99%\n"
    new = document(TEXT.replace(item, f"    - name: other\n      objective: 9%\n{item}"))
    second = finding("monitoring", "slos", 1)
    found = applied(waiver(first, old), [first, second], new)
    assert [each for each, _ in found.waived] == [second]
    assert (found.open, found.findings) == ((first,), ())


def test_a_copy_of_the_waived_item_counts():
    item = "    - name: availability\n      objective: 99%\n"
    new = document(TEXT.replace(item, item + item))
    first, second = finding("monitoring", "slos", 0), finding("monitoring", "slos", 1)
    found = applied(waiver(first, document()), [first, second], new)
    assert [each for each, _ in found.waived] == [first]
    assert found.open == (second,)


def test_several_findings_of_a_rule_at_one_place_are_waived_together():
    spec = document()
    one = finding("serving", "auth")
    found = applied(waiver(one, spec), [one, one._replace(message="and another")], spec)
    assert (len(found.waived), found.open) == (2, ())


@pytest.mark.parametrize("other", [("serving", "scaling"), ("metadata", "name"), ("serving",)])
def test_findings_at_other_places_count(other):
    spec = document()
    found = applied(waiver(finding("serving", "auth"), spec), finding(*other), spec)
    assert (found.waived, found.findings, found.used) == ((), (), frozenset())


def test_a_finding_of_another_rule_counts():
    spec, about = document(), finding("serving", "auth")
    found = applied(waiver(about, spec), about._replace(rule="security/other"), spec)
    assert found.waived == ()


def test_the_same_route_of_another_file_is_another_place():
    """Such as that of a default in the project's file."""
    spec, about = document(), finding("serving", "auth")
    project = document("serving: {auth: {}}\n", "specs/fairway.yaml")
    there = about._replace(at=about.at._replace(file=project.path))
    both = {spec.path: spec, project.path: project}
    found = book(waiver(about, spec)).apply([there, about], both, NOON)
    assert ([f for f, _ in found.waived], found.open) == ([about], (there,))


def test_what_a_moved_waiver_says():
    about = finding("serving", "auth")
    edited = document(TEXT.replace("is enough", "was enough"))
    (moved,) = applied(waiver(about, document()), about, edited).findings
    assert moved.at.route == ("waivers", 0, "scope")
    assert moved.message == (
        "what this waiver of security/authentication-is-said was written for has changed, and"
        " the finding counts again"
    )
    assert [related.at for related in moved.related] == [about.at]
    assert "fairway waive security/authentication-is-said" in moved.fix.description
