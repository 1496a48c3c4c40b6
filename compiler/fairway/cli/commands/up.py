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
    from fairway.local.drill import Drill
    from fairway.local.start import Asked

_MOST_REQUESTS = 2000
_LOAD_SECONDS = 600.0
_SCALES = click.FloatRange(min=1, max=10_000)


def _seconds(ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
    del ctx
    try:
        return parse_duration(text).seconds if text is not None else None
    except PydanticCustomError as error:
        raise UsageError(f"{param.opts[0]}: {error.message()}") from error


def _rate(ctx: click.Context, param: click.Parameter, text: str | None) -> float:
    del ctx
    try:
        rate = float(parse_rate(text).per_second) if text is not None else 0.0
    except PydanticCustomError as error:
        raise UsageError(f"{param.opts[0]}: {error.message()}") from error
    if text is not None and not 0 < rate <= _MOST_REQUESTS:
        raise UsageError(
            f"{param.opts[0]} {text}: it is more than 0, and at most {_MOST_REQUESTS}/s"
        )
    return rate


def _drill(ctx: click.Context, param: click.Parameter, text: str | None) -> Drill | None:
    from fairway.local.drill import parse_drill

    del ctx, param
    return parse_drill(text) if text is not None else None


@click.command
@click.argument("path", type=click.Path())
@click.option("--env", "environment", metavar="NAME",
              help="The environment to run; default: the last one with a candidate.")  # fmt: skip
@click.option("--step", type=click.IntRange(min=0), metavar="N",
              help="The canary's step to begin with; default: the one that the spec names.",
              )  # fmt: skip
@click.option("--auto", is_flag=True,
              help="Begin the next step when a step has passed.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="The proxy's port on loopback, 0 for any that is free.")  # fmt: skip
@click.option("--requests", "rate", metavar="RATE",
              callback=_rate,
              help="Make requests from the contract's examples, such as 50/s.")  # fmt: skip
@click.option("--for", "seconds", metavar="DURATION", callback=_seconds,
              help="End by itself after this time; with --requests 10m unless it is given.",
              )  # fmt: skip
@click.option("--drill", metavar="FAULT", callback=_drill,
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
    rate: float,
    seconds: float | None,
    drill: Drill | None,
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

    The exit code is 1 when a release was rolled back, and 130 when it is interrupted before it is
    ready. Needs the extra `local`.

    \b
      fairway up specs/fraud-detector --requests 50/s --drill "3.2.0: errors=30%"
    """
    from fairway.local.run import Wanted
    from fairway.local.start import Asked

    if rate and seconds is None:
        seconds = _LOAD_SECONDS
    wanted = Wanted(path, environment, now, port, step, rate, seconds, scale, auto)
    ctx.exit(_run(Asked(wanted, drill, with_prometheus, logs)))


def _run(asked: Asked) -> int:
    """Check and compile the release, run it, and return the exit code."""
    from fairway.local.choice import choose
    from fairway.local.start import run_here
    from fairway.local.waiting import StoppedError

    path = asked.wanted.path
    chosen = choose(path, asked.wanted.environment, asked.wanted.now)
    if chosen.choice is None:
        _report(chosen)
        return max(1, exit_code(chosen.diagnostics, "error"))
    if chosen.diagnostics:
        count = len(chosen.diagnostics)
        found = "1 finding that stops" if count == 1 else f"{count} findings that stop"
        click.echo(f"{found} nothing: see `fairway validate {path}`", err=True)
    try:
        return int(run_here(asked, chosen.choice))
    except StoppedError:
        raise click.Abort from None


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
