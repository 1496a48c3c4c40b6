"""What the commands that move a release share: their options, and printing what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fairway.errors import UsageError

if TYPE_CHECKING:
    from fairway.stepping.move import Action
    from fairway.stepping.request import Outcome, Request

F = TypeVar("F", bound=Callable[..., Any])


def evidence_options(function: F) -> F:
    """Add the options that say how the candidate does, and how to do without."""
    options = (
        click.option("--metrics", metavar="FILE", type=click.Path(),
                     help="The gates' readings, in the form that --questions begins."),
        click.option("--prometheus", metavar="URL",
                     help="Ask this Prometheus what the gates need to know."),
        click.option("--header", "headers", multiple=True, metavar="NAME=VARIABLE",
                     help="With --prometheus: a header, with the value of an environment variable;"
                          " repeatable."),
        click.option("--questions", is_flag=True,
                     help="Print what is to be measured, and of what, as JSON; change nothing."),
        click.option("--force-reason", "forced", metavar="TEXT", default="",
                     help="Do it against the evidence, or without; why is kept in the commit."),
    )  # fmt: skip
    return _with(function, options)


def move_options(function: F) -> F:
    """Add the options that all moves have."""
    options = (
        click.option("--env", "environment", metavar="NAME",
                     help="The environment. Default: the only one with a candidate."),
        click.option("--now", metavar="TIME", help="The time (RFC 3339). Default: the clock's."),
        click.option("--dry-run", is_flag=True, help="Print the difference only; write nothing."),
        click.option("--commit", is_flag=True,
                     help="Commit the two files with the message, as you, and nothing else."),
        click.option("--format", "-f", "form", type=click.Choice(["text", "json"]),
                     default="text", help="The report's format. Default: text."),
    )  # fmt: skip
    return _with(function, options)


def request_of(action: Action, path: str, now: str | None, **given: Any) -> Request:
    """Return what was asked for; ``UsageError`` for options that exclude each other."""
    from fairway.evidence.dates import parse_time
    from fairway.stepping.request import Request

    if given["commit"] and given["dry_run"]:
        raise UsageError("--commit and --dry-run exclude each other", "give one of them")
    if given.get("metrics") and given.get("prometheus"):
        raise UsageError("--metrics and --prometheus exclude each other", "give one of them")
    if given.get("headers") and not given.get("prometheus"):
        raise UsageError("--header is for --prometheus", "give --prometheus URL")
    time = datetime.now(UTC) if now is None else parse_time(now)
    if time is None:
        fix = "give it as RFC 3339, such as 2026-11-01T09:00:00Z"
        raise UsageError(f"--now: {(now or '')[:60]!r} is not a time with a zone", fix)
    for option, name in (("forced", "--force-reason"), ("reason", "--reason")):
        _check_reason(name, given.get(option, ""), required=option == "forced")
    return Request(action, path, time, **given)


def make(ctx: click.Context, request: Request, form: str) -> None:
    """Make the move, print what came of it, and exit: 1 when it was refused."""
    from fairway.stepping.run import run

    outcome = run(request)
    if form == "json":
        from fairway.stepping.as_data import data

        sys.stdout.write(json.dumps(data(outcome), indent=2, ensure_ascii=False) + "\n")
    elif request.dry_run and outcome.edits:
        sys.stdout.write(outcome.diff)
    else:
        sys.stdout.write(_text(outcome, request))
    if outcome.findings and form == "text":
        _print_findings(outcome)
    ctx.exit(0 if outcome.edits else 1)


def print_questions(request: Request) -> None:
    """Print what the canary's gates need to know at the present step."""
    from fairway.stepping.measured import about, questions
    from fairway.stepping.run import situation_of

    situation = situation_of(request)
    for canary in situation.release.canary:
        asked = questions(about(situation.deployment, canary), canary)
        sys.stdout.write(json.dumps(asked, indent=2, ensure_ascii=False) + "\n")
        return
    where = f"{situation.deployment.name} in {situation.environment}"
    raise UsageError(f"{where} is no canary, so no gates decide", "give --env of one that is")


def _with(function: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def _check_reason(name: str, text: str, *, required: bool) -> None:
    from fairway.waivers.waiver import SHORTEST_REASON, too_short

    if text and required and too_short(text):
        message = f"{name}: fewer than {SHORTEST_REASON} characters cannot say why"
        raise UsageError(message, "say what is known, and who decided")


def _text(outcome: Outcome, request: Request) -> str:
    from fairway.stepping.text import text

    path = request.path if " " not in request.path else f"'{request.path}'"
    command = outcome.move.following or request.action
    return text(outcome, f"fairway {command} {path} --env {outcome.situation.environment}")


def _print_findings(outcome: Outcome) -> None:
    """Print the errors that the edited spec would have, on stdout: they are the result."""
    from fairway.cli.reporting import write_reports
    from fairway.locate import locate

    click.echo("refused: the spec would have errors, so nothing was written\n")
    found = locate(outcome.findings, outcome.documents)
    write_reports(found, files=1, deployments=1, formats=(), outputs=())
