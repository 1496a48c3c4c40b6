"""The page of a report: a template filled with its numbers and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairway.drawing.template import page_environment
from fairway.evidence.html.plots import interval_bar, latency_plot, quality_plots, slice_plot
from fairway.evidence.report import Verdict
from fairway.evidence.thresholds import shown

if TYPE_CHECKING:
    from fairway.evidence.measure.curves import Curves

_FOLDER: Final = Path(__file__).parent


def make_page(
    report: Mapping[str, Any],
    tests: Sequence[Verdict],
    curves: Curves,
    latencies: Sequence[tuple[float, float, int]],
) -> str:
    """Return the page; ``latencies`` is the histogram of single rows in milliseconds.

    Nothing in it refers to another file, and everything that a spec, a data set or a model says
    is text in it, never markup.
    """
    environment = page_environment(_FOLDER)
    environment.filters["shown"] = _shown
    environment.filters["signed"] = lambda value: "–" if value is None else f"{value:+.4g}"
    measured = report["measured"]
    thresholds = [*report["thresholds"], *measured["thresholds"]]
    return environment.get_template("report.html.jinja").render(
        report=report,
        thresholds=[(each, interval_bar(each)) for each in thresholds],
        failed=[test for test in tests if test.why and not test.warns],
        warned=[test for test in tests if test.why and test.warns],
        passed=sum(not test.why for test in tests),
        total=len(tests),
        quality=quality_plots(curves, report["dataset"]["target"]),
        slices=[(entry, slice_plot(entry, bounds)) for entry, bounds in _slices(report)],
        latency_plot=latency_plot(latencies, measured["latency"], measured["thresholds"]),
    )


def _slices(report: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Return every slice with the bounds that are on it."""
    return [
        (
            entry,
            [
                each
                for each in report["thresholds"]
                if each["by"] == entry["column"]
                and (each["metric"], each["positive"]) == (entry["metric"], entry["positive"])
            ],
        )
        for entry in report["slices"]
    ]


def _shown(value: float | None) -> str:
    return "–" if value is None else shown(value)
