"""Capabilities: which fields of the language a target carries out, and which it cannot.

A field that no chosen target expresses, or that one of them rules out, is a finding; nothing
is ever dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Route, format_route
from fairway.source.layers import Merged
from fairway.spec.meaning import unread
from fairway.target.suggest import able, fix_with, nearest_first
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
    """What the targets of one environment express together.

    ``has`` is what other targets can need of it: each role with the target's name, and
    ``gateway`` with the implementation.
    """

    targets: tuple[Target, ...]
    tree: _Branch
    values: Mapping[str, frozenset[str]]
    refused: Mapping[str, tuple[str, str]]
    has: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, targets: Iterable[Target], gateway: str = "") -> Capabilities:
        """Join the targets' capabilities: the union of what they express, every refusal kept.

        ``gateway`` is the implementation of the environment's gateway, empty when it has none.
        """
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
        has: set[tuple[str, str]] = {(target.role, target.name) for target in chosen}
        if gateway:
            has.add(("gateway", gateway))
        return cls(chosen, tree, values, refused, frozenset(has))


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
        other = able(chosen, _instead(chosen, capabilities, installed))
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
        fix = fix_with(other, f"write {' or '.join(sorted(allowed))}", capabilities.has)
        findings.append(rule.CAPABILITY(message, at, fix=fix, environments=(environment,)))
    return findings


def check_traits(
    view: View, capabilities: Capabilities, installed: Iterable[Target]
) -> list[Finding]:
    """Return a finding for every trait of the spec that a target of the environment refuses."""
    findings: list[Finding] = []
    for target in capabilities.targets:
        for name, why in target.traits.items():
            route = TRAITS[name].find(view)
            if route is None or unread(view.faulty, route):
                continue
            trait = TRAITS[name]
            message = f"{target.name} cannot express {trait.says}: {why}"
            others = [each for each in installed if each.role == target.role]
            near = nearest_first(others, capabilities.has)
            other = None if trait.mend else _able_of_trait(name, view, near)
            otherwise = trait.mend or f"use another {target.role}, or another strategy"
            at = view.merged.locate(route)
            fix = fix_with(other, otherwise, capabilities.has)
            if trait.easiest:
                fix = Fix(f"{trait.easiest(view)}, or: {fix.description}")
            findings.append(rule.CAPABILITY(message, at, fix=fix, environments=(view.environment,)))
    return findings


def _able_of_trait(trait: str, view: View, targets: Iterable[Target]) -> Target | None:
    """Return a target that has the spec's strategy, and nothing against the trait."""
    strategy = view.spec.release.strategy
    chosen = next(name for name in strategy.ONE_OF if getattr(strategy, _attribute(name)))
    name = f"release.strategy.{chosen}"
    return able(name, [target for target in targets if trait not in target.traits])


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
    other = able(name, _instead(name, capabilities, installed))
    fix = fix_with(other, _NO_AUTH if name.startswith(_AUTH) else _NOBODY, capabilities.has)
    return rule.CAPABILITY(message, at, fix=fix, environments=(environment,))


def _instead(
    name: str, capabilities: Capabilities, installed: Iterable[Target]
) -> tuple[Target, ...]:
    """Return the targets that may express a field, the nearest first.

    Whatever one target rules out, only another one of its role can lift.
    """
    refuser = capabilities.refused.get(name, ("", ""))[0]
    roles = {target.role for target in capabilities.targets if target.name == refuser}
    near = (target for target in installed if not roles or target.role in roles)
    return nearest_first(near, capabilities.has)
