"""The page of a simulation: a template filled with its numbers and its plots."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from markupsafe import Markup

from fairway.drawing.template import page_environment
from fairway.simulate.html.distribution import plot
from fairway.simulate.html.timeline import NARROW, WIDE, Panel, Timeline
from fairway.simulate.result import Histogram, Simulation, Spread
from fairway.simulate.text import title
from fairway.simulate.verdict import serves, verdict
from fairway.simulate.wording import duration, measured, number, percent

_FOLDER: Final = Path(__file__).parent


def make_page(simulation: Simulation) -> str:
    """Return the page. Nothing in it refers to another file, and no text in it is markup."""
    environment = page_environment(_FOLDER)
    environment.filters.update(percent=percent, duration=duration, number=number, measured=measured)
    head, _, rest = verdict(simulation).partition(", ")
    return environment.get_template("simulation.html.jinja").render(
        simulation=simulation,
        run=simulation.run,
        title=title(simulation),
        head=head,
        rest=rest,
        serves=serves(simulation),
        stopped=any(watch.stopped for watch in simulation.run.watches),
        panels=_panels(simulation),
        histograms=[(each, _plotted(each, simulation)) for each in simulation.run.histograms],
    )


def _panels(simulation: Simulation) -> list[tuple[Panel, Panel]]:
    if not simulation.run.minutes:
        return []
    wide, narrow = (Timeline(simulation, size).panels() for size in (WIDE, NARROW))
    return list(zip(wide, narrow, strict=True))


def _plotted(histogram: Histogram, simulation: Simulation) -> Markup:
    return plot(histogram, _spread(histogram, simulation))


def _spread(histogram: Histogram, simulation: Simulation) -> Spread:
    """Return the numbers of what a histogram shows."""
    if histogram.unit == "seconds":
        return next(e.seconds for e in simulation.run.endings if e.kind == "abort")
    return simulation.run.bad
