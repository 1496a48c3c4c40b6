"""How traffic moves to a new version: the ``release`` part of a spec."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from fairway.spec import base
from fairway.spec.base import Choice, SpecModel, field

StrategyName: TypeAlias = Literal["rolling", "blueGreen", "canary", "shadow", "ab"]
Probability: TypeAlias = Annotated[float, Field(gt=0, lt=1)]


class Rolling(SpecModel):
    """The stable version replaces its predecessor in place, pod by pod."""

    surge: base.CountOrPercentage = field(
        "How many pods more than wanted may run meanwhile; a share is rounded up.",
        "25%",
        1,
    )
    unavailable: base.CountOrPercentage = field(
        "How many pods fewer than wanted may serve meanwhile; a share is rounded down.",
        0,
        0,
    )


class BlueGreen(SpecModel):
    """Both versions run at full size, and all traffic goes to one of them."""

    active: Literal["stable", "candidate"] = field(
        "Which of the two answers; changing it is the switch.", "candidate", "stable"
    )
    scale_down_after: base.Duration | None = field(
        "When a controller may remove the version that no longer answers.", "1h", None
    )


class CanaryStep(SpecModel):
    """A share of traffic for the candidate, and how long it is held."""

    weight: base.Percentage = field("The candidate's share of traffic.", "5%")
    hold: base.Duration = field("How long the step lasts at least.", "30m")


class Sticky(Choice):
    """What keeps a user on one side."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("header", "cookie")
    header: base.Header | None = field("A header that names the user.", "x-user-id", None)
    cookie: base.Header | None = field("A cookie that names the user.", "session", None)


