"""Capabilities: which fields of the language a target carries out, and which it cannot.

A field that no chosen target expresses, or that one of them rules out, is a finding; nothing
is ever dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NamedTuple

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Route, format_route
from fairway.source.layers import Merged
from fairway.spec.meaning import unread
from fairway.target.needs import needs_of
from fairway.target.trait import TRAITS

if TYPE_CHECKING:
    from fairway.spec.view import View
    from fairway.target.load import Target

_READ_BY_THE_ENGINE = (
    "apiVersion",
    "kind",
    "metadata",
    "model",
    "versions",
    "evidence",
    "serving.traffic.expected",
    "serving.traffic.peak",
    "release.stable",
    "release.handover",
    # Whatever moves the traffic, these are read by the arithmetic, by the commands that take the
    # next step, and by those that judge a result.
    "release.strategy.canary.step",
    "release.strategy.canary.gates",
    "release.strategy.canary.minRequests",
    "release.strategy.canary.onFailure",
    "release.strategy.canary.interval",
    "release.strategy.canary.window",
    "release.strategy.canary.fault",
    "release.strategy.canary.budget",
    "release.strategy.shadow.compare",
    "release.strategy.ab.users",
    "release.strategy.ab.metric",
    "release.strategy.ab.baseline",
    "release.strategy.ab.effect",
    "release.strategy.ab.effectRelative",
    "release.strategy.ab.secondary",
    "release.strategy.ab.alpha",
    "release.strategy.ab.power",
    "release.strategy.ab.duration",
    "release.strategy.ab.looks",
    "release.strategy.ab.spending",
)
ENGINE_FIELDS: Mapping[str, tuple[str, ...]] = dict.fromkeys(_READ_BY_THE_ENGINE, ())
"""Fields that Fairway itself reads, whatever the targets are."""


class _Branch:
    """A step of the tree of expressed fields; ``whole`` covers everything below."""

    __slots__ = ("below", "whole")

    def __init__(self) -> None:
        self.whole = False
        self.below: dict[str, _Branch] = {}


class Capabilities(NamedTuple):
    """What the targets of one environment express together."""

    targets: tuple[Target, ...]
    tree: _Branch
    values: Mapping[str, frozenset[str]]
    refused: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, targets: Iterable[Target]) -> Capabilities:
        """Join the targets' capabilities: the union of what they express, every refusal kept."""
        chosen = tuple(targets)
        tree = _Branch()
        values: dict[str, frozenset[str]] = {}
        refused: dict[str, tuple[str, str]] = {}
        for expresses in (ENGINE_FIELDS, *(target.expresses for target in chosen)):
            for name, allowed in expresses.items():
                _add(tree, name)
                if allowed:
                    values[name] = values.get(name, frozenset()) | frozenset(allowed)
        for target in chosen:
            for name, why in target.cannot.items():
                refused[name] = (target.name, why)
        return cls(chosen, tree, values, refused)


_NOBODY = "remove it for this environment: no installed target can express it"
_AUTH = "serving.auth."
_NO_AUTH = (
    "ask the platform team for a router that enforces it, or say `none` with the reason why"
    " nobody needs to be checked there: no installed target can express it"
)
"""Removing what authenticates callers would mend the file and open the model."""


def check_fields(
    merged: Merged, capabilities: Capabilities, environment: str, installed: Iterable[Target]
) -> list[Finding]:
    """Return a finding for every field of the document that the environment cannot express."""
    routes: list[tuple[Route, str]] = []
    _walk(merged.value, capabilities.tree, (), "", capabilities.refused, routes)
    return [
        _finding(merged, route, name, capabilities, environment, installed)
        for route, name in routes
    ]


def check_values(
    merged: Merged,
    values: Mapping[str, str],
    capabilities: Capabilities,
    environment: str,
    installed: Iterable[Target],
) -> list[Finding]:
    """Check enumerated fields, defaults included: ``values`` gives each field's chosen value."""
    findings: list[Finding] = []
    for name, value in values.items():
        allowed = capabilities.values.get(name)
        if allowed is None or value in allowed:
            continue
        chosen = f"{name}={value}"
        able = _able(chosen, _instead(chosen, capabilities, installed))
        targets = ", ".join(target.name for target in capabilities.targets)
        if chosen in capabilities.refused:
            refuser, why = capabilities.refused[chosen]
            message = f"{refuser} cannot express `{name}: {value}`: {why}"
        else:
            message = (
                f"none of the environment's targets ({targets}) can express `{name}: {value}`;"
                f" they have {', '.join(sorted(allowed))}"
            )
        at = merged.locate(tuple(name.split(".")))
        fix = _fix(able, f"write {' or '.join(sorted(allowed))}")
        findings.append(rule.CAPABILITY(message, at, fix=fix, environments=(environment,)))
    return findings


