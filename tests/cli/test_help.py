"""Every command and every option says what it is for."""

from __future__ import annotations

import click
import pytest

from fairway.cli import cli

CONTEXT = click.Context(cli, info_name="fairway")
NAMES = cli.list_commands(CONTEXT)


def command(name: str) -> click.Command:
    found = cli.get_command(CONTEXT, name)
    assert found is not None
    return found


def options(found: click.Command) -> list[click.Option]:
    return [each for each in found.params if isinstance(each, click.Option)]


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_complete(name):
    found = command(name)
    assert found.help
    first = found.help.splitlines()[0]
    assert first.endswith(".")
    assert first[0].isupper()
    for option in options(found):
        assert option.help, option.name
        assert option.help.endswith((".", "default is shown", "stdout)."))


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_described(name):
    found = command(name)
    for argument in found.params:
        if isinstance(argument, click.Argument):
            shown = str(argument.make_metavar(CONTEXT)).strip("[].")
            assert shown.split("|")[0].strip("{") in found.get_help(CONTEXT), argument.name


def test_the_group_lists_every_command(run):
    out = run("--help").out
    for name in NAMES:
        assert f"\n  {name} " in out
    assert "Exit codes:" in out


def test_every_command_answers_help(run):
    for name in NAMES:
        done = run(name, "--help")
        assert done.code == 0
        assert done.out.startswith(f"Usage: fairway {name} ")
