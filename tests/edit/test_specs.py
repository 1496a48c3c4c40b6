"""The deployments of this repository survive edits byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from edit.documents import read
from edit.oracle import by_ruamel, exactly, places, put, take

from fairway.edit.value import remove_value, set_value

ROOT = Path(__file__).parents[2]
SPECS = sorted([*ROOT.glob("specs/*/deployment.yaml"), ROOT / "specs" / "fairway.yaml"])


def other_than(value: object) -> object:
    """Return another value of the same form, for which an author would use the same quotes."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if not isinstance(value, str):
        return 7
    digit = re.search("[0-9](?=[^0-9]*$)", value)
    if digit is None:
        return f"x{value}"
    return f"{value[: digit.start()]}{8 if digit[0] == '9' else 9}{value[digit.end() :]}"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_each_scalar_set_to_another_value_and_back(path: Path) -> None:
    text = path.read_bytes().decode()
    document = read(text)
    count = 0
    for route, value in places(document.value):
        if isinstance(value, dict | list):
            continue
        other = other_than(value)
        edited = set_value(document, route, other)
        assert exactly(by_ruamel(edited)) == exactly(put(document.value, route, other))
        assert len(edited.splitlines()) == len(text.splitlines())
        assert sum(a != b for a, b in zip(edited.splitlines(), text.splitlines(), strict=True)) == 1
        start, end = document.offsets(route)
        again = text
        if isinstance(value, float):  # 0.90 and 0.9 are the same number
            # A small one has a point, without which YAML 1.1 reads a string.
            again = text[:start] + yaml.safe_dump(value).split()[0] + text[end:]
        assert set_value(read(edited), route, value) == again
        count += 1
    assert count > 10


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_each_map_takes_a_key_and_loses_it_again(path: Path) -> None:
    text = path.read_bytes().decode()
    document = read(text)
    maps = [(), *(route for route, value in places(document.value) if isinstance(value, dict))]
    for route in maps:
        for value in (1, "text", {"deep": [{"er": True}]}):
            edited = set_value(document, (*route, "added"), value)
            assert exactly(by_ruamel(edited)) == exactly(
                put(document.value, (*route, "added"), value)
            )
            assert remove_value(read(edited), (*route, "added")) == text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_each_place_can_be_removed(path: Path) -> None:
    text = path.read_bytes().decode()
    document = read(text)
    for route, _ in places(document.value):
        edited = remove_value(document, route)
        assert exactly(by_ruamel(edited)) == exactly(take(document.value, route))
        lines = text.splitlines()
        kept = [line for line in edited.splitlines() if line in lines]
        assert len(kept) >= len(edited.splitlines()) - 1  # one may be shortened
