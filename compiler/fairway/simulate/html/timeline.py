"""The course of a release as plots over one time axis, each under the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import isnan
from typing import Final, NamedTuple, TypeAlias, TypeVar

from markupsafe import Markup

from fairway.drawing.svg import Axes, Frame
from fairway.simulate.html.axis import time_axis
from fairway.simulate.result import Band, Minute, Simulation, Unit, Watch
from fairway.simulate.verdict import serves
from fairway.simulate.wording import duration, measured, percent

_ENOUGH: Final = 0.01  # of the runs; of fewer, a band would say nothing
_STRIPS: Final = 120
_STATES: Final = ("passes", "unknown", "fails")

_WATCHES: Final[Mapping[str, str]] = {
    "canary": "the gates say",
    "blueGreen": "the alerts say",
    "rolling": "the alerts say",
    "shadow": "the bound says",
    "ab": "the looks say",
}

Key: TypeAlias = tuple[str, str]
T = TypeVar("T")


class Size(NamedTuple):
    """How wide the plots are in pixels, the room at their left, and how many times are named."""

    width: float
    left: float
    times: int


WIDE: Final = Size(920, 58, 9)
NARROW: Final = Size(360, 52, 4)


class Panel(NamedTuple):
    """A plot and how to read it; ``keys`` are the classes and words of its legend."""

    title: str
    look: str
    keys: tuple[Key, ...]
    plot: Markup


class Timeline:
    """The plots of a simulation in one size."""

    def __init__(self, simulation: Simulation, size: Size) -> None:
        self._simulation = simulation
        self._run = simulation.run
        self._size = size
        last = self._run.minutes[-1]
        self._end = last.begin + last.seconds
        self._time = time_axis(self._end, size.times)
        before = [1.0, *(minute.going for minute in self._run.minutes[:-1])]
        pairs = zip(self._run.minutes, before, strict=True)
        self._going = [minute for minute, going in pairs if going >= _ENOUGH]

    def panels(self) -> Iterator[Panel]:
        """Yield the plots, the first one on top."""
        if serves(self._simulation):
            yield self._share()
        yield self._requests()
        for metric, unit, indices in self._metrics():
            yield from self._metric(metric, unit, indices)
        if serves(self._simulation):
            yield self._spent()
        if self._run.watches:
            yield self._states()
        if serves(self._simulation):
            yield self._endings()

    # -- axes ------------------------------------------------------------------------------------

    def _axes(
        self, title: str, high: float, unit: Unit, height: float = 160.0, low: float = 0.0
    ) -> Axes:
        frame = Frame(
            x_shown=self._time.shown,
            y_shown=lambda value: measured(value, unit),
            x_at=self._time.at,
            about=4,
            bottom=24.0,
        )
        axes = Axes(
            title, (0.0, self._end), (low, high),
            width=self._size.width, height=height, left=self._size.left, frame=frame,
        )  # fmt: skip
        for kind, spans in (("fault", self._simulation.faults), ("dark", self._simulation.outages)):
            for span in spans:
                if span.start < self._end:
                    end = min(span.end, self._end)
                    axes.box((span.start, low), (end, high), kind, span.label)
        for mark in self._run.steps[1:]:
            if mark.seconds < self._end:
                axes.line([(mark.seconds, low), (mark.seconds, high)], "step")
        return axes

    # -- plots -----------------------------------------------------------------------------------

    def _share(self) -> Panel:
        minutes = self._run.minutes
        high = min(1.0, max(0.02, *(1.3 * minute.share.p90 for minute in minutes)))
        axes = self._axes("candidate's share of traffic", high, "ratio")
        first = self._run.minutes[0].share
        points = [(0.0, first), *((_end(minute), minute.share) for minute in minutes)]
        # A minute's share is that at its end: it holds until the next one's.
        held = [(x, old) for (_, old), (x, _) in pairwise(points)]
        _banded(axes, [p for pair in zip(points, held, strict=False) for p in pair], "blue")
        for mark in self._run.steps:
            if mark.seconds < self._end * 0.97:
                axes.text((mark.seconds, high * 0.88), mark.label, "tick", "start")
        keys = [*_band_keys("blue")]
        keys += [("step", "earliest begin of a step")] if self._run.steps[1:] else []
        keys += [("fault", "fault")] if self._simulation.faults else []
        keys += [("dark", "no metrics")] if self._simulation.outages else []
        look = "Over all runs: none where one was aborted, all where it was promoted."
        return Panel("The candidate’s share of traffic", look, tuple(keys), axes.svg())

    def _requests(self) -> Panel:
        rows = self._going
        axes = self._axes(
            "requests to the candidate per minute", _high([row.requests for row in rows]), "number"
        )
        ends = [(0.0, rows[0].requests), *((_end(row), row.requests) for row in rows)]
        axes.line(list(_stepped(ends)), "line blue")
        look = "The mean over the runs that were still going."
        return Panel("Requests to the candidate per minute", look, (), axes.svg())

    def _spent(self) -> Panel:
        minutes = self._run.minutes
        zero = Band(0.0, 0.0, 0.0)
        points = [(0.0, zero), *((_end(minute), minute.spent) for minute in minutes)]
        high = _high([band.p90 for _, band in points])
        axes = self._axes("bad answers of the candidate so far", high, "number")
        _banded(axes, points, "orange")
        look = "Counted over all runs, from the begin on."
        return Panel("Bad answers of the candidate so far", look, _band_keys("orange"), axes.svg())

    def _metrics(self) -> list[tuple[str, Unit, list[int]]]:
        """Return every metric with the watches that are on it, the errors first."""
        found: dict[str, tuple[str, Unit, list[int]]] = {}
        if not any("error" in watch.metric for watch in self._run.watches):
            found["error ratio"] = ("error ratio", "ratio", [])
        for index, watch in enumerate(self._run.watches):
            found.setdefault(watch.metric, (watch.metric, watch.unit, []))[2].append(index)
        return sorted(found.values(), key=lambda each: "error" not in each[0])

    def _metric(self, metric: str, unit: Unit, indices: list[int]) -> Iterator[Panel]:
        """Yield the plot of what is measured, unless that is 0 all the time."""
        points = [
            (_end(row), row.watches[indices[0]].value if indices else row.ratio)
            for row in self._going
        ]
        limits = {index: self._limits(index) for index in indices}
        if not any(value.p90 for _, value in points if not isnan(value.p90)):
            return
        near = [limit for bounds in limits.values() for _, limit in bounds]
        high = _high([value.p90 for _, value in points], near)
        low = -_high([-value.p10 for _, value in points], empty=0.0)
        axes = self._axes(metric, high, unit, low=low)
        tone = "orange" if "error" in metric else "blue"
        _banded(axes, points, tone)
        last = next((value.p50 for _, value in reversed(points) if not isnan(value.p50)), 0.0)
        for index, bounds in limits.items():
            self._bound(axes, bounds, self._run.watches[index], high - low, last)
        keys = (*_band_keys(tone), *([("bound", "bound")] if indices else []))
        title = (
            f"{metric} {self._run.watches[indices[0]].of}" if indices else "The candidate’s errors"
        )
        look = "" if indices else f"In each stretch of {duration(self._run.minutes[0].seconds)}."
        yield Panel(title, look, keys, axes.svg())

    def _limits(self, index: int) -> list[tuple[float, float]]:
        return [
            (_end(row), row.watches[index].limit)
            for row in self._going
            if not isnan(row.watches[index].limit)
        ]

    def _bound(
        self,
        axes: Axes,
        limits: Sequence[tuple[float, float]],
        watch: Watch,
        size: float,
        last: float,
    ) -> None:
        """Draw a bound; its words stand on the side on which the last value is not."""
        seen = [point for point in limits if point[1] <= size]
        if seen:
            axes.line([(0.0, seen[0][1]), *seen], "bound")
            side = -0.11 if last > seen[-1][1] else 0.04
            axes.text((self._end, seen[-1][1] + size * side), watch.rule, "note halo", "end")

    def _states(self) -> Panel:
        watches = self._run.watches
        count = len(watches)
        axes = self._axes("what is said of it", float(count), "number", 40.0 + 46.0 * count)
        for index, watch in enumerate(watches):
            base = count - index - 1
            for group in _grouped(self._going, _STRIPS):
                _strip(axes, base, group, index, watch)
            axes.text((0.0, base + 0.7), f"{watch.metric} {watch.rule}", "note", "start")
        keys = tuple((f"state {state}", state) for state in _STATES)
        look = "Shares of the runs that were still going."
        title = f"What {_WATCHES[self._simulation.strategy]}"
        return Panel(title, look, keys, axes.svg(y_ticks=False))

    def _endings(self) -> Panel:
        axes = self._axes("how many runs have ended", 1.0, "ratio")
        rows = [(0.0, 0.0, 1.0), *((_end(m), m.promoted, m.going) for m in self._run.minutes)]
        axes.area([(x, 0.0, promoted) for x, promoted, _ in rows], "ended promote")
        axes.area([(x, p, p + going) for x, p, going in rows], "ended neither")
        axes.area([(x, p + going, 1.0) for x, p, going in rows], "ended abort")
        words = {each.kind: each.outcome for each in self._run.endings}
        keys = (
            ("ended abort", words.get("abort", "abort")),
            ("ended neither", "still going"),
            ("ended promote", words.get("promote", "promote")),
        )
        look = f"Shares of all {self._simulation.runs:,} runs; the axis counts {self._time.unit}."
        return Panel("How many runs have ended", look, keys, axes.svg())


def _end(minute: Minute) -> float:
    return minute.begin + minute.seconds


def _band_keys(tone: str) -> tuple[Key, ...]:
    return (f"line {tone}", "median"), (f"band {tone}", "10 to 90 % of the runs")


def _banded(axes: Axes, points: Iterable[tuple[float, Band]], tone: str) -> None:
    """Draw a median in its band."""
    there = [(x, band) for x, band in points if not isnan(band.p50)]
    axes.area([(x, band.p10, band.p90) for x, band in there], f"band {tone}")
    axes.line([(x, band.p50) for x, band in there], f"line {tone}")


def _stepped(points: Iterable[tuple[float, T]]) -> Iterator[tuple[float, T]]:
    """Yield points between which a value stays and then jumps, at the begin of each stretch."""
    for (start, _), (end, value) in pairwise(points):
        yield start, value
        yield end, value


def _high(values: Sequence[float], bounds: Iterable[float] = (), *, empty: float = 0.01) -> float:
    """Return where an axis ends: above the values, and the bounds that are not far away.

    It ends at ``empty`` where there is nothing above 0.
    """
    most = max([0.0, *(value for value in values if not isnan(value))])
    near = [bound for bound in bounds if bound <= 6 * most or not most]
    return 1.25 * max([most, *near]) or empty


def _grouped(minutes: Sequence[Minute], most: int) -> Iterator[Sequence[Minute]]:
    each = -(-len(minutes) // most)
    for start in range(0, len(minutes), each):
        yield minutes[start : start + each]


def _strip(axes: Axes, base: float, group: Sequence[Minute], index: int, watch: Watch) -> None:
    """Draw what a watch said in a few minutes: the parts of the runs above each other."""
    said = [minute.watches[index] for minute in group]
    low = base + 0.05
    for state in _STATES:
        share = sum(getattr(each, state) for each in said) / len(said)
        if share > 0.002:
            top = low + 0.55 * share
            until = duration(_end(group[-1]))
            words = f"{watch.metric} {watch.rule}, {until}: {state} in {percent(share)}"
            axes.box((group[0].begin, low), (_end(group[-1]), top), f"state {state}", words)
            low = top
