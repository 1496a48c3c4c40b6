"""What ``fairway simulate`` is asked: its options, and the conditions that they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from fairway.errors import UsageError

if TYPE_CHECKING:
    from fairway.plan.release import StrategyName
    from fairway.simulate.conditions import Conditions
    from fairway.simulate.subject import Subject
    from fairway.spec.scenario import Scenario

_AT_LEAST = "95%"
_SEED = 20_260_101
_RECORDED_UNTIL = 14 * 86_400.0


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command; texts are as they were written."""

    environment: str | None
    scenario: str | None
    faults: tuple[str, ...]
    traffic: str | None
    at_peak: bool
    recorded: tuple[str, ...]
    reaction: str | None
    duration: str | None
    step: int
    runs: int
    seed: int
    form: str
    html: str | None
    expect: str | None
    at_least: str | None


_OPTIONS = (
    click.option("--env", "environment",
                 help="The environment. Default: the last one with a candidate."),
    click.option("--scenario", type=click.Path(dir_okay=False), metavar="FILE",
                 help="A scenario (YAML or JSON): traffic and faults over time."),
    click.option("--fault", "faults", multiple=True, metavar="FAULT",
                 help='What goes wrong with the candidate: "errors=10%", "errors=30% from 10m'
                 ' until 40m over 5m", "latency=+200ms", or "planned", which is the canary\'s'
                 " own; repeatable."),
    click.option("--traffic", metavar="RATE", help="Requests of both versions, such as 40/s."),
    click.option("--at-peak", is_flag=True, help="Take the spec's peak traffic."),
    click.option("--recorded", multiple=True, metavar="[NAME=]FILE",
                 help="What Prometheus answered to a range query: request-rate (the default),"
                 " error-ratio, latency-p50 or latency-p95; repeatable."),
    click.option("--reaction", metavar="DURATION",
                 help="The time from a decision until traffic has moved. Default: none."),
    click.option("--duration", metavar="DURATION",
                 help="How long to look. Default: as long as the strategy needs."),
    click.option("--step", default=1, show_default=True, type=click.IntRange(1),
                 help="The step of a canary to begin at."),
    click.option("--runs", default=1000, show_default=True, type=click.IntRange(10, 20_000),
                 help="How often the release is run."),
    click.option("--seed", default=_SEED, show_default=True, type=click.IntRange(0),
                 help="The same seed gives the same result."),
    click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text",
                 show_default=True, help="What stdout gets."),
    click.option("--html", type=click.Path(dir_okay=False), metavar="FILE",
                 help="Also write a page that shows the course as a picture."),
    click.option("--expect", type=click.Choice(["promote", "abort"]),
                 help="Exit with 1 when fewer runs than --at-least end like this."),
    click.option("--at-least", metavar="SHARE", show_default=_AT_LEAST,
                 help="How many of the runs must end as --expect says."),
)  # fmt: skip


def simulation_options(
    function: Callable[[click.Context, str, Asked], None],
) -> Callable[..., None]:
    """Add the options to a command, which gets them as one value."""

    @wraps(function)
    def called(ctx: click.Context, path: str, **values: Any) -> None:
        function(ctx, path, Asked(**values))

    for option in reversed(_OPTIONS):
        called = option(called)
    return called


def conditions_asked(subject: Subject, asked: Asked) -> Conditions:
    """Return what the release is simulated against; a fault in the scenario's file is shown.

    Raises ``UsageError`` for whatever the options say that cannot be.
    """
    from fairway.simulate.assume import Given, conditions_of
    from fairway.simulate.recorded import read_recording
    from fairway.simulate.scenario import empty_scenario, parse_faults, parse_rate, parse_seconds

    if (asked.traffic is not None) + asked.at_peak + _rate_recorded(asked) > 1:
        raise UsageError("--traffic, --at-peak and a recorded rate exclude each other")
    canary = subject.plan.release.canary
    given = Given(
        scenario=_read(asked.scenario, subject.plan.strategy)
        if asked.scenario is not None
        else empty_scenario(),
        faults=parse_faults(asked.faults, canary[0].fault if canary else 0.0),
        rate=parse_rate(asked.traffic) if asked.traffic is not None else None,
        at_peak=asked.at_peak,
        reaction=_seconds(asked.reaction, "--reaction", parse_seconds),
        duration=_seconds(asked.duration, "--duration", parse_seconds),
        recording=read_recording(
            asked.recorded, (subject.stable, subject.candidate), _RECORDED_UNTIL
        ),
    )
    return conditions_of(subject, given)


def share_asked(asked: Asked) -> float:
    """Return the share of ``--at-least``. Raises ``UsageError`` for one of nothing expected."""
    from fairway.spec.core import PydanticCustomError
    from fairway.spec.units import parse_percentage

    if asked.at_least is not None and asked.expect is None:
        message = "--at-least: of what is not said"
        raise UsageError(message, "add --expect promote or --expect abort")
    try:
        return parse_percentage(asked.at_least or _AT_LEAST).ratio
    except PydanticCustomError as error:
        raise UsageError(f"--at-least: {error.message()}") from error


def _rate_recorded(asked: Asked) -> bool:
    return any("=" not in text or text.startswith("request-rate=") for text in asked.recorded)


def _seconds(text: str | None, option: str, parse: Callable[[str, str], float]) -> float | None:
    return parse(text, option) if text is not None else None


def _read(path: str, strategy: StrategyName) -> Scenario:
    from fairway.simulate.scenario import read_scenario

    found = read_scenario(path, strategy)
    if found.scenario is not None:
        return found.scenario
    from fairway.cli.reporting import shows_colour
    from fairway.locate import locate
    from fairway.report import render, summarise

    diagnostics = locate(found.findings, found.documents)
    summary = summarise(diagnostics, files=1, deployments=0)
    text = render("text", diagnostics, summary, {}, colour=shows_colour(), version="")
    click.echo(text.rpartition("\n\n")[0], err=True)
    raise UsageError(f"{path} is no scenario for this release", "the form is in docs/simulating.md")
