"""``fairway schema``: the JSON Schemas that editors and programs read."""

from __future__ import annotations

from pathlib import Path

import click

from fairway.json_schema import NAMES
from fairway.lock.write import write_beside
from fairway.scaffold.write import schema_text


@click.command
@click.argument("name", type=click.Choice(NAMES), default="deployment")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every schema to this folder as NAME.json instead.",
)
def command(name: str, out: Path | None) -> None:
    """Print a JSON Schema (draft-07): of a spec, the project file, the lock or a report.

    Editors complete and explain every key with it; put this line first in a spec:

    \b
      # yaml-language-server: $schema=../.schemas/deployment.json
    """
    if out is None:
        click.echo(schema_text(name), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for each in NAMES:
        write_beside(out / f"{each}.json", schema_text(each))
        click.echo(str(out / f"{each}.json"))
