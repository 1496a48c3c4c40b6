"""Editing waivers.yaml: an entry is added or replaced, and every other byte stays."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from waivers.setting import REASON

from fairway.source.build import parse
from fairway.source.file import source_from_text
from fairway.source.scalar import resolve
from fairway.waivers.edit import new_file, with_entry
from fairway.waivers.entry import scalar

HEAD = "apiVersion: fairway.dev/v1\nkind: Waivers\nwaivers:\n"
ENTRY = {
    "rule": "security/authentication-is-said",
    "route": 'versions["3.1.0"].uri',
    "environments": ["staging"],
    "reason": "Only: the VPN #1, and nobody else.",
    "owner": "@growth-ml",
    "until": "2027-01-31",
    "scope": "sha256:" + "a" * 64,
}


def said(text):
    """What a text says; it must have no faults."""
    document, findings = parse(source_from_text("waivers.yaml", text))
    assert findings == []
    return document.value


def same_but_one_part(before, after):
    """Return what of ``after`` is new, and what of ``before`` it stands for."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return after[start : len(after) - end], before[start : len(before) - end]


NOISE = st.sampled_from(["", "", "", "# a comment", "  # another", "    # far: in", "   "])
REASONS = [
    REASON,
    f'"{REASON}" # said twice',
    "|\n      The gateway is only reachable\n      from the VPN.\n",
    "|+\n      The gateway is only reachable.\n\n",
    ">-\n      The gateway is only\n      reachable from the VPN.",
    f"'{REASON}'",
]


@st.composite
def files(draw):
    """Files of waivers as people write them: comments, blank lines, all styles and line ends."""
    indent = draw(st.sampled_from(["", "  ", "    "]))
    dash = draw(st.sampled_from(["- ", "-   "]))
    lines = [draw(NOISE), "# yaml-language-server: $schema=x", "apiVersion: fairway.dev/v1"]
    last = draw(st.booleans())
    lines += [] if last else ["kind: Waivers"]
    lines += ["waivers: # what does not count", draw(NOISE)]
    for number in range(draw(st.integers(1, 3))):
        margin = indent + " " * len(dash)
        if draw(st.booleans()):
            lines.append(f"{indent}{dash}{{rule: a/b{number}, route: x, until: 2027-01-31}} # one")
        else:
            reason = draw(st.sampled_from(REASONS))
            lines.append(f"{indent}{dash}rule: a/b{number}")
            lines += f"{margin}reason: {reason}".replace("\n      ", f"\n{margin}  ").split("\n")
            if draw(st.booleans()):
                lines.append(f"{margin}until: 2027-01-31 # soon")
        lines.append(draw(NOISE))
    lines += ["kind: Waivers", draw(NOISE)] if last else []
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end, end + end]))


@given(files())
def test_an_entry_is_added_and_nothing_else_changes(text):
    before = said(text)
    after = with_entry(text, ENTRY, None)
    assert after is not None
    assert said(after) == {**before, "waivers": [*before["waivers"], ENTRY]}
    added, instead = same_but_one_part(text, after)
    assert instead == ""
    assert len(added) == len(after) - len(text)
    assert ("\r\n" in text) == ("\r\n" in added)
    assert "\n" not in added.replace("\r\n", "") or "\r\n" not in text


@given(files(), st.data())
def test_an_entry_is_replaced_and_nothing_else_changes(text, data):
    before = said(text)
    index = data.draw(st.integers(0, len(before["waivers"]) - 1))
    after = with_entry(text, ENTRY, index)
    assert after is not None
    wanted = [*before["waivers"]]
    wanted[index] = ENTRY
    assert said(after) == {**before, "waivers": wanted}
    _, instead = same_but_one_part(text, after)
    document, _ = parse(source_from_text("", text))
    start, end = document.offsets(("waivers", index))
    assert instead in text[start:end]
    for comment in ("# yaml-language-server: $schema=x", "# what does not count", "# a comment"):
        assert after.count(comment) >= text[:start].count(comment) + text[end:].count(comment)


@given(files())
def test_replacing_twice_is_replacing_once(text):
    once = with_entry(text, ENTRY, 0)
    assert with_entry(once, ENTRY, 0) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Waivers\nwaivers: []\n", "kind: Waivers\nwaivers:\n{}"),
        ("waivers: [] # none\nkind: Waivers\n", "waivers: # none\n{}kind: Waivers\n"),
        ("waivers:\nkind: Waivers\n", "waivers:\n{}kind: Waivers\n"),
        ("waivers: # none\n# yet\n", "waivers: # none\n{}# yet\n"),
        ("waivers: null\n", "waivers:\n{}"),
        ("# nothing\n", f"# nothing\n{HEAD}{{}}"),
        ("kind: Waivers", "kind: Waivers\napiVersion: fairway.dev/v1\nwaivers:\n{}"),
        ("", f"{HEAD}{{}}"),
    ],
)  # fmt: skip
def test_files_without_an_entry(text, expected):
    after = with_entry(text, ENTRY, None)
    item = new_file(ENTRY).partition("waivers:\n")[2]
    assert after == expected.format(item)


def test_a_new_file_says_what_it_is():
    text = new_file(ENTRY)
    assert text.splitlines()[0].startswith("# Findings that do not count")
    assert said(text) == {"apiVersion": "fairway.dev/v1", "kind": "Waivers", "waivers": [ENTRY]}
    assert text.splitlines()[4:] == [
        "  - rule: security/authentication-is-said",
        '    route: versions["3.1.0"].uri',
        "    environments: [staging]",
        '    reason: "Only: the VPN #1, and nobody else."',
        '    owner: "@growth-ml"',
        "    until: 2027-01-31",
        "    scope: sha256:" + "a" * 64,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "waivers: [{rule: a/b}]\n",
        "{waivers: [{rule: a/b}]}\n",
        "- rule: a/b\n",
        "waivers: 3\n",
        "waivers:\n  - rule: a/b\n  - [\n",
        "kind: Waivers\n...\n",
    ],
)
def test_files_that_cannot_be_edited_are_left_alone(text):
    assert with_entry(text, ENTRY, None) is None


def test_an_entry_that_others_refer_to_is_left_alone():
    text = "waivers:\n  - &a {rule: a/b}\n  - *a\n"
    assert with_entry(text, ENTRY, 0) is None
    assert with_entry(text, ENTRY, 1) is None


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_is_read_as_it_was_written(text):
    written = scalar(text)
    assert said(f"a: {written}\nb: [{scalar('1')}]\n") == {"a": text, "b": ["1"]}


@given(st.text("ab:#-,[]{}&*!|>'\"%@` \\.0123", min_size=1, max_size=8))
def test_other_readers_read_the_same(text):
    written = scalar(text)
    if resolve(text) == text and not yaml.SafeLoader.yaml_implicit_resolvers.get(text[0]):
        assert yaml.safe_load(f"a: {written}\n") == {"a": text}
