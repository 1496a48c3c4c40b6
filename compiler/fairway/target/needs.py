"""Needs: what a project must have for a target to be of use, said in its ``target.yaml``.

A proxy's configuration is of no use without a target that starts the proxy, nor that one without
the proxy's image. Targets say so under ``needs``; an environment where it is missing is a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from fairway import rule
from fairway.errors import UsageError
from fairway.finding import Finding, Fix
from fairway.location import Location, Part, Route
from fairway.source.layers import Merged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from fairway.spec.project import Environment, Project
    from fairway.target.load import Target

_KEYS = ("workload", "router", "gateway", "images")


class Needs(NamedTuple):
    """Names that a target needs: one of each of the first three, and all of ``images``.

    ``workload`` and ``router`` are targets of the same environment, ``gateway`` implementations
    of its gateway where it has one, and ``images`` are the project's.
    """

    workload: tuple[str, ...] = ()
    router: tuple[str, ...] = ()
    gateway: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


def needs_of(target: Target) -> Needs:
    """Return what a target needs. Raises ``UsageError`` with file, line and column."""
    value = target.document.value.get("needs", {})
    if not isinstance(value, dict):
        _fail(target, ("needs",), "`needs` must be a map")
    for key, names in value.items():
        at: Route = ("needs", key)
        if key not in _KEYS:
            _fail(target, at, f"unknown key `{key}`; known: {', '.join(_KEYS)}", "key")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            _fail(target, at, "expected a list of names")
    return Needs(**{key: tuple(names) for key, names in value.items()})


def unmet(target: Target, has: AbstractSet[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the names that a target needs one of, by role, where an environment has none of them.

    ``has`` holds pairs such as ``("router", "istio")``; a gateway that is not there misses nothing.
    """
    needs = needs_of(target)
    with_gateway = any(role == "gateway" for role, _ in has)
    wanted = {
        "workload": needs.workload,
        "router": needs.router,
        "gateway": needs.gateway if with_gateway else (),
    }
    return {
        role: names
        for role, names in wanted.items()
        if names and not any((role, name) in has for name in names)
    }


def check_needs(project: Project, merged: Merged, targets: Mapping[str, Target]) -> list[Finding]:
    """Return a finding for every environment where something that a target needs is missing."""
    findings: list[Finding] = []
    for name, place in project.environments.items():
        route: Route = ("environments", name)
        if place.router not in targets or place.workload not in targets:
            continue  # found already
        named: list[tuple[Route, str]] = [
            (("workload",), place.workload),
            (("router",), place.router),
        ]
        named += [(("targets", i), t) for i, t in enumerate(place.targets) if t in targets]
        for role, chosen in named:
            needs = needs_of(targets[chosen])
            findings += _pairing(merged, (*route, *role), chosen, needs, place)
            findings += _gateway(merged, route, chosen, needs, place)
            for image in needs.images:
                if image not in project.images:
                    message = f"{chosen} needs an image that the project does not name: {image}"
                    fix = Fix(f"add `{image}: REPOSITORY:TAG@sha256:DIGEST` to `images`")
                    at = merged.locate((*route, *role))
                    findings.append(rule.REFERENCE(message, at, fix=fix))
    return findings


def _pairing(
    merged: Merged, route: Route, chosen: str, needs: Needs, place: Environment
) -> list[Finding]:
    found: list[Finding] = []
    for role, wanted, has in (
        ("workload", needs.workload, place.workload),
        ("router", needs.router, place.router),
    ):
        if wanted and has not in wanted:
            message = f"{chosen} is of use with the {role} {' or '.join(wanted)}, not with {has}"
            fix = Fix(f"write `{role}: {wanted[0]}`, or choose another {route[-1]}")
            found.append(rule.TARGET(message, merged.locate(route), fix=fix))
    return found


def _gateway(
    merged: Merged, route: Route, chosen: str, needs: Needs, place: Environment
) -> list[Finding]:
    gateway = place.gateway
    if gateway is None or not needs.gateway or gateway.implementation in needs.gateway:
        return []
    message = (
        f"{chosen} attaches to gateways of {' or '.join(needs.gateway)}, and this one is of"
        f" {gateway.implementation}"
    )
    fix = Fix("correct it, or choose another router")
    at = merged.locate((*route, "gateway", "implementation"))
    return [rule.TARGET(message, at, fix=fix)]


def _fail(target: Target, route: Route, message: str, part: Part = "value") -> NoReturn:
    document = target.document
    span = document.span(Location(document.path, route, part))
    raise UsageError(f"{document.path}:{span.line}:{span.column}: {message}")
