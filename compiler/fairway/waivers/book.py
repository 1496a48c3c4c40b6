"""The waivers of one spec, held against what was found of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from fairway.finding import Finding, Fix, Related, Severity, Suppression
from fairway.location import Location, Route
from fairway.rule import Rule
from fairway.source.document import Document
from fairway.spec.nearest import listed, nearest
from fairway.waivers import rules
from fairway.waivers.file import LoadedWaivers
from fairway.waivers.scope import scope_of, shape
from fairway.waivers.waiver import LONGEST, Waiver, day_of

Kind: TypeAlias = Literal["waivable", "mandatory", "engine", "unknown"]
Use: TypeAlias = tuple[Waiver, str]
"""A waiver and an environment in which it had something to waive; empty: in all of them."""

Now: TypeAlias = datetime | Callable[[], datetime | None] | None
"""The time to judge by, or what asks for it; it is called only when a waiver has a finding."""


class WaivableRules(NamedTuple):
    """Which rules may be waived: the kind of a rule's id, and every id, for the nearest one."""

    kind: Callable[[str], Kind]
    names: Callable[[], Iterable[str]] = tuple


class Applied(NamedTuple):
    """What is left of findings: those that count, those that are waived, and the waivers' own.

    A finding that a waiver covers in some of its environments is in both, each with its own.
    ``used`` says what had something to waive, for ``WaiverBook.unused``.
    """

    open: tuple[Finding, ...]
    waived: tuple[tuple[Finding, Suppression], ...]
    findings: tuple[Finding, ...]
    used: frozenset[Use]


class WaiverBook:
    """The waivers of one spec, from the files that may hold some; it is never changed."""

    def __init__(
        self,
        files: Iterable[LoadedWaivers],
        spec: str,
        environments: Sequence[str],
        waivable: WaivableRules,
    ) -> None:
        """Keep the waivers that are about ``spec`` (a path), which has these ``environments``."""
        self._environments = tuple(environments)
        self._waivable = waivable
        about = (os.path.realpath(spec), os.path.realpath(os.path.dirname(spec) or "."))
        by_file = {loaded.path: loaded for loaded in files}
        self.waivers = tuple(
            waiver
            for loaded in by_file.values()
            for waiver in loaded.waivers
            if waiver.about in about
        )
        self._active: list[Waiver] = []
        self._faults: list[Finding] = []
        self._at: dict[tuple[str, Route], list[Waiver]] = {}
        for waiver in self.waivers:
            faults = list(self._faults_of(waiver))
            self._faults += faults
            if not faults:
                self._active.append(waiver)
                self._at.setdefault((waiver.rule, waiver.route), []).append(waiver)

    def apply(
        self, findings: Iterable[Finding], documents: Mapping[str, Document], now: Now
    ) -> Applied:
        """Return which findings count; ``documents`` holds the files that they point into.

        A waiver holds through its last day in UTC. Without a time none holds. Raises
        ``ValueError`` for a time without a zone, and whatever ``now`` does.
        """
        pass_ = _Pass(list(findings), documents, now, self._environments)
        for waiver in self._active:
            pass_.apply(waiver)
        return Applied(
            tuple(pass_.open),
            tuple(pass_.waived),
            (*self._faults, *pass_.findings),
            frozenset(pass_.used),
        )

    def unused(self, used: Iterable[Use]) -> list[Finding]:
        """Return a finding for each waiver, or environment of one, that had nothing to waive.

        ``used`` is that of everything that was applied.
        """
        known: dict[Waiver, set[str]] = {}
        for waiver, environment in used:
            known.setdefault(waiver, set()).add(environment)
        return [f for each in self._active for f in _unused(each, known.get(each, set()))]

    def _faults_of(self, waiver: Waiver) -> Iterator[Finding]:
        at = waiver.at("rule")
        kind = self._waivable.kind(waiver.rule)
        if kind == "unknown":
            close = nearest(waiver.rule, self._waivable.names())
            fix = Fix(f"write {close}", close) if close else Fix("correct it, or remove the waiver")
            yield rules.UNKNOWN_RULE(f"there is no rule {waiver.rule}", at, fix=fix)
        elif kind != "waivable":
            yield rules.MANDATORY(why_not(waiver.rule, kind), at, fix="remove the waiver")
        yield from self._unknown_environments(waiver)
        same = self._at.get((waiver.rule, waiver.route), ())
        first = next((each for each in same if each.overlaps(waiver)), None)
        if first is not None:
            message = "another waiver is about the same finding"
            other = Related("the other one", first.at("rule"))
            yield rules.FILE(message, at, fix="keep one of the two", related=(other,))

    def _unknown_environments(self, waiver: Waiver) -> Iterator[Finding]:
        for index, name in enumerate(waiver.environments):
            if self._environments and name not in self._environments:
                close = nearest(name, self._environments)
                message = f"there is no environment {name}; the deployment has "
                message += listed(self._environments)
                fix = Fix(f"write {close}", close) if close else Fix("remove it")
                place = waiver.at("environments")
                place = place._replace(route=(*place.route, index))
                yield rules.FILE(message, place, fix=fix)


