"""Choosing the finding that a waiver is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fairway.errors import UsageError
from fairway.finding import Finding
from fairway.locate import locate
from fairway.location import Location, Route
from fairway.report.report import place
from fairway.source.document import Document
from fairway.spec.nearest import listed
from fairway.waivers.scope import scope_of

_MOST_LISTED = 12


class Subject(NamedTuple):
    """A spec and what was found of it before any waiver.

    ``root`` is its project's folder, ``environments`` are those that it is deployed to.
    """

    path: str
    root: str
    environments: tuple[str, ...]
    findings: Sequence[Finding]
    documents: Mapping[str, Document]


class Wanted(NamedTuple):
    """What a finding is named by; without a route it is the only one of its rule."""

    rule: str
    route: Route | None = None
    environments: tuple[str, ...] = ()


class Chosen(NamedTuple):
    """The place of a finding, and the environments to waive it in: empty for all."""

    at: Location
    environments: tuple[str, ...]


def choose(wanted: Wanted, subject: Subject) -> Chosen:
    """Return the one place that is meant. Raises ``UsageError`` for none, and for several."""
    rule, path = wanted.rule, subject.path
    of_rule = [f for f in subject.findings if f.rule == rule and f.at.offsets is None]
    if not of_rule:
        others = listed(dict.fromkeys(f.rule for f in subject.findings))
        message = f"{rule} finds nothing wrong with {path}, so there is nothing to waive"
        raise UsageError(message, f"the rules that do: {others}")
    for name in wanted.environments:
        if name not in subject.environments:
            have = listed(subject.environments)
            raise UsageError(f"--env: {path} has no environment {name}", f"it has {have}")
    chosen = [f for f in of_rule if _is_wanted(f, wanted)]
    if not chosen:
        message = f"{rule} finds nothing wrong with {path} there"
        raise UsageError(message, f"what it finds:{_list(of_rule, subject)}")
    if len({(f.at.file, f.at.route) for f in chosen}) > 1:
        message = f"{rule} finds several things wrong with {path}"
        raise UsageError(message, f"choose one with --route:{_list(chosen, subject)}")
    return Chosen(chosen[0].at, _environments(wanted, subject, chosen))


def scope_at(at: Location, subject: Subject) -> str:
    """Return the scope of a place. Raises ``UsageError`` for one in no file that was read."""
    document = subject.documents.get(at.file)
    scope = scope_of(document, at) if document is not None else None
    if scope is None:
        raise UsageError(f"{at.file}: this finding has no lines that could be waived", "mend it")
    return scope


def _is_wanted(finding: Finding, wanted: Wanted) -> bool:
    if wanted.route is not None and finding.at.route != wanted.route:
        return False
    names = wanted.environments
    return not names or not finding.environments or not set(names).isdisjoint(finding.environments)


def _list(findings: Sequence[Finding], subject: Subject) -> str:
    diagnostics = locate(findings, subject.documents)
    lines = [
        f"\n    {place(item.file, item.span)}: {item.message}\n"
        f"      --route '{item.route}'{_in(item.environments)}"
        for item in diagnostics[:_MOST_LISTED]
    ]
    more = len(diagnostics) - len(lines)
    return "".join(lines) + (f"\n    and {more} more" if more else "")


def _in(environments: tuple[str, ...]) -> str:
    return "".join(f" --env {name}" for name in environments)


def _environments(wanted: Wanted, subject: Subject, chosen: Sequence[Finding]) -> tuple[str, ...]:
    """Return where the waiver holds: where it was asked for, else no wider than the finding."""
    if wanted.environments:
        return tuple(dict.fromkeys(wanted.environments))
    if any(not finding.environments for finding in chosen):
        return ()
    shown = dict.fromkeys(name for finding in chosen for name in finding.environments)
    return () if set(shown) >= set(subject.environments) else tuple(shown)
