"""What a simulation says: how it ends and how often, and what it looks like on the way.

A number that does not exist, such as the time to abort of runs of which none aborts, is NaN.
Times are in seconds from the release's begin; shares and ratios are from 0 to 1.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Unit: TypeAlias = Literal["ratio", "seconds", "number"]
Kind: TypeAlias = Literal["promote", "abort", "neither"]


class Band(NamedTuple):
    """The 10th, 50th and 90th percentile of the runs."""

    p10: float
    p50: float
    p90: float


class Spread(NamedTuple):
    """The mean, the median and the 90th percentile of the runs."""

    mean: float
    median: float
    p90: float


class Ending(NamedTuple):
    """One way to end, in the strategy's own words: how many runs do, and what they cost.

    ``kind`` says what it means for the candidate.
    ``low`` and ``high`` hold the probability with 95 % confidence (Wilson), since the runs are a
    sample. ``bad`` counts the candidate's bad answers and ``bad_total`` those of both versions.
    """

    kind: Kind
    outcome: str
    runs: int
    probability: float
    low: float
    high: float
    seconds: Spread
    bad: Spread
    bad_total: Spread


class Watch(NamedTuple):
    """Something that is held against a bound: a gate, an alert, a test.

    ``rule`` is the bound in words, ``of`` says what is measured: ``over the last 30 min``.
    ``stopped`` is the share of the aborted runs that it stopped; several may stop one.
    """

    name: str
    metric: str
    rule: str
    of: str
    unit: Unit
    stopped: float


class WatchMinute(NamedTuple):
    """What a watch saw last within a minute, over the runs that were still going.

    ``value`` is what it measured and ``limit`` the median of what that was held against.
    ``passes``, ``fails`` and ``unknown`` are shares of these runs; one that fails at any time
    of the minute counts as failed. All are 0 where nothing was read.
    """

    value: Band
    limit: float
    passes: float
    fails: float
    unknown: float


class Minute(NamedTuple):
    """A stretch of ``seconds`` from ``begin`` on; it is longer than a minute in long releases.

    ``going``, ``promoted`` and ``aborted`` are the shares of all runs at its end. ``share`` is
    the candidate's share of traffic in all runs: 0 where it was aborted, 1 where promoted.
    Requests and errors are means per minute over the runs that were going, and ``ratio`` is the
    candidate's own error ratio in them. ``spent`` is its bad answers up to then, in all runs.
    """

    begin: float
    seconds: float
    going: float
    promoted: float
    aborted: float
    share: Band
    requests: float
    errors: float
    total_requests: float
    total_errors: float
    ratio: Band
    spent: Band
    watches: tuple[WatchMinute, ...]


class Span(NamedTuple):
    """A time to show, such as a fault's; ``end`` is infinite for what is never over."""

    start: float
    end: float
    label: str


class Mark(NamedTuple):
    """A moment to show: a step's begin."""

    seconds: float
    label: str


class Histogram(NamedTuple):
    """How many runs have a value in each of the equal ranges from ``low`` to ``high``."""

    name: str
    unit: Unit
    low: float
    high: float
    counts: tuple[int, ...]


class Run(NamedTuple):
    """All that the runs of one strategy give.

    ``endings`` are sorted, the most frequent first; ``bad`` and ``bad_total`` are of all runs.
    ``steps`` are marks of the shortest way, ``notes`` say what the numbers leave out.
    """

    endings: tuple[Ending, ...]
    bad: Spread
    bad_total: Spread
    watches: tuple[Watch, ...]
    minutes: tuple[Minute, ...]
    steps: tuple[Mark, ...]
    histograms: tuple[Histogram, ...]
    notes: tuple[str, ...]


class Simulation(NamedTuple):
    """A run of runs with what it is about.

    ``scenario`` says in words what was simulated against, ``faults`` and ``outages`` where to
    show that.
    """

    name: str
    environment: str
    strategy: str
    stable: str
    candidate: str
    runs: int
    seed: int
    scenario: tuple[str, ...]
    faults: tuple[Span, ...]
    outages: tuple[Span, ...]
    run: Run
