"""The verdict of a simulation in a line, and whether it is the one that was expected."""

from __future__ import annotations

from fairway.simulate.result import Ending, Kind, Simulation
from fairway.simulate.wording import duration, number, percent


def verdict(simulation: Simulation) -> str:
    """Return how most runs end, after how long, and what that costs."""
    first = simulation.run.endings[0]
    parts = [f"{first.outcome} in {percent(first.probability)} of {simulation.runs:,} runs"]
    if first.kind == "neither":
        parts.append(f"within {duration(first.seconds.median)}")
    else:
        parts.append(f"after {duration(first.seconds.median)} (median)")
    if serves(simulation):
        parts.append(bad_answers(first))
    else:
        parts.append("no bad answer reaches anybody")
    return ", ".join(parts)


def bad_answers(ending: Ending) -> str:
    """Return what an ending costs: ``1,240 bad answers (p90 1,530)``."""
    return f"{number(ending.bad.median)} bad answers (p90 {number(ending.bad.p90)})"


def serves(simulation: Simulation) -> bool:
    """Whether anybody waits for the candidate's answers; a mirror's are dropped."""
    return simulation.strategy != "shadow"


def probability(simulation: Simulation, kind: Kind) -> float:
    """Return the share of the runs that end in this way, whatever their strategy calls it."""
    return sum(each.probability for each in simulation.run.endings if each.kind == kind)
