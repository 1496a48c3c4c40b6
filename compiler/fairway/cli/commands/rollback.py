"""``fairway rollback``: back to what served before."""

from __future__ import annotations

from typing import Any

import click

from fairway.cli.moving import make, move_options, request_of


@click.command
@click.argument("path", type=click.Path())
@move_options
@click.option("--to", metavar="VERSION", help="The version to go back to, one that has served.")
@click.option("--reason", metavar="TEXT", default="", help="Why; it is kept in the commit.")
@click.pass_context
def command(ctx: click.Context, /, path: str, form: str, **given: Any) -> None:
    """Take the release of the spec at PATH back; no evidence is needed for that.

    While a candidate is on trial, it gets nothing any more and stays named: a canary goes to step
    0, blue/green back to `active: stable`, A/B and shadow become `blueGreen: {active: stable}`.

    Without a candidate, the version that served before is made stable again. It must still be in
    the spec and the lock, tested, and take what callers send now; otherwise the reason is
    printed, with the next older one that will do. Where each version has pods of its own, that
    takes two commits: it is named as candidate first, so that it runs before traffic moves.

    \b
      fairway rollback specs/fraud-detector --env production --reason "scores are all 0" --commit

    The exit code is 1 when the move is refused.
    """
    make(ctx, request_of("rollback", path, **given), form)
