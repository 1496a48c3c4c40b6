"""``fairway analyze``: the result of an A/B test or of a shadow release."""

from __future__ import annotations

import json
import sys
from typing import Any

import click


@click.command
@click.argument("path", type=click.Path())
@click.option("--env", "environment", help="The environment; needed when several are on trial.")
@click.option("--counts", metavar="FILE",
              help="A/B: units and outcomes of both arms, JSON or CSV (- for stdin).")  # fmt: skip
@click.option("--stable", metavar="K/N", help="A/B: outcomes and units of the stable version.")
@click.option("--candidate", metavar="K/N", help="A/B: outcomes and units of the candidate.")
@click.option("--prometheus", metavar="URL", help="A/B: ask this Prometheus for the counts.")
@click.option("--recorded", metavar="FILE", help="A/B: answers of Prometheus, as --record wrote.")
@click.option("--query", "queries", multiple=True, metavar="NAME=PROMQL",
              help="With --prometheus: the query of `units` and of each outcome; repeatable.",
              )  # fmt: skip
@click.option("--label", metavar="NAME",
              help="The label that tells versions apart. Default: version, or role.")  # fmt: skip
@click.option("--at", metavar="TIME",
              help="With --prometheus: when to look (RFC 3339 or Unix). Default: now.")  # fmt: skip
@click.option("--record", metavar="FILE",
              help="With --prometheus: write the answers to this file.")  # fmt: skip
@click.option("--record-looks", metavar="FILE",
              help="A/B: the looks so far; each is taken once, and written into it.")  # fmt: skip
@click.option("--pairs", metavar="FILE", help="Shadow: pairs of answers, JSON lines.")
@click.option("--stable-log", metavar="FILE", help="Shadow: answers of stable, JSON lines.")
@click.option("--candidate-log", metavar="FILE", help="Shadow: answers of the candidate.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text",
              help="The report's format. Default: text.")  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context, /, path: str, environment: str | None, form: str, **given: Any
) -> None:
    """Decide an A/B test or a shadow release by the rule of its plan.

    PATH is a spec or its folder. The exit code is 0 when the candidate wins, or its shadow
    passes, and 1 otherwise: also while it is too early to say.

    An A/B test is decided when the planned sample is there, or when a planned look crosses its
    boundary; before that nobody wins, and the report says how many units are missing. A split
    that is not the planned one (p < 0.001) decides nothing. An outcome that is higher is better.
    Counts are a file with every outcome of the spec,

    \b
      {"stable": {"units": 31400, "conversion": 1570},
       "candidate": {"units": 31350, "conversion": 1724}}

    the same as CSV (arm,units,conversion), --stable 1570/31400 --candidate 1724/31350 when there
    is one outcome, or queries that Prometheus answers with one series for each version:

    \b
      fairway analyze specs/checkout --prometheus http://localhost:9090 \\
        --query 'units=sum by (version) (increase(users_total[14d]))' \\
        --query 'conversion=sum by (version) (increase(conversions_total[14d]))'

    A shadow is decided by pairs of answers to the same request: each line of --pairs is
    {"id": …, "stable": OUTPUTS, "candidate": OUTPUTS}, with outputs as the server sends them;
    logs are lines with id and outputs. It passes when the upper end of the interval of the
    share that differs is below `compare.max`, and fails when the lower end is above.
    """
    from fairway.analyze.inputs import Inputs
    from fairway.analyze.run import analyze

    report = analyze(path, environment, Inputs(**given))
    if form == "json":
        sys.stdout.write(json.dumps(report.data, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report.text)
    ctx.exit(0 if report.good else 1)
