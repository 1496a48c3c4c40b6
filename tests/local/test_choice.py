"""The environment whose release is run when none is named."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from local.reader import ROOT

from fairway.cli.commands.up import command
from fairway.local.choice import choose
from fairway.local.drill import parse_drill


def test_the_example_of_the_help_meets_a_canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = re.search(
        r'fairway up (\S+) .*--drill "(.*)"', command.get_help(click.Context(command))
    )
    assert found is not None
    choice = choose(found[1], None).choice
    assert choice is not None
    assert choice.deployment.environment == "production"
    assert [each.version for each in choice.plan.release.variants if each.role == "candidate"] == [
        parse_drill(found[2]).version
    ]
    assert choice.plan.release.canary
    staging = choose(str(Path(found[1])), "staging").choice
    assert staging is not None
    assert staging.deployment.environment == "staging"
