"""A Deployment's rolling update, played out in every order in which pods may become ready.

The two moves are those of the controller (kubernetes/kubernetes, pkg/controller/deployment,
``NewRSNewReplicas`` and ``scaleDownOldReplicaSetsForRollingUpdate``); between them any new pod
that has a place may become ready.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class State(NamedTuple):
    """Old pods, which all serve, new ones, and how many of those serve."""

    old: int
    new: int
    ready: int


class Outcome(NamedTuple):
    """What can happen: the most pods, the fewest that serve, and whether it can end."""

    most: int
    fewest_ready: int
    ends: bool


def play(wanted: int, surge: int, unavailable: int, places: int | None = None) -> Outcome:
    """Play an update of ``wanted`` pods; ``places`` is how many pods can run at all."""
    start = State(wanted, 0, 0)
    seen, todo = {start}, [start]
    while todo:
        for state in _moves(todo.pop(), wanted, surge, unavailable, places):
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return Outcome(
        most=max(state.old + state.new for state in seen),
        fewest_ready=min(state.old + state.ready for state in seen),
        ends=State(0, wanted, wanted) in seen,
    )


def _moves(
    state: State, wanted: int, surge: int, unavailable: int, places: int | None
) -> Iterator[State]:
    old, new, ready = state
    more = min(wanted + surge - old - new, wanted - new)
    if more > 0:
        yield State(old, new + more, ready)
    least = wanted - unavailable
    if old + new - least - (new - ready) > 0 and old + ready > least:
        yield State(old - min(old, old + ready - least), new, ready)
    if ready < new and (places is None or old + ready < places):
        yield State(old, new, ready + 1)