def why_not(rule: str, kind: Kind) -> str:
    """Return why a rule cannot be waived."""
    if kind == "mandatory":
        return f"{rule} is mandatory: it holds for every deployment, without exception"
    return f"{rule} cannot be waived: what breaks it cannot be compiled, or be trusted"


class _Pass:
    """One application of waivers: findings go from ``open`` to ``waived``."""

    def __init__(
        self,
        findings: list[Finding],
        documents: Mapping[str, Document],
        now: Now,
        environments: tuple[str, ...],
    ) -> None:
        self.open = findings
        self.waived: list[tuple[Finding, Suppression]] = []
        self.findings: list[Finding] = []
        self.used: set[Use] = set()
        self._documents = documents
        self._now = now
        self._environments = environments

    def apply(self, waiver: Waiver) -> None:
        """Waive what the waiver covers, or say why it no longer does."""
        near = [f for f in self.open if self._is_near(waiver, f)]
        same = [f for f in near if self._scope(f) == waiver.scope]
        # An item of a list is the same item when others were put before it.
        routes = {f.at.route for f in same}
        route = waiver.route if waiver.route in routes or not same else same[0].at.route
        covered = [f for f in same or near if f.at.route == route]
        if not covered:
            return
        self.used |= {(waiver, name) for f in covered for name in self._common(waiver, f)}
        ended = self._ended(waiver, covered) if same else _moved(waiver, covered)
        if ended is None:
            self._waive(waiver, covered)
        else:
            self.findings.append(ended)

    def _is_near(self, waiver: Waiver, finding: Finding) -> bool:
        return (
            finding.rule == waiver.rule
            and finding.at.offsets is None
            and shape(finding.at.route) == shape(waiver.route)
            and bool(self._common(waiver, finding))
        )

    def _scope(self, finding: Finding) -> str | None:
        document = self._documents.get(finding.at.file)
        return scope_of(document, finding.at) if document is not None else None

    def _common(self, waiver: Waiver, finding: Finding) -> tuple[str, ...]:
        """Return the environments of a finding that a waiver is about; one empty name: all."""
        own = finding.environments or self._environments
        if not waiver.environments:
            return own or ("",)
        return tuple(name for name in own if name in waiver.environments)

    def _waive(self, waiver: Waiver, covered: list[Finding]) -> None:
        rest: list[Finding] = []
        for finding in self.open:
            if finding not in covered:
                rest.append(finding)
                continue
            common = self._common(waiver, finding)
            own = finding.environments or self._environments
            left = tuple(name for name in own if name not in common)
            if left:
                rest.append(finding._replace(environments=left))
                finding = finding._replace(environments=common)
            self.waived.append((finding, waiver.suppression))
        self.open = rest

    def _ended(self, waiver: Waiver, covered: list[Finding]) -> Finding | None:
        """Return what says that a waiver does not hold today, None for one that does."""
        until, at = waiver.until, waiver.at("until")
        today = self._today()
        if today is None:
            message = "nothing says what day it is, so no waiver holds"
            return _made(rules.EXPIRED, message, at, "commit, or give --now", covered)
        if today > until:
            message = f"this waiver of {waiver.rule} ended on {until}, and the finding counts again"
            return _made(rules.EXPIRED, message, at, _again(waiver), covered)
        if until - today > LONGEST:
            last = today + LONGEST
            message = f"{until} is more than a year ahead of {today}; the last day may be {last}"
            return rules.FILE(message, at, fix=Fix(f"write {last}", str(last)))
        return None

    def _today(self) -> date | None:
        if callable(self._now):
            self._now = self._now()
        return day_of(self._now) if self._now is not None else None


def _moved(waiver: Waiver, covered: list[Finding]) -> Finding:
    message = (
        f"what this waiver of {waiver.rule} was written for has changed, and the finding counts"
        " again"
    )
    return _made(rules.MOVED, message, waiver.at("scope"), _again(waiver), covered)


def _made(rule: Rule, message: str, at: Location, fix: str, covered: list[Finding]) -> Finding:
    """Return a finding about a waiver that is as severe as those which it no longer covers."""
    related = (Related("the finding", covered[0].at),)
    severity = max(Severity.WARNING, *(finding.severity for finding in covered))
    return rule(message, at, fix=fix, related=related)._replace(severity=severity)


def _again(waiver: Waiver) -> str:
    return f"mend the finding, or take the decision again with `fairway waive {waiver.rule} …`"


def _unused(waiver: Waiver, used: set[str]) -> Iterator[Finding]:
    if not used:
        message = f"this waiver of {waiver.rule} has nothing to waive"
        yield rules.UNUSED(message, waiver.entry, fix="remove it")
    elif "" not in used:
        for index, name in enumerate(waiver.environments):
            if name not in used:
                place = waiver.at("environments")
                place = place._replace(route=(*place.route, index))
                message = f"this waiver of {waiver.rule} has nothing to waive in {name}"
                yield rules.UNUSED(message, place, fix="remove the environment from it")
