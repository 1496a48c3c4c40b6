"""``fairway advance``: the next step of a release."""

from __future__ import annotations

from typing import Any

import click

from fairway.cli.moving import evidence_options, make, move_options, print_questions, request_of


@click.command
@click.argument("path", type=click.Path())
@move_options
@evidence_options
@click.pass_context
def command(ctx: click.Context, /, path: str, questions: bool, form: str, **given: Any) -> None:
    """Take the next step of the release of the spec at PATH, if its gates allow it.

    A canary goes from its step to the next one, when the step was held for its time (counted from
    the commit that began it) and every gate passes. A blue/green release switches to its
    candidate. The spec is edited, and with it the lock, which records what has served; whatever
    else the files say stays as it is, byte for byte. What is edited is printed with the commit
    message to use; --commit makes the commit.

    \b
      fairway advance specs/fraud-detector --env production --prometheus http://localhost:9090

    The exit code is 1 when the move is refused.
    """
    request = request_of("advance", path, **given)
    if questions:
        print_questions(request)
        return
    make(ctx, request, form)
