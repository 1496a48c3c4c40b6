"""``fairway promote``: the candidate becomes the stable version."""

from __future__ import annotations

from typing import Any

import click

from fairway.cli.moving import evidence_options, make, move_options, print_questions, request_of


@click.command
@click.argument("path", type=click.Path())
@move_options
@evidence_options
@click.option("--analysis", metavar="FILE", type=click.Path(),
              help="A/B and shadow: what `fairway analyze --format json` printed.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, path: str, questions: bool, form: str, **given: Any) -> None:
    """Make the candidate of the spec at PATH stable, if it has shown what its strategy asks.

    A canary must have held its last step, with every gate passing; a blue/green release must have
    switched, and kept the other version for `scaleDownAfter`; an A/B test needs an analysis in
    which the candidate wins, a shadow one that passes. Afterwards there is no candidate: a canary
    waits at step 0 for the next one, and A/B and shadow become `blueGreen: {active: stable}`.

    Where nothing is on trial, what has come to serve by other commits is recorded in the lock.

    \b
      fairway promote specs/fraud-detector --prometheus http://localhost:9090 --commit

    The exit code is 1 when the move is refused.
    """
    request = request_of("promote", path, **given)
    if questions:
        print_questions(request)
        return
    make(ctx, request, form)
