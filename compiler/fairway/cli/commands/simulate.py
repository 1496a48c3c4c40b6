"""``fairway simulate``: what a release does under traffic and faults, before it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairway.cli.simulating import Asked, conditions_asked, share_asked, simulation_options

if TYPE_CHECKING:
    from fairway.simulate.result import Kind, Simulation


@click.command
@click.argument("path", type=click.Path())
@click.pass_context
@simulation_options
def command(ctx: click.Context, path: str, asked: Asked) -> None:
    """Run a compiled release many times against traffic and faults.

    PATH is a spec or its folder. The plan's own gates decide, minute by minute: how likely the
    candidate is promoted or stopped, after how long, and how many bad answers it gives until
    then. Without a fault, the candidate behaves like the stable version. Needs the extra
    `models`.

    \b
      fairway simulate specs/fraud-detector --fault "errors=10%"
      fairway simulate specs/fraud-detector --fault planned --expect abort --at-least 99%
    """
    from fairway.cli.percent_line import PercentLine
    from fairway.simulate.run import Options, simulate
    from fairway.simulate.subject import find_subject

    least = share_asked(asked)
    subject = find_subject(path, asked.environment)
    conditions = conditions_asked(subject, asked)
    line = PercentLine(f"simulating {subject.plan.name}")
    options = Options(asked.runs, asked.seed, asked.step)
    try:
        simulation = simulate(subject, conditions, options, line)
    finally:
        line.clear()
    _print(simulation, asked)
    ctx.exit(_judge(simulation, asked, least))


def _print(simulation: Simulation, asked: Asked) -> None:
    """Print the result, and write the page that was asked for."""
    if asked.form == "json":
        from fairway.simulate.document import json_text

        click.echo(json_text(simulation), nl=False)
    else:
        from fairway.simulate.text import render

        click.echo(render(simulation), nl=False)
    if asked.html is not None:
        _write_page(simulation, asked.html)


def _write_page(simulation: Simulation, file: str) -> None:
    from pathlib import Path

    from fairway.errors import FairwayError
    from fairway.report.write import write_report
    from fairway.simulate.html.page import make_page

    try:
        write_report(make_page(simulation), Path(file))
    except OSError as error:
        raise FairwayError(f"{file}: cannot be written: {error.strerror}") from error
    click.echo(f"written: {file}", err=True)


def _judge(simulation: Simulation, asked: Asked, least: float) -> int:
    """Return 1 when the runs do not end as was expected, and say so; else 0."""
    from fairway.simulate.verdict import probability
    from fairway.simulate.wording import percent

    if asked.expect not in ("promote", "abort"):
        return 0
    kind: Kind = "promote" if asked.expect == "promote" else "abort"
    found = probability(simulation, kind)
    if found >= least:
        return 0
    click.echo(
        f"expected: {asked.expect} in at least {percent(least)} of the runs; it is"
        f" {percent(found)}",
        err=True,
    )
    return 1
