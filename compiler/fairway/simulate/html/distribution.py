"""How the runs are spread: histograms with their medians."""

from __future__ import annotations

from markupsafe import Markup

from fairway.drawing.svg import Axes, Frame
from fairway.simulate.html.axis import time_axis
from fairway.simulate.result import Histogram, Spread
from fairway.simulate.wording import measured, number


def plot(histogram: Histogram, spread: Spread) -> Markup:
    """Return a histogram with lines at the median and the 90th percentile of ``spread``."""
    if not histogram.counts:
        return Markup("")
    # A range holds whole minutes, or whole answers: it begins half of one before its first.
    half = (60.0 if histogram.unit == "seconds" else 1.0) / 2
    width = (histogram.high - histogram.low) / len(histogram.counts) or 2 * half
    low = histogram.low - half
    high = low + width * len(histogram.counts)
    axes = _axes(histogram, low, high)
    top = max(histogram.counts) * 1.2
    for index, count in enumerate(histogram.counts):
        begin = low + index * width
        words = f"{measured(begin + half, histogram.unit)}: {number(count)} runs"
        if count:
            axes.box((begin, 0), (begin + width, count), "bar", words)
    marks = (("median", spread.median), ("p90", spread.p90))
    for _, value in marks:
        axes.line([(value, 0), (value, top)], "mark")
    for index, (name, value) in enumerate(marks):
        words = f"{name} {measured(value, histogram.unit)}"
        anchor = "start" if value < low + 0.6 * (high - low) else "end"
        axes.text((value, top * (0.94 - 0.1 * index)), words, "note halo", anchor)
    return axes.svg()


def _axes(histogram: Histogram, low: float, high: float) -> Axes:
    label = histogram.name
    frame = Frame(number, number, about=4)
    if histogram.unit == "seconds":
        time = time_axis(high, 6, low)
        label = f"{label}, {time.unit}"
        frame = Frame(time.shown, number, time.at, about=4)
    top = max(histogram.counts) * 1.2
    return Axes(histogram.name, (low, high), (0, top), labels=(label, "runs"), frame=frame)
