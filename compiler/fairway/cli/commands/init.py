"""``fairway init``: a repository to start from."""

from __future__ import annotations

from pathlib import Path

import click

from fairway.fleet import Fleet
from fairway.locking.run import LockRun
from fairway.scaffold.write import project_files, write_files


@click.command
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def command(folder: Path) -> None:
    """Make a working GitOps repository in FOLDER (default: here).

    It holds a project file, one small deployment with its model, contract and lock, JSON
    Schemas for editors, and a workflow that checks pull requests. Nothing that is there is
    overwritten.
    """
    written = write_files(folder, project_files())
    before = _locks(folder)
    run = LockRun(Fleet([str(folder / "specs")]))
    for _ in run.each():
        pass
    for path in [*written, *sorted(_locks(folder) - before)]:
        if ".schemas" not in path.parts:
            click.echo(str(path))
    click.echo(f"{folder / 'specs/.schemas'}/ (for editors)")
    prefix = "" if str(folder) == "." else f"cd {folder}; "
    click.echo(f"next: {prefix}fairway validate && fairway compile", err=True)


def _locks(folder: Path) -> set[Path]:
    return set((folder / "specs").glob("**/*.lock.json"))
