"""A move: what it would change, what speaks against it, and what it was decided by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from fairway.deployment import Deployment
from fairway.plan.release import Canary, Gate, Release
from fairway.plan.verdict import Reading, Verdict
from fairway.stepping.history import Commit, History
from fairway.stepping.measured import Taken
from fairway.stepping.put import Wanted
from fairway.stepping.state import State

Action: TypeAlias = Literal["advance", "promote", "rollback"]
Measure: TypeAlias = Callable[[Canary], "Taken | None"]
"""Gives the gates' readings; None when the command was told of none."""


APPLY = "fairway compile, and apply what it renders"
"""What comes after every commit of a move: the spec alone moves no traffic."""


class Situation(NamedTuple):
    """Where a release stands in one environment, and how to find out how it does.

    ``measure`` is asked only where gates decide. ``analysis`` holds the results of experiments.
    """

    deployment: Deployment
    release: Release
    state: State
    history: History
    now: datetime
    measure: Measure
    analysis: tuple[Mapping[str, object], ...] = ()

    @property
    def environment(self) -> str:
        """The environment that moves."""
        return self.deployment.environment


class Refusal(NamedTuple):
    """One reason against a move. ``forced`` says whether ``--force-reason`` overrides it."""

    why: str
    fix: str = ""
    forced: bool = False


class Change(NamedTuple):
    """A field that changes: values as they are written, and what that means in words."""

    wanted: Wanted
    before: str
    after: str
    meaning: str = ""


class Judged(NamedTuple):
    """A gate with its reading and what it says."""

    gate: Gate
    reading: Reading
    verdict: Verdict


class Wait(NamedTuple):
    """How long something is held: since which commit, for how long, and how long it has been.

    Times are in seconds. ``least`` says that the history is cut off, so that it has been longer.
    """

    what: str
    commit: Commit
    needed: float
    passed: float
    least: bool = False


class Move(NamedTuple):
    """A decision; with refusals, nothing changes.

    ``title`` says it in a few words, ``then`` what follows it (by the action ``following``, if by
    one), and ``notes`` what else to know.
    Of ``taken`` and ``wait`` there is at most one.
    """

    action: Action
    title: str
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    judged: tuple[Judged, ...] = ()
    taken: tuple[Taken, ...] = ()
    wait: tuple[Wait, ...] = ()
    then: str = ""
    following: Action | None = None
    notes: tuple[str, ...] = ()


def refused(action: Action, why: str, fix: str = "") -> Move:
    """Return a move that cannot be made, whatever is measured."""
    return Move(action, "", refusals=(Refusal(why, fix),))