class Gate(Choice):
    """A bound on the candidate's own traffic; a step ends only when it holds."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("max", "min", "within", "withinRelative")
    metric: base.Text = field("The metric: error-ratio, latency-p95, …", "error-ratio")
    max: base.Bound | None = field("The largest value that passes.", "1%", None)
    min: base.Bound | None = field("The least value that passes.", 0.9, None)
    against: Literal["stable"] | None = field(
        "Compares with the stable version over the same time.", "stable", None
    )
    within: base.Points | None = field(
        "How much worse than `against`, in percentage points.", "0.5pp", None
    )
    within_relative: base.Percentage | None = field(
        "How much worse than `against`, relative to it.", "10%", None
    )


class Canary(SpecModel):
    """A growing share of traffic goes to the candidate, judged at every step."""

    step: Annotated[int, Field(ge=0)] = field(
        "The step that is live, counted from 1; 0 is before the first.", 1, 1
    )
    steps: Annotated[list[CanaryStep], Field(min_length=1, max_length=50)] = field(
        "The steps in order.", [{"weight": "5%", "hold": "30m"}]
    )
    sticky: Sticky | None = field("Keeps a user on one side.", {"header": "x-user-id"}, None)
    gates: list[Gate] = field(
        "What must hold before the next step.", [{"metric": "error-ratio", "max": "1%"}], []
    )
    min_requests: Annotated[int, Field(ge=0)] = field(
        "Fewer requests than this at a step prove nothing.", 3000, 0
    )
    interval: base.Duration = field("How often the gates are read.", "30s", "1m")
    window: base.Duration | None = field(
        "The time that a gate looks back; the shortest hold when left out.", "30m", None
    )
    fault: base.Percentage = field(
        "The error ratio of a broken candidate that the canary must be able to find.", "10%", "10%"
    )
    budget: Annotated[int, Field(ge=1)] | None = field(
        "How many bad answers a broken candidate may give before it is stopped.", 1000, None
    )
    on_failure: Literal["rollback", "pause"] = field(
        "What happens when a gate fails.", "rollback", "rollback"
    )


class Compare(SpecModel):
    """How the mirrored answers are compared with those that were served."""

    metric: Literal["disagreement"] = field(
        "The share of answers that differ.", "disagreement", "disagreement"
    )
    max: base.Percentage = field("The largest share that passes.", "2%")
    tolerance: Annotated[float, Field(ge=0)] = field(
        "How far apart two numbers may be and still agree.", 1e-6, 0.0
    )


class Shadow(SpecModel):
    """Stable answers everything; a copy goes to the candidate, whose answers are only compared."""

    mirror: base.Percentage = field("The share of requests that is copied.", "100%")
    compare: Compare | None = field("How answers are compared.", {"max": "2%"}, None)


class Split(SpecModel):
    """What decides which version answers a user."""

    by: Literal["header", "cookie", "user-hash"] = field("What is looked at.", "header")
    name: base.Header = field("The header's or the cookie's name.", "x-cohort")
    candidate: list[base.Text] = field(
        "The values that go to the candidate (not for user-hash).", ["beta"], []
    )


class Outcome(SpecModel):
    """A further outcome that an experiment decides about."""

    metric: base.Text = field("The outcome.", "refunds")
    baseline: base.Percentage = field("The outcome's rate today.", "2.0%")
    effect: base.Points | None = field("The smallest difference worth finding.", "0.4pp", None)
    effect_relative: base.Percentage | None = field(
        "The smallest relative difference worth finding.", "20%", None
    )


class Ab(SpecModel):
    """Two versions answer different users, to decide by a measured outcome."""

    split: Split = field("Which users the candidate answers.", {"by": "header", "name": "x-cohort"})
    weight: base.Percentage = field("The candidate's share of users.", "50%")
    users: base.Rate | None = field(
        "How many users come who were not there before; without it every request counts as one,"
        " which is the most that there can be.",
        "2/s",
        None,
    )
    metric: base.Text = field("The outcome that decides.", "conversion")
    baseline: base.Percentage = field("The outcome's rate today.", "5.0%")
    effect: base.Points | None = field("The smallest difference worth finding.", "0.5pp", None)
    effect_relative: base.Percentage | None = field(
        "The smallest relative difference worth finding.", "10%", None
    )
    alpha: Probability = field("The chance of seeing a difference that is not there.", 0.05, 0.05)
    power: Probability = field("The chance of seeing the difference if it is there.", 0.8, 0.8)
    duration: base.Duration = field("How long the test runs.", "14d")
    secondary: list[Outcome] = field(
        "Further outcomes; all of them together have `alpha` (Bonferroni-Holm).",
        [{"metric": "refunds", "baseline": "2.0%", "effect": "0.4pp"}],
        [],
    )
    looks: Annotated[int, Field(ge=1, le=20)] = field(
        "How often the result is looked at, evenly over the planned sample; more than once spends"
        " `alpha` over the looks.",
        4,
        1,
    )
    spending: Literal["obrien-fleming", "pocock"] = field(
        "How `alpha` is spent over the looks: hardly any at first, or evenly.",
        "obrien-fleming",
        "obrien-fleming",
    )


class Strategy(Choice):
    """How traffic moves: exactly one of these."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("rolling", "blueGreen", "canary", "shadow", "ab")
    rolling: Rolling | None = field("Replace in place.", {}, None)
    blue_green: BlueGreen | None = field("Two full sets, one switch.", {"active": "stable"}, None)
    canary: Canary | None = field(
        "A growing share.", {"steps": [{"weight": "5%", "hold": "30m"}]}, None
    )
    shadow: Shadow | None = field("A copy of the traffic.", {"mirror": "100%"}, None)
    ab: Ab | None = field(
        "An experiment.",
        {
            "split": {"by": "header", "name": "x-cohort", "candidate": ["beta"]},
            "weight": "50%",
            "metric": "conversion",
            "baseline": "5.0%",
            "effect": "0.5pp",
            "duration": "14d",
        },
        None,
    )


class Release(SpecModel):
    """Which versions serve, and how traffic moves between them."""

    stable: base.VersionName = field("The version that is trusted.", "3.1.0")
    candidate: base.VersionName | None = field("The version that is on trial.", "3.2.0", None)
    strategy: Strategy = field(
        "How traffic moves.",
        {"rolling": {}},
        {"rolling": {}},
    )
    handover: Literal["rolling", "perVersion"] | None = field(
        "The form of workloads that served before a change between `rolling` and the other"
        " strategies; it is kept beside the new one until this field is removed.",
        "rolling",
        None,
    )
