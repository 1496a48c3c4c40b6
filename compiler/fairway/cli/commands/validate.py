"""``fairway validate``: every finding, at its exact place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairway.cli.reporting import exit_code, now_option, report_options, write_reports
from fairway.fleet import Fleet

if TYPE_CHECKING:
    from fairway.edit.mend import Outcome


@click.command
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--fix",
    is_flag=True,
    help="Make the fixes that can mean one thing only, in the files, then check again.",
)
@now_option
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    fix: bool,
    now: str | None,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
) -> None:
    """Check specs and report every finding with its file, line and column.

    PATHS are spec files or folders that hold them; default: specs/.
    """
    fleet = _mended(paths, now) if fix else _checked(paths, now)
    diagnostics = fleet.diagnostics()
    write_reports(
        diagnostics,
        files=fleet.files,
        deployments=fleet.deployments,
        formats=formats,
        outputs=outputs,
        policies=fleet.policies(),
        today=fleet.today(),
    )
    ctx.exit(exit_code(diagnostics, fail_on))


def _checked(paths: tuple[str, ...], now: str | None) -> Fleet:
    fleet = Fleet(paths, now)
    for _ in fleet.check():
        pass
    return fleet


def _mended(paths: tuple[str, ...], now: str | None) -> Fleet:
    from fairway.edit.mend import mend

    return mend(paths, now, _say)


def _say(outcome: Outcome) -> None:
    """Print what became of a fix, on a line of stderr that begins with its place."""
    from fairway.report.printable import visible

    found, fix = outcome.found, outcome.found.fix
    line = f":{found.span.line}" if found.span is not None else ""
    what = f"fixed {found.rule}: {fix.description if fix is not None else ''}"
    if outcome.refused:
        what = f"not fixed {found.rule}: {outcome.refused}"
    click.echo(visible(f"{found.file}{line}: {what}"), err=True)
