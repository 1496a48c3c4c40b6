"""From verdicts to findings: how much a violation matters, where it points, what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from fairway import rule
from fairway.deployment import Deployment
from fairway.finding import Change, Finding, Fix, Related, Severity
from fairway.location import Location, Route, parse_route
from fairway.policy.fleet_facts import FleetFacts
from fairway.policy.judge import Edit, Failure, Violation
from fairway.policy.program import Program
from fairway.source.document import Document, MapMarks, Marks

if TYPE_CHECKING:
    from fairway.spec.project import Environment, Project

Locate: TypeAlias = Callable[[str], tuple[Location, tuple[Related, ...]]]
"""From a violation's ``at`` to the place that a finding points at, and to what explains it."""

_OFFSETS = re.compile(r"text\[(\d+):(\d+)\]\Z")
_MISSING = re.compile(r'Key not found in map : "(.*)"\Z')
_SEVERITIES: Mapping[str, Severity | None] = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "info": Severity.INFO,
    "off": None,
}


def severity_of(program: Program, place: Environment, project: Project) -> Severity | None:
    """Return how much a rule matters in an environment, or None where it is off.

    The environment's word counts before the project's, and that before the rule's own.
    """
    said = place.severity.get(program.id) or project.severity.get(program.id)
    return Severity(program.severity) if said is None else _SEVERITIES[said]


def off_in(place: Environment, project: Project) -> frozenset[str]:
    """Return the rules that are off in an environment."""
    said = {**project.severity, **place.severity}
    return frozenset(name for name, severity in said.items() if severity == "off")


def finding_of(
    verdict: Violation | Failure, severity: Severity, locate: Locate, deployment: Deployment
) -> Finding:
    """Return the finding that a verdict is in a deployment's environment."""
    if isinstance(verdict, Failure):
        return failed(verdict.rule, verdict.why, deployment)
    try:
        at, related = locate(verdict.at)
    except ValueError as error:
        return failed(verdict.rule, f"its `at` is {error}", deployment)
    changes = tuple(c for edit in verdict.edits if (c := _change(edit, at, deployment)))
    fix = Fix(verdict.fix, changes=changes) if verdict.fix else None
    environments = (deployment.environment,)
    return Finding(verdict.rule.id, severity, verdict.message, at, fix, related, environments)


def fleet_finding(
    verdict: Violation | Failure,
    severity: Severity,
    facts: FleetFacts,
    project: Document,
    find: Callable[[str], Deployment | None],
) -> Finding:
    """Return the finding that a verdict on a fleet is.

    It is about one deployment where the rule's element is one, or names one as its ``spec``.
    """
    element = verdict.element if isinstance(verdict, Violation) else None
    spec = element.get("spec") if isinstance(element, dict) else None
    deployment = find(spec) if isinstance(spec, str) else None
    if deployment is not None:
        return finding_of(verdict, severity, partial(spec_location, deployment), deployment)
    environments = (facts.environment,)
    if isinstance(verdict, Failure):
        message = f"the rule {verdict.rule.id} could not be evaluated: {verdict.why}"
        at = Location(project.path, ("policies",))
        return rule.POLICY(message, at, environments=environments)
    offsets = _OFFSETS.match(verdict.at)
    at = Location(project.path, () if offsets else parse_route(verdict.at))
    if offsets is not None:
        at = at._replace(offsets=(int(offsets[1]), int(offsets[2])))
    fix = Fix(verdict.fix) if verdict.fix else None
    return Finding(verdict.rule.id, severity, verdict.message, at, fix, (), environments)


def failed(program: Program, why: str, deployment: Deployment) -> Finding:
    """Return the finding about a rule that could not be evaluated."""
    message = f"the rule {program.id} could not be evaluated: {why}"
    fix = f"see `fairway policy explain {program.id}`; who owns the rule mends it"
    missing = _MISSING.match(why)
    if missing is not None:
        message = f"the rule {program.id} reads `{missing[1]}`, which is not said here"
        fix = f"who owns the rule lets it ask `has(…)` first: `fairway policy explain {program.id}`"
    at = Location(deployment.path, ("metadata", "name"))
    return rule.POLICY(message, at, fix=fix, environments=(deployment.environment,))


def spec_location(deployment: Deployment, at: str) -> tuple[Location, tuple[Related, ...]]:
    """Return the place of a route of the spec, or of a part of its text: ``text[3:9]``.

    Raises ``ValueError`` for what is neither.
    """
    offsets = _OFFSETS.match(at)
    if offsets is not None:
        start, end = map(int, offsets.groups())
        document = deployment.merged.document(deployment.path)
        route = _route_around(document.marks, start, end) if document is not None else ()
        if route:
            return Location(deployment.path, route), ()
        return Location(deployment.path, offsets=(start, end)), ()
    route = parse_route(at)
    origin = deployment.merged.origin(route)
    if origin.exact:
        return origin.location(), ()
    # Two fields that are missing from one map are two places, which one key would hide.
    missing = Location(origin.layer.document.path, (*origin.layer.prefix, *route), "key")
    return missing, ()


def _change(edit: Edit, at: Location, deployment: Deployment) -> Change | None:
    """Return an edit of the file that the finding points into, or None where it is another's."""
    origin = deployment.merged.origin(parse_route(edit.route))
    if origin.layer.document.path != at.file:
        return None
    if origin.exact:
        return Change(origin.route, edit.value, edit.remove)
    return None if edit.remove else Change(parse_route(edit.route), edit.value)


def _route_around(marks: Marks, start: int, end: int) -> Route:
    """Return the route of the scalar that holds a range of the text; empty for none."""
    route: list[str | int] = []
    while not isinstance(marks, tuple):
        below: Iterable[tuple[str | int, Marks]] = (
            marks.values.items() if isinstance(marks, MapMarks) else enumerate(marks.items)
        )
        for step, inner in below:
            first, last = inner if isinstance(inner, tuple) else (inner.start, inner.end)
            if first <= start and end <= last:
                route.append(step)
                marks = inner
                break
        else:
            return ()
    return tuple(route)
