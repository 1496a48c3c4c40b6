"""How much rules matter where: their own severities, and what ``fairway.yaml`` makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fairway.location import Location, Route
from fairway.policy.rule_file import RuleFile
from fairway.project import LoadedProject


class Severity(NamedTuple):
    """How much a rule matters in an environment, and the line that says so (``file:line``)."""

    word: str
    said: str = ""


def severities(rule: RuleFile, loaded: LoadedProject | None) -> Mapping[str, Severity]:
    """Return the severity of a rule in each environment; empty without a project.

    The environment's word counts before the project's, and that before the rule's own.
    """
    found: dict[str, Severity] = {}
    if loaded is None or loaded.project is None:
        return found
    project = loaded.project
    for name, place in project.environments.items():
        if rule.id in place.severity:
            route: Route = ("environments", name, "severity", rule.id)
            found[name] = Severity(place.severity[rule.id], _line(loaded, route))
        elif rule.id in project.severity:
            line = _line(loaded, ("severity", rule.id))
            found[name] = Severity(project.severity[rule.id], line)
        else:
            found[name] = Severity(rule.severity.label)
    return found


def _line(loaded: LoadedProject, route: Route) -> str:
    document = loaded.document
    if document is None:
        return ""
    return f"{document.path}:{document.span(Location(document.path, route, 'key')).line}"
