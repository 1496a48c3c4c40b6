"""``fairway lock``: pin what version names stand for."""

from __future__ import annotations

import click

from fairway.cli.reporting import exit_code, report_options, write_reports
from fairway.fleet import Fleet
from fairway.lock.command import LockRun


@click.command
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; report what differs from the bytes.")
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    check: bool,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
) -> None:
    """Digest every version's files and write deployment.lock.json beside each spec.

    PATHS are spec files or folders that hold them; default: specs/. Versions at ./path are
    read; the digest of a version is its OpenSSF model-signing root digest.
    """
    run = LockRun(Fleet(paths), check=check)
    for line in run.each():
        click.echo(line, err=True)
    diagnostics = run.diagnostics()
    write_reports(
        diagnostics,
        files=run.files,
        deployments=run.deployments,
        formats=formats,
        outputs=outputs,
    )
    ctx.exit(exit_code(diagnostics, fail_on))
