"""``fairway validate``: every finding, at its exact place."""

from __future__ import annotations

import click

from fairway.cli.reporting import exit_code, now_option, report_options, write_reports
from fairway.fleet import Fleet


@click.command
@click.argument("paths", nargs=-1, type=click.Path())
@now_option
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    now: str | None,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
) -> None:
    """Check specs and report every finding with its file, line and column.

    PATHS are spec files or folders that hold them; default: specs/.
    """
    fleet = Fleet(paths, now)
    for _ in fleet.check():
        pass
    diagnostics = fleet.diagnostics()
    write_reports(
        diagnostics,
        files=fleet.files,
        deployments=fleet.deployments,
        formats=formats,
        outputs=outputs,
    )
    ctx.exit(exit_code(diagnostics, fail_on))
