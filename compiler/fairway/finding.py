"""A finding says what is wrong, where, and how to mend it; a diagnostic is a finding located."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from fairway.location import Location, Route, Span


class Severity(IntEnum):
    """How much a finding matters; ordered, so that ``--fail-on`` can compare."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The lower-case name that people and machines read."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, init=False)
class Change:
    """One edit of a file's data: ``value`` is set at ``route``, or what stands there is removed.

    ``route`` is one of the file's own document, without any layer below it. ``written`` is the
    value as JSON, so that a change is frozen, hashable, and 1 is neither 1.0 nor true.
    """

    route: Route
    written: str
    remove: bool

    def __init__(self, route: Route, value: object = None, remove: bool = False) -> None:
        """Take plain data (str, int, float, bool, None, list, dict of str); else ``TypeError``."""
        import json

        object.__setattr__(self, "route", tuple(route))
        object.__setattr__(self, "written", "null" if remove else json.dumps(value))
        object.__setattr__(self, "remove", remove)

    @property
    def value(self) -> object:
        """The plain data to set, made anew at each call; None when something is removed."""
        import json

        value: object = json.loads(self.written)
        return value


class Fix(NamedTuple):
    """What mends a finding: words for people and, where exact, what to do to its file.

    ``replacement`` is the text to put at the finding's span. ``changes`` are edits of the data of
    the finding's file, all or none of them. ``fairway validate --fix`` makes every change, but
    only the replacements that keep what was written (``edit/exact.py``): the others are guesses.
    """

    description: str
    replacement: str | None = None
    changes: tuple[Change, ...] = ()


class Related(NamedTuple):
    """A second place that explains a finding, such as the first of two duplicate keys."""

    message: str
    at: Location


class Finding(NamedTuple):
    """One fault of the input, as a value; ``environments`` names where it shows (empty: in all)."""

    rule: str
    severity: Severity
    message: str
    at: Location
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    environments: tuple[str, ...] = ()


class SourceLine(NamedTuple):
    """A line of a file, quoted under a diagnostic: its number from 1 and its text, no line end."""

    number: int
    text: str


class RelatedDiagnostic(NamedTuple):
    """A related place with its lines and columns."""

    message: str
    file: str
    span: Span


class Suppression(NamedTuple):
    """Why a finding does not count: a waiver's reason, its owner and its last day (ISO 8601)."""

    reason: str
    owner: str = ""
    until: str = ""


class Diagnostic(NamedTuple):
    """A located finding: all that a report needs, so that reports never open a file.

    ``file`` is relative to the working directory, with forward slashes. ``span`` is None only
    for a file that has no text to point into (a directory, a broken link). ``snippet`` holds
    the lines that the span touches, at most three.
    """

    rule: str
    severity: Severity
    message: str
    file: str
    span: Span | None
    route: str
    environments: tuple[str, ...] = ()
    fix: Fix | None = None
    related: tuple[RelatedDiagnostic, ...] = ()
    snippet: tuple[SourceLine, ...] = ()
    suppressed: Suppression | None = None


def merge_environments(findings: Iterable[Finding]) -> list[Finding]:
    """Make one finding of equal ones that differ in their environments only, in first-seen order.

    A finding without environments holds for all of them, so it absorbs its equals.
    """
    merged: dict[Finding, Finding] = {}
    for finding in findings:
        key = finding._replace(environments=())
        known = merged.get(key)
        if known is None:
            merged[key] = finding
        elif known.environments and finding.environments:
            names = known.environments + tuple(
                name for name in finding.environments if name not in known.environments
            )
            merged[key] = known._replace(environments=names)
        else:
            merged[key] = key
    return list(merged.values())
