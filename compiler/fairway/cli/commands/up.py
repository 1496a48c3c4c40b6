"""``fairway up``: run a release on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairway.cli.reporting import exit_code, now_option, write_reports
from fairway.errors import UsageError
from fairway.spec.core import PydanticCustomError
from fairway.spec.units import parse_duration, parse_rate

if TYPE_CHECKING:
    from fairway.local.choice import Chosen

_SCALES = click.FloatRange(min=1, max=10_000)


@click.command
@click.argument("path", type=click.Path())
@click.option("--env", "environment", metavar="NAME",
              help="The environment whose release is run; default: the spec's first.")  # fmt: skip
@click.option("--step", type=click.IntRange(min=0), metavar="N",
              help="The canary's step to begin with; default: the one that the spec names.",
              )  # fmt: skip
@click.option("--auto", is_flag=True,
              help="Begin the next step when a step has passed.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="The proxy's port on loopback, 0 for any that is free.")  # fmt: skip
@click.option("--requests", "rate", metavar="RATE",
              help="Make requests from the contract's examples, such as 50/s.")  # fmt: skip
@click.option("--for", "duration", metavar="DURATION",
              help="End by itself after this time; with --requests 10m unless it is given.",
              )  # fmt: skip
@click.option("--drill", metavar="FAULT",
              help='Put a fault in front of a version, such as "3.2.0: errors=30%".')  # fmt: skip
@click.option("--time-scale", "scale", type=_SCALES, default=1.0, show_default=True,
              metavar="N", help="Let N seconds of the plan pass in one.")  # fmt: skip
@click.option("--prometheus/--no-prometheus", "with_prometheus", default=None,
              help="Read gates from a Prometheus; default: when it is on the PATH.")  # fmt: skip
@click.option("--logs", type=click.Path(file_okay=False), metavar="FOLDER",
              help="Keep the logs of all processes there.")  # fmt: skip
@now_option
@click.pass_context
def command(
    ctx: click.Context,
    path: str,
    environment: str | None,
    step: int | None,
    auto: bool,
    port: int,
    rate: str | None,
    duration: str | None,
    drill: str | None,
    scale: float,
    with_prometheus: bool | None,
    logs: str | None,
    now: str | None,
) -> None:
    """Run a release on this machine: its servers, its routes, and what guards them.

    PATH is a spec. Every version gets a model server, with Envoy in front of them that splits and
    copies requests as the compiled release says, all on loopback. A canary is guarded: its gates
    are read, and what fails is rolled back. An edit of the spec becomes live without a restart.
    Ctrl-C ends all of it.

    With --time-scale 60, half an hour of the plan lasts 30 seconds. Each request then counts as
    60, so that rates and the numbers of requests are those of the plan, with the noise of fewer.

    The exit code is 1 when a release was rolled back. Needs the extra `local`.

    \b
      fairway up specs/fraud-detector --requests 50/s --drill "3.2.0: errors=30%"
    """
    from fairway.local.choice import choose
    from fairway.local.drill import parse_drill
    from fairway.local.start import Asked, run_here

    seconds = _seconds(duration) or (600.0 if rate else None)
    asked = Asked(
        path=path,
        now=now,
        port=port,
        step=step,
        rate=_rate(rate),
        seconds=seconds,
        scale=scale,
        auto=auto,
        drill=parse_drill(drill) if drill is not None else None,
        with_prometheus=with_prometheus,
        logs=logs,
    )
    chosen = choose(path, environment, now)
    if chosen.choice is None:
        _report(chosen)
        ctx.exit(max(1, exit_code(chosen.diagnostics, "error")))
    if chosen.diagnostics:
        count = len(chosen.diagnostics)
        click.echo(f"{count} findings that stop nothing: see `fairway validate {path}`", err=True)
    ctx.exit(int(run_here(asked, chosen.choice)))


def _report(chosen: Chosen) -> None:
    fleet = chosen.fleet
    write_reports(
        chosen.diagnostics,
        files=fleet.files,
        deployments=fleet.deployments,
        formats=(),
        outputs=(),
        policies=fleet.policies(),
        today=fleet.today(),
    )


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text).seconds
    except PydanticCustomError as error:
        raise UsageError(f"--for: {error.message()}") from error


def _rate(text: str | None) -> float:
    if text is None:
        return 0.0
    try:
        rate = float(parse_rate(text).per_second)
    except PydanticCustomError as error:
        raise UsageError(f"--requests: {error.message()}") from error
    if not 0 < rate <= 2000:
        raise UsageError(f"--requests {text}: from more than 0 up to 2000/s are made")
    return rate
