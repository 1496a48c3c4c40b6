"""Traits: properties of a whole release that a target may be unable to express.

A field alone can be fine for a target, and its value beside others not: Flagger has one interval
for all steps. A target names such a trait under ``cannotWhen``; adding one is adding a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fairway.deployment import workload_name
from fairway.location import Route

if TYPE_CHECKING:
    from fairway.spec.release import Canary, Strategy
    from fairway.spec.units import Percentage
    from fairway.spec.view import View

Find: TypeAlias = Callable[["View"], Route | None]


class Trait(NamedTuple):
    """A trait: what a spec that has it says, and where it says so (None: it has it not).

    ``mend`` is what a person does about it; empty where another target is the way out.
    ``easiest`` is what a person can do in the spec instead of choosing another target.
    """

    says: str
    find: Find
    mend: str = ""
    easiest: Callable[[View], str] | None = None


_STRATEGY: Route = ("release", "strategy")
_STEPS: Route = (*_STRATEGY, "canary", "steps")
_SCALING: Route = ("serving", "scaling")


def _unequal_holds(view: View) -> Route | None:
    canary = view.spec.release.strategy.canary
    holds = [step.hold for step in canary.steps] if canary is not None else []
    return next(
        ((*_STEPS, i, "hold") for i, hold in enumerate(holds) if hold != holds[0]),
        None,
    )


def _fractional_weights(view: View) -> Route | None:
    return next((route for route, share in _shares(view) if share.percent % 1), None)


def _falling_weights(view: View) -> Route | None:
    canary = view.spec.release.strategy.canary
    weights = [step.weight.percent for step in canary.steps] if canary is not None else []
    pairs = zip([Decimal(0), *weights], weights, strict=False)
    return next(((*_STEPS, i, "weight") for i, (a, b) in enumerate(pairs) if b <= a), None)


def _partial_mirror(view: View) -> Route | None:
    shadow = view.spec.release.strategy.shadow
    partial = shadow is not None and shadow.mirror.percent != 100
    return (*_STRATEGY, "shadow", "mirror") if partial else None


def _relative_gates(view: View) -> Route | None:
    canary = view.spec.release.strategy.canary
    gates = canary.gates if canary is not None else []
    relative = (i for i, g in enumerate(gates) if g.within or g.within_relative)
    return next(((*_STRATEGY, "canary", "gates", i) for i in relative), None)


def _only_callers_inside(view: View) -> Route | None:
    callers = view.spec.serving.callers
    if not _splits(view.spec.release.strategy) or view.spec.release.candidate is None:
        return None
    inside = all(caller.gateway is None for caller in callers)
    return ("serving", "callers") if callers and inside else None


def _through_the_gateway(view: View) -> str:
    name = view.place.gateway.name if view.place.gateway is not None else "NAME"
    return f"let callers come through the gateway: add `{{gateway: {name}}}` to `serving.callers`"


def _gates_unwatched(view: View) -> Route | None:
    canary = view.spec.release.strategy.canary
    asked = canary is not None and canary.gates and view.place.prometheus is None
    return (*_STRATEGY, "canary", "gates") if asked else None


def _rare_readings(view: View) -> Route | None:
    canary = view.spec.release.strategy.canary
    if canary is None or not canary.gates or canary.interval == canary.steps[0].hold:
        return None
    return (*_STRATEGY, "canary", "interval")


def _short_holds(view: View) -> Route | None:
    canary = view.spec.release.strategy.canary
    holds = [step.hold.seconds for step in canary.steps] if canary is not None else []
    return next(((*_STEPS, i, "hold") for i, hold in enumerate(holds) if hold < 10), None)


def _waiting_candidate(view: View) -> Route | None:
    release = view.spec.release
    green = release.strategy.blue_green
    waits = green is not None and release.candidate is not None and green.active == "stable"
    return (*_STRATEGY, "blueGreen", "active") if waits else None


def _fixed_size(view: View) -> Route | None:
    scaling = view.spec.serving.scaling
    if view.spec.release.strategy.rolling is not None:
        return None
    return None if scaling.max is not None and scaling.max > scaling.min else _SCALING


def _pause(view: View) -> Route | None:
    canary = view.spec.release.strategy.canary
    paused = canary is not None and canary.on_failure == "pause"
    return (*_STRATEGY, "canary", "onFailure") if paused else None


def _names_over_48(view: View) -> Route | None:
    release, name = view.spec.release, view.spec.metadata.name  # of at most 40
    if release.strategy.rolling is not None and release.handover is None:
        return None  # one set of pods, of the deployment's name
    versions = [version for version in (release.stable, release.candidate) if version]
    long = (version for version in versions if len(workload_name(name, version)) > 48)
    return next((("versions", version) for version in long), None)


def _shares(view: View) -> Iterator[tuple[Route, Percentage]]:
    strategy = view.spec.release.strategy
    canary: Canary | None = strategy.canary
    if canary is not None:
        yield from (((*_STEPS, i, "weight"), s.weight) for i, s in enumerate(canary.steps))
    if strategy.shadow is not None:
        yield (*_STRATEGY, "shadow", "mirror"), strategy.shadow.mirror
    if strategy.ab is not None:
        yield (*_STRATEGY, "ab", "weight"), strategy.ab.weight


def _splits(strategy: Strategy) -> bool:
    return any((strategy.canary, strategy.shadow, strategy.ab))


TRAITS: Mapping[str, Trait] = {
    "unequalHolds": Trait("steps of different holds", _unequal_holds),
    "fractionalWeights": Trait("a share that is no whole percentage", _fractional_weights),
    "fallingWeights": Trait("a step with no more traffic than the one before", _falling_weights),
    "partialMirror": Trait("a copy of some requests only", _partial_mirror),
    "relativeGates": Trait("a gate that compares with the stable version", _relative_gates),
    "pauseOnFailure": Trait("a pause when a gate fails", _pause),
    "gatesWithoutPrometheus": Trait(
        "gates without the address of a Prometheus",
        _gates_unwatched,
        "ask the platform team to add `prometheus: {address: http://…}` to the environment",
    ),
    "readingsWithinHolds": Trait(
        "gates that are read more often, or less, than steps end",
        _rare_readings,
        "set the canary's `interval` to the hold of its steps",
    ),
    "shortHolds": Trait("a hold of less than ten seconds", _short_holds),
    "waitingCandidate": Trait("a candidate that runs and waits for the switch", _waiting_candidate),
    "fixedSize": Trait(
        "a fixed number of pods", _fixed_size, "set `serving.scaling.max` above `min`"
    ),
    "namesOver48": Trait("a name of pods with more than 48 characters", _names_over_48),
    "onlyCallersInside": Trait(
        "a split of calls that come from inside the cluster only",
        _only_callers_inside,
        easiest=_through_the_gateway,
    ),
}
"""The traits by the name that ``cannotWhen`` has for them."""
