"""``fairway compile``: render what runs."""

from __future__ import annotations

import click

from fairway.cli.reporting import exit_code, now_option, report_options, write_reports
from fairway.compile import Selection
from fairway.compile_fleet import compile_fleet
from fairway.fleet import Fleet


@click.command
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--out",
    default="rendered",
    show_default=True,
    type=click.Path(file_okay=False),
    help="The folder that the artifacts are written to.",
)
@click.option("--env", "environments", multiple=True, help="Only this environment; repeatable.")
@click.option("--target", "targets", multiple=True, help="Only this target's files; repeatable.")
@click.option("--check", is_flag=True, help="Write nothing; report what in --out is not current.")
@now_option
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    out: str,
    environments: tuple[str, ...],
    targets: tuple[str, ...],
    check: bool,
    now: str | None,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
) -> None:
    """Validate specs and render their artifacts into a folder.

    PATHS are spec files or folders that hold them; default: specs/. A spec with errors is
    reported and its old artifacts stay as they are. Files that are no longer rendered are
    removed, but only those that the folder's own index lists.
    """
    fleet = Fleet(paths, now)
    selection = Selection(frozenset(environments), frozenset(targets))
    result = compile_fleet(fleet, out, selection, check=check)
    write_reports(
        result.diagnostics,
        files=fleet.files,
        deployments=fleet.deployments,
        formats=formats,
        outputs=outputs,
        policies=fleet.policies(),
        today=fleet.today(),
    )
    click.echo(result.summary, err=True)
    ctx.exit(exit_code(result.diagnostics, fail_on))
