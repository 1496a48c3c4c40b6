"""Amounts that must be more than 0: time that gates and objectives look over, shares and rates.

Prometheus refuses a window of 0, a controller an interval of 0, and a copy of 0% compares nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from fairway import rule
from fairway.location import Route
from fairway.spec.units import Duration, Percentage, Rate
from fairway.spec.view import Fault, MeaningRule, View

_Amount: TypeAlias = Duration | Percentage | Rate | None
_CANARY: Route = ("release", "strategy", "canary")
_SHADOW: Route = ("release", "strategy", "shadow")
_AB: Route = ("release", "strategy", "ab")
_SLOS: Route = ("monitoring", "slos")


def _strategy(view: View) -> Iterator[Fault]:
    strategy = view.spec.release.strategy
    amounts: list[tuple[Route, _Amount]] = []
    if (canary := strategy.canary) is not None:
        holds = ((*_CANARY, "steps", i, "hold") for i in range(len(canary.steps)))
        amounts += zip(holds, (step.hold for step in canary.steps), strict=True)
        amounts += [((*_CANARY, "interval"), canary.interval)]
        amounts += [((*_CANARY, "window"), canary.window), ((*_CANARY, "fault"), canary.fault)]
    if strategy.shadow is not None:
        amounts += [((*_SHADOW, "mirror"), strategy.shadow.mirror)]
    if strategy.ab is not None:
        amounts += [
            ((*_AB, "users"), strategy.ab.users),
            ((*_AB, "duration"), strategy.ab.duration),
        ]
    yield from _zeros(amounts)


def _monitoring(view: View) -> Iterator[Fault]:
    monitoring = view.spec.monitoring
    slos = monitoring.slos if monitoring is not None else []
    windows = (((*_SLOS, i, "window"), slo.window) for i, slo in enumerate(slos))
    yield from _zeros(windows)


def _zeros(amounts: Iterable[tuple[Route, _Amount]]) -> Iterator[Fault]:
    for route, amount in amounts:
        if amount is not None and not any(amount):
            zero = "0%" if isinstance(amount, Percentage) else "0"
            yield Fault(rule.VALUE, route, f"it must be more than {zero}")


POSITIVE: Mapping[MeaningRule, tuple[Route, ...]] = {
    _strategy: (("release", "strategy"),),
    _monitoring: (("monitoring",),),
}
"""The rules with the routes that they read."""
