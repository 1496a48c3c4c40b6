"""The whole of a scenario: the traffic and the faults that a release is simulated against.

Times are counted from the release's begin: when the first step starts, or traffic switches.
"""

from __future__ import annotations

from typing import Literal

from fairway.spec import base
from fairway.spec.base import SpecModel, field


class Latency(SpecModel):
    """How long answers take: a lognormal distribution, given by two of its percentiles."""

    p50: base.Duration = field("Half of the requests are answered within this time.", "20ms")
    p95: base.Duration = field("Of 100 requests 95 are answered within this time.", "60ms")


class RateChange(SpecModel):
    """From some time on, there is more traffic, or less."""

    at: base.Duration = field("When it begins to change.", "30m")
    rate: base.Rate = field("The requests per time from then on.", "120/s")
    over: base.Duration = field("How long the change takes; 0s is at once.", "5m", "0s")


class DailySwing(SpecModel):
    """A sine wave of a day that the traffic follows."""

    swing: base.Percentage = field("How far it rises above the rate, and falls below it.", "60%")
    peak: base.Duration = field("When it is highest.", "8h")


class TrafficCourse(SpecModel):
    """The requests of both versions together, over time."""

    rate: base.Rate | None = field(
        "At the begin; left out: `serving.traffic.expected` of the spec.", "40/s", None
    )
    changes: list[RateChange] = field(
        "What changes it, in the order of time.", [{"at": "30m", "rate": "120/s", "over": "5m"}], []
    )
    daily: DailySwing | None = field("A daily swing.", {"swing": "60%", "peak": "8h"}, None)
    users: base.Rate | None = field(
        "New users per time, for A/B tests; left out: every request is another user.",
        "5000/h",
        None,
    )


class StableCourse(SpecModel):
    """How the stable version behaves."""

    errors: base.Percentage = field("The share of its answers that are errors.", "0.1%", "0%")
    latency: Latency | None = field(
        "How long it takes; left out: what its evidence measured.",
        {"p50": "20ms", "p95": "60ms"},
        None,
    )


class Fault(SpecModel):
    """Something that goes wrong with the candidate for a while."""

    from_: base.Duration = field("When it begins.", "10m", "0s", alias="from")
    until: base.Duration | None = field("When it is over; left out: never.", "40m", None)
    over: base.Duration = field("How long it takes to reach its full size.", "5m", "0s")
    errors: base.Percentage | None = field(
        "The share of answers that are errors, where it is more than without the fault.",
        "30%",
        None,
    )
    slower: base.Duration | None = field("What is added to every answer's time.", "200ms", None)


class CandidateCourse(SpecModel):
    """How the candidate behaves."""

    errors: base.Percentage | None = field(
        "The share of its answers that are errors; left out: as stable.", "0.1%", None
    )
    latency: Latency | None = field(
        "How long it takes; left out: what its evidence measured, else as stable.",
        {"p50": "25ms", "p95": "70ms"},
        None,
    )
    faults: list[Fault] = field("What goes wrong.", [{"errors": "30%", "from": "10m"}], [])
    disagreement: base.Percentage = field(
        "For shadow releases: the share of its answers that differ from stable's.", "3%", "0%"
    )
    outcomes: dict[base.Text, base.Percentage] = field(
        "For A/B tests: the candidate's true rate of each outcome; left out: stable's.",
        {"conversion": "5.4%"},
        {},
    )


class Outage(SpecModel):
    """A time without metrics: no gate and no alert can be read."""

    from_: base.Duration = field("When it begins.", "12m", alias="from")
    until: base.Duration = field("When it is over.", "20m")


class Scenario(SpecModel):
    """A course of events that a release is simulated against."""

    api_version: Literal["fairway.dev/v1"] = field("The language's version.", "fairway.dev/v1")
    kind: Literal["Scenario"] = field("What the file is.", "Scenario")
    traffic: TrafficCourse = field("The traffic.", {"rate": "40/s"}, {})
    stable: StableCourse = field("The stable version.", {"errors": "0.1%"}, {})
    candidate: CandidateCourse = field(
        "The candidate.", {"faults": [{"errors": "30%", "from": "10m"}]}, {}
    )
    outages: list[Outage] = field(
        "When there are no metrics.", [{"from": "12m", "until": "20m"}], []
    )
    reaction: base.Duration | None = field(
        "How long it takes from a decision until traffic has moved; left out: no time.",
        "10m",
        None,
    )
    pod_start: base.Duration = field(
        "For rolling releases: how long a new pod takes to be ready.", "30s", "30s"
    )
    duration: base.Duration | None = field(
        "How long to look, at most; left out: as long as the strategy needs.", "24h", None
    )
