"""Rules of meaning about how traffic moves: strategies, their candidates and handovers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairway import rule
from fairway.finding import Fix
from fairway.location import Route
from fairway.spec.view import Fault, MeaningRule, View


def _strategy_candidate(view: View) -> Iterator[Fault]:
    release = view.spec.release
    strategy = release.strategy
    route: Route = ("release", "strategy")
    if strategy.rolling is not None and release.candidate is not None:
        message = "a rolling release has no candidate: the stable version replaces its predecessor"
        fix = Fix(f"make {release.candidate} the stable version, or choose another strategy")
        yield Fault(rule.CONSISTENT, ("release", "candidate"), message, fix)
    for name in ("canary", "shadow", "ab"):
        # A canary before its first step waits for its next candidate.
        waits = name == "canary" and strategy.canary is not None and strategy.canary.step == 0
        if getattr(strategy, name) is not None and release.candidate is None and not waits:
            message = f"{name} moves traffic to a candidate, and there is none"
            fix = Fix("add `release.candidate`, or use rolling")
            yield Fault(rule.CONSISTENT, (*route, name), message, fix, "key")
    green = strategy.blue_green
    if green is not None and green.active == "candidate" and release.candidate is None:
        message = "the candidate is to answer, and there is none"
        fix = Fix("add `release.candidate`, or set `active: stable`")
        yield Fault(rule.CONSISTENT, (*route, "blueGreen", "active"), message, fix)
    canary = strategy.canary
    if canary is not None and canary.step > len(canary.steps):
        have = len(canary.steps)
        message = f"there is no step {canary.step}: the canary has {have}"
        fix = Fix(f"write a step from 0 to {have}")
        yield Fault(rule.REFERENCE, (*route, "canary", "step"), message, fix)


def _no_copies_with_effects(view: View) -> Iterator[Fault]:
    """Refuse copies of requests to a version that does more than answer."""
    release, model = view.spec.release, view.spec.model
    version = view.spec.versions.get(release.candidate or "")
    if release.strategy.shadow is None or version is None:
        return
    effects = version.side_effects if version.side_effects is not None else model.side_effects
    if effects:
        message = (
            f"{release.candidate} has side effects (`sideEffects`), and a shadow would cause them"
            " a second time for every request that is copied"
        )
        fix = Fix("try it as a canary, or give its copy a version without side effects")
        route = ("release", "strategy", "shadow")
        yield Fault(rule.CONSISTENT, route, message, fix, "key")


def _handover(view: View) -> Iterator[Fault]:
    release = view.spec.release
    rolling = release.strategy.rolling is not None
    if release.handover == ("rolling" if rolling else "perVersion"):
        message = f"`handover: {release.handover}` names the form that the strategy has already"
        yield Fault(rule.CONSISTENT, ("release", "handover"), message, Fix("remove it"))


STRATEGIES: Mapping[MeaningRule, tuple[Route, ...]] = {
    _strategy_candidate: (("release",),),
    _no_copies_with_effects: (("release",), ("model",), ("versions",)),
    _handover: (("release",),),
}
"""The rules with the routes that they read."""
