"""``fairway targets``: what each target can express."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fairway.packs import pack_folder
from fairway.project import PROJECT_FILE, find_project, load_project
from fairway.target import matrix
from fairway.target.capability import ENGINE_FIELDS
from fairway.target.load import Target, load_targets
from fairway.target.trait import TRAITS


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--matrix", "as_matrix", is_flag=True, help="Print which router has which strategy.")
@click.option("--markdown", is_flag=True, help="Print that matrix as Markdown.")
def command(as_json: bool, as_matrix: bool, markdown: bool) -> None:
    """List the installed targets and what each can express.

    In a project, its own targets are listed too. A field that no target of an environment
    expresses is an error in a spec for that environment. With --matrix it is strategies by
    routers, with the reason for every no.
    """
    targets = _targets()
    if as_matrix or markdown:
        _print_matrix(matrix.matrix(targets), as_json, markdown)
        return
    fields = sorted({name for target in targets for name in (*target.expresses, *target.cannot)})
    if as_json:
        value = [
            {
                "name": target.name,
                "role": target.role,
                "title": target.title,
                "expresses": {name: list(allowed) for name, allowed in target.expresses.items()},
                "cannot": dict(target.cannot),
                "cannotWhen": dict(target.traits),
                "remarks": list(target.remarks),
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
        for trait, why in target.traits.items():
            click.echo(f"{target.name} cannot express {TRAITS[trait].says}: {why}")
        for remark in target.remarks:
            click.echo(f"{target.name}: {remark}")
    click.echo(f"Fairway itself reads {', '.join(ENGINE_FIELDS)}.")


def _print_matrix(found: matrix.Matrix, as_json: bool, markdown: bool) -> None:
    if as_json:
        rows = [
            {
                "row": title,
                **{r: cell._asdict() for r, cell in zip(found.routers, cells, strict=True)},
            }
            for title, cells in found.rows
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(matrix.markdown(found) if markdown else matrix.text(found), nl=False)


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
