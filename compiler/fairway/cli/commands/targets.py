"""``fairway targets``: what each target can express."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fairway.packs import pack_folder
from fairway.project import PROJECT_FILE, find_project, load_project
from fairway.target.capability import ENGINE_FIELDS
from fairway.target.load import Target, load_targets


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(as_json: bool) -> None:
    """List the installed targets and the matrix of what each can express.

    In a project, its own targets are listed too. A field that no target of an environment
    expresses is an error in a spec for that environment.
    """
    targets = _targets()
    fields = sorted({name for target in targets for name in (*target.expresses, *target.cannot)})
    if as_json:
        value = [
            {
                "name": target.name,
                "role": target.role,
                "title": target.title,
                "expresses": {name: list(allowed) for name, allowed in target.expresses.items()},
                "cannot": dict(target.cannot),
            }
            for target in targets
        ]
        click.echo(json.dumps(value, indent=2))
        return
    for target in targets:
        click.echo(f"{click.style(target.name, bold=True)} ({target.role}): {target.title}")
    click.echo()
    rows = [["field", *(target.name for target in targets)]]
    rows += [[field, *(_cell(target, field) for target in targets)] for field in fields]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = zip(row, widths, strict=True)
        click.echo("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
    click.echo()
    for target in targets:
        for field, why in target.cannot.items():
            click.echo(f"{target.name} cannot {field}: {why}")
    click.echo(f"Fairway itself reads {', '.join(ENGINE_FIELDS)}.")


def _targets() -> list[Target]:
    start = "specs" if (Path("specs") / PROJECT_FILE).is_file() else "."
    path = find_project(start)
    loaded = load_project(path) if path is not None else None
    found = loaded.targets if loaded is not None and loaded.targets else None
    return list((found or load_targets((pack_folder("targets"),))).values())


def _cell(target: Target, field: str) -> str:
    if field in target.cannot:
        return "no"
    allowed = target.expresses.get(field)
    if allowed is None:
        return "-"
    return ", ".join(allowed) if allowed else "yes"
