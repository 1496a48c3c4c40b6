"""CHANGELOG.md keeps its form."""

import re
import tomllib

from project.tree import ROOT

TEXT = (ROOT / "CHANGELOG.md").read_text("utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_releases_are_in_order():
    unreleased, *releases = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert unreleased == "[Unreleased]"
    for release in releases:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", release)
    versions = [tuple(map(int, release[1:].partition("]")[0].split("."))) for release in releases]
    assert versions == sorted(set(versions), reverse=True)
    current = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert not versions or tuple(map(int, current.split("."))) >= versions[0]


def test_changes_are_of_a_known_kind():
    assert set(re.findall(r"^### (.+)$", TEXT, re.MULTILINE)) <= KINDS


def test_every_command_is_mentioned():
    commands = ROOT / "compiler/fairway/cli/commands"
    names = {path.stem.replace("_", "-") for path in commands.glob("[a-z]*.py")}
    assert {name for name in names if f"`fairway {name}`" not in TEXT} == set()