def check_traits(
    view: View, capabilities: Capabilities, installed: Iterable[Target]
) -> list[Finding]:
    """Return a finding for every trait of the spec that a target of the environment refuses."""
    findings: list[Finding] = []
    chosen = {target.name for target in capabilities.targets}
    for target in capabilities.targets:
        for name, why in target.traits.items():
            route = TRAITS[name].find(view)
            if route is None or unread(view.faulty, route):
                continue
            trait = TRAITS[name]
            message = f"{target.name} cannot express {trait.says}: {why}"
            others = [each for each in installed if each.role == target.role]
            others.sort(key=lambda each: _misses(each, chosen))
            able = None if trait.mend else _able_of_trait(name, view, others)
            otherwise = trait.mend or f"use another {target.role}, or another strategy"
            at = view.merged.locate(route)
            finding = rule.CAPABILITY(
                message, at, fix=_fix(able, otherwise), environments=(view.environment,)
            )
            findings.append(finding)
    return findings


def _able_of_trait(trait: str, view: View, targets: Iterable[Target]) -> Target | None:
    """Return a target that has the spec's strategy, and nothing against the trait."""
    strategy = view.spec.release.strategy
    chosen = next(name for name in strategy.ONE_OF if getattr(strategy, _attribute(name)))
    name = f"release.strategy.{chosen}"
    return _able(name, [target for target in targets if trait not in target.traits])


def _attribute(name: str) -> str:
    return "blue_green" if name == "blueGreen" else name


def enumerated(targets: Iterable[Target]) -> frozenset[str]:
    """Return the fields for which any installed target lists values."""
    return frozenset(
        name for target in targets for name, allowed in target.expresses.items() if allowed
    )


def _add(tree: _Branch, name: str) -> None:
    for step in name.split("."):
        tree = tree.below.setdefault(step, _Branch())
    tree.whole = True


def _walk(
    value: Any,
    branch: _Branch,
    route: Route,
    name: str,
    refused: Mapping[str, tuple[str, str]],
    found: list[tuple[Route, str]],
) -> None:
    if name in refused:
        found.append((route, name))
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, branch, (*route, index), name, refused, found)
        return
    if not isinstance(value, dict):
        return
    prefix = f"{name}." if name else ""
    for key, child in value.items():
        below = branch.below.get(key)
        inner = prefix + key
        if below is not None:
            _walk(child, below, (*route, key), inner, refused, found)
        elif inner in refused or not branch.whole:
            found.append(((*route, key), inner))


def _finding(
    merged: Merged,
    route: Route,
    name: str,
    capabilities: Capabilities,
    environment: str,
    installed: Iterable[Target],
) -> Finding:
    targets = ", ".join(target.name for target in capabilities.targets)
    shown = format_route(route)
    if name in capabilities.refused:
        target, why = capabilities.refused[name]
        message = f"{target} cannot express `{shown}`: {why}"
    else:
        message = f"none of the environment's targets ({targets}) can express `{shown}`"
    at = merged.locate(route, "key")
    able = _able(name, _instead(name, capabilities, installed))
    fix = _fix(able, _NO_AUTH if name.startswith(_AUTH) else _NOBODY)
    return rule.CAPABILITY(message, at, fix=fix, environments=(environment,))


_EASE: Mapping[str, int] = {"addon": 0, "image": 1, "router": 2, "workload": 3}
"""Roles by how much an environment changes with a target of theirs: the first two only add."""


def _instead(name: str, capabilities: Capabilities, installed: Iterable[Target]) -> list[Target]:
    """Return the targets that may express a field, the nearest first.

    Whatever one target rules out, only another one of its role can lift. One that needs other
    targets than the environment has is the farthest.
    """
    refuser = capabilities.refused.get(name, ("", ""))[0]
    roles = {target.role for target in capabilities.targets if target.name == refuser}
    near = [target for target in installed if not roles or target.role in roles]
    chosen = {target.name for target in capabilities.targets}
    return sorted(near, key=lambda target: (_misses(target, chosen), _EASE[target.role]))


def _misses(target: Target, chosen: AbstractSet[str]) -> bool:
    needs = needs_of(target)
    return any(wanted and not chosen & set(wanted) for wanted in (needs.workload, needs.router))


def _able(name: str, targets: Iterable[Target]) -> Target | None:
    """Return the first target that expresses a field, or ``field=value``, or a part of it."""
    field_name, _, value = name.partition("=")
    steps = field_name.split(".")
    above = [".".join(steps[:length]) for length in range(len(steps), 0, -1)]
    for target in targets:
        if name in target.cannot or any(each in target.cannot for each in above):
            continue
        allowed = next((target.expresses[each] for each in above if each in target.expresses), None)
        if allowed is not None and (not value or not allowed or value in allowed):
            return target
        if not value and any(each.startswith(f"{field_name}.") for each in target.expresses):
            return target
    return None


def _fix(able: Target | None, otherwise: str) -> Fix:
    if able is None:
        return Fix(otherwise)
    return Fix(f"the target `{able.name}` can: {able.use}")
