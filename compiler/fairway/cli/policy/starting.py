"""``fairway policy new``: a rule to start from."""

from __future__ import annotations

import re
from pathlib import Path

import click

from fairway.errors import UsageError
from fairway.policy.starter import starter
from fairway.scaffold.write import write_files

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def write_rule(rule: str, subject: str, folder: Path) -> None:
    """Write a rule's file below ``folder``. Raises ``UsageError`` for one that is there."""
    if not _NAME.match(rule):
        raise UsageError(
            f"{rule!r} is not a rule's name",
            "write FAMILY/NAME in small letters, such as security/model-is-signed",
        )
    there = folder / f"{rule}.yaml"
    if there.exists():
        raise UsageError(f"{there} is there already", "choose another name, or change that file")
    (path,) = write_files(folder, {f"{rule}.yaml": starter(rule, subject, str(folder))})
    click.echo(str(path))
    click.echo(
        f"next: change it, try it with `fairway policy test {folder} --mutants`, and name the"
        " folder in `policies` of fairway.yaml",
        err=True,
    )
