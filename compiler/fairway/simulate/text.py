"""A simulation as text: the verdict, how it ends, and the course in a table."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.simulate.result import Ending, Minute, Simulation, Spread, WatchMinute
from fairway.simulate.verdict import serves, verdict
from fairway.simulate.wording import NONE, duration, measured, number, percent

_ROWS = 20
_STRATEGIES = {
    "canary": "canary of {candidate} beside {stable}",
    "blueGreen": "blue/green switch from {stable} to {candidate}",
    "rolling": "rolling update to {candidate}",
    "shadow": "mirror of {stable}'s traffic to {candidate}",
    "ab": "A/B test of {candidate} against {stable}",
}


def render(simulation: Simulation) -> str:
    """Return the whole text, its last line ended."""
    parts = [verdict(simulation), "\n".join(_head(simulation)), _endings(simulation)]
    parts += [_watches(simulation), _course(simulation)]
    parts.append("\n".join(f"note: {note}" for note in simulation.run.notes))
    return "\n\n".join(part for part in parts if part) + "\n"


def title(simulation: Simulation) -> str:
    """Return what is simulated: ``canary of 1.1.0 beside 1.0.0``."""
    words = _STRATEGIES[simulation.strategy]
    return words.format(stable=simulation.stable, candidate=simulation.candidate)


def _head(simulation: Simulation) -> list[str]:
    head = f"{simulation.name} in {simulation.environment}: {title(simulation)}"
    runs = f"{simulation.runs:,} runs, seed {simulation.seed}"
    return [head, *(f"  {words}" for words in simulation.scenario), f"  {runs}"]


def _endings(simulation: Simulation) -> str:
    rows = [["outcome", "runs", "of all", "95 % interval", "after", "p90"]]
    costs = serves(simulation)
    rows[0] += ["bad answers", "p90", "of both versions", "p90"] if costs else []
    shown = (each for each in simulation.run.endings if each.runs or each.kind != "neither")
    rows += [_ending(each, costs) for each in shown]
    return table(rows, left=1)


def _ending(each: Ending, costs: bool) -> list[str]:
    row = [each.outcome, f"{each.runs:,}", percent(each.probability)]
    row.append(f"{percent(each.low).removesuffix(' %')} to {percent(each.high)}")
    row += [duration(each.seconds.median), duration(each.seconds.p90)]
    return row + (_cost(each.bad) + _cost(each.bad_total) if costs else [])


def _cost(spread: Spread) -> list[str]:
    return [number(spread.median), number(spread.p90)]


def _watches(simulation: Simulation) -> str:
    watches = simulation.run.watches
    if not any(watch.stopped for watch in watches):
        return ""
    rows = [["stopped by", "of the aborted runs"]]
    rows += [[f"{watch.metric} {watch.rule}", percent(watch.stopped)] for watch in watches]
    return table(rows, left=1)


def _course(simulation: Simulation) -> str:
    minutes = simulation.run.minutes
    if not minutes:
        return ""
    costs = serves(simulation)
    head = ["until", *(["share"] if costs else []), "requests\n/min", "errors\n/min", "error ratio"]
    head += [f"{watch.metric}\n{watch.rule}" for watch in simulation.run.watches]
    head += ["promoted", "aborted"] if costs else []
    units = [watch.unit for watch in simulation.run.watches]
    rows = [head]
    for minute in _thinned(minutes):
        until = duration(minute.begin + minute.seconds)
        row = [until, *([percent(minute.share.p50)] if costs else []), number(minute.requests)]
        row += [number(minute.errors), _range(minute)]
        row += [_state(seen, unit) for seen, unit in zip(minute.watches, units, strict=True)]
        ends = (minute.promoted, minute.aborted)
        rows.append(row + ([percent(share) for share in ends] if costs else []))
    note = "share, promoted and aborted are of all runs; everything else of those still going"
    return table(rows, left=0) + (f"\n{note}" if costs else "")


def _thinned(minutes: Sequence[Minute]) -> list[Minute]:
    """Return at most about twenty rows: the first, the last, and some between."""
    step = -(-len(minutes) // _ROWS)
    kept = list(minutes[::step])
    return kept if kept[-1] is minutes[-1] else [*kept, minutes[-1]]


def _range(minute: Minute) -> str:
    low, high = percent(minute.ratio.p10), percent(minute.ratio.p90)
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _state(seen: WatchMinute, unit: str) -> str:
    value = measured(seen.value.p50, unit)
    if not seen.passes + seen.fails + seen.unknown:
        return NONE
    if seen.fails:
        return f"{value} fails {percent(seen.fails)}"
    state = "unknown" if seen.unknown > 0.5 else "passes"
    return state if value == NONE else f"{value} {state}"


def table(rows: Sequence[Sequence[str]], left: int) -> str:
    """Return rows in columns; the first ``left`` ones are words, the others end flush.

    A cell of the first row may have two lines.
    """
    above = [cell.rpartition("\n")[0] for cell in rows[0]]
    rows = [above, [cell.rpartition("\n")[2] for cell in rows[0]], *rows[1:]]
    rows = rows if any(above) else rows[1:]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
