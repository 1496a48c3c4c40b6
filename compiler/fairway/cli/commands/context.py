"""``fairway context``: a build context with the model's verified bytes."""

from __future__ import annotations

from pathlib import Path

import click

from fairway.cli.reporting import exit_code, report_options, write_reports
from fairway.context import ContextRun
from fairway.errors import UsageError
from fairway.locate import locate
from fairway.project import PROJECT_FILE, LoadedProject, find_project, load_project


@click.command
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to make; default: build/NAME-VERSION.",
)
@click.option(
    "--specs",
    type=click.Path(exists=True, file_okay=False),
    help="The project's folder; default: specs/, or where fairway.yaml is found.",
)
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path,
    out: Path | None,
    specs: str | None,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
) -> None:
    """Make the folder that an image is built from, and print its path.

    FOLDER is an image's folder in the compiled output, such as
    rendered/images/NAME/VERSION. Every file that its context.json lists is fetched and its
    digest verified; when one differs, nothing is made.

    \b
      docker build "$(fairway context rendered/images/fraud-detector/3.1.0)"
    """
    run = ContextRun(folder, _project(specs))
    chosen = out or run.default_out()
    if run.make(chosen):
        click.echo(str(chosen))
        return
    diagnostics = locate(run.findings, {run.document.path: run.document})
    write_reports(diagnostics, files=1, deployments=1, formats=formats, outputs=outputs)
    ctx.exit(exit_code(diagnostics, fail_on))


def _project(specs: str | None) -> LoadedProject:
    start = specs or ("specs" if (Path("specs") / PROJECT_FILE).is_file() else ".")
    path = find_project(start)
    if path is None:
        raise UsageError(f"no {PROJECT_FILE} in {start} or above it", "give --specs FOLDER")
    loaded = load_project(path)
    if loaded.project is None:
        raise UsageError(f"{path} has errors", "run `fairway validate`")
    return loaded
