"""Governance: what a project's policies find of each spec, and what its waivers leave of that."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from fairway.finding import Finding, Severity, Suppression, merge_environments
from fairway.project import LoadedProject
from fairway.source.document import Document
from fairway.waivers.waiver import WAIVERS_FILE, day_of

if TYPE_CHECKING:
    from fairway.check import Checked
    from fairway.compile import Compiler
    from fairway.policy.project import ProjectPolicies
    from fairway.waivers.book import Use, WaivableRules, WaiverBook
    from fairway.waivers.file import LoadedWaivers


class Governed(NamedTuple):
    """A spec with all that counts against it, and what is waived of that."""

    checked: Checked
    waived: tuple[tuple[Finding, Suppression], ...]


class Finished(NamedTuple):
    """What is found of a project as a whole, what of it is waived, and the files it points into."""

    findings: list[Finding]
    waived: list[tuple[Finding, Suppression]]
    documents: Mapping[str, Document]


class Governance:
    """The policies and the waivers of one project."""

    def __init__(
        self, loaded: LoadedProject, now: str | None, compiler: Callable[[], Compiler]
    ) -> None:
        """Load the project's packs. Raises ``UsageError`` for one that is not right."""
        self._loaded = loaded
        self._now = now
        self.policies: ProjectPolicies | None = None
        if loaded.project is not None and loaded.project.policies:
            from fairway.policy.project import ProjectPolicies

            self.policies = ProjectPolicies(loaded, now, compiler())
        self._own: str | None = None  # the project's file of waivers, once it was looked for
        self._files: dict[str, LoadedWaivers] = {}
        self._books: dict[str, tuple[WaiverBook, set[Use]]] = {}
        self._documents: dict[str, Document] = {}

    def check(self, checked: Checked) -> Governed:
        """Judge a spec; findings that a waiver covers are set apart, and the waivers' own added."""
        findings, documents = list(checked.findings), dict(checked.documents)
        if self.policies is not None and checked.judged:
            judged = self.policies.check(checked)
            findings += merge_environments(judged.findings)
            documents |= judged.documents
            checked = checked._replace(compiled=judged.compiled)
        waived: tuple[tuple[Finding, Suppression], ...] = ()
        book = self._book(checked)
        if book is not None:
            applied = book.apply(findings, documents, self._time)
            documents |= self._documents
            if checked.judged:  # of what cannot be judged, nobody knows what there is to waive
                self._books[checked.path] = (book, set(applied.used))
            findings, waived = [*applied.open, *applied.findings], applied.waived
        clean = all(finding.severity < Severity.ERROR for finding in findings)
        # What is judged and has no fault but those that are waived can be compiled.
        deployments = checked.deployments or checked.judged if clean else ()
        done = checked._replace(
            findings=tuple(findings), documents=documents, deployments=deployments
        )
        return Governed(done, waived)

    def finish(self) -> Finished:
        """Return what is found of the project as a whole once every spec was checked."""
        document = self._loaded.document
        documents = dict(self._documents)
        if document is not None:
            documents[document.path] = document
        findings = [finding for file in self._files.values() for finding in file.findings]
        waived: list[tuple[Finding, Suppression]] = []
        if self.policies is not None:
            findings += self.policies.unknown_rules()
            found, more = self.policies.check_fleet()
            documents |= more
            for file, (book, used) in self._books.items():
                applied = book.apply([f for f in found if f.at.file == file], documents, self._time)
                found = [f for f in found if f.at.file != file] + list(applied.open)
                waived += applied.waived
                used |= applied.used
            findings += found
        for book, used in self._books.values():
            findings += book.unused(used)
        return Finished(findings, waived, documents)

    def today(self) -> date | None:
        """Return the day that waivers are judged by, or None when there are none."""
        time = self._time() if self._books else None
        return day_of(time) if time is not None else None

    def waivable(self) -> WaivableRules:
        """Return which rules of the engine and of the packs may be waived."""
        from fairway.waivers.kinds import waivable_rules

        rules = self.policies.rules if self.policies is not None else {}
        return waivable_rules({name: program.mandatory for name, program in rules.items()})

    def _book(self, checked: Checked) -> WaiverBook | None:
        """Return the waivers of a spec, or None when there is no file that holds any."""
        if self._own is None:
            self._own = os.path.join(self._loaded.root, WAIVERS_FILE)
            self._load(self._own)
        beside = f"{os.path.dirname(checked.path) or os.curdir}/{WAIVERS_FILE}"
        self._load(beside)
        files = [self._files[path] for path in (beside, self._own) if path in self._files]
        if not files:
            return None
        from fairway.waivers.book import WaiverBook
        from fairway.waivers.file import environments_of

        project = self._loaded.project
        known = project.environments if project is not None else ()
        environments = environments_of(checked.documents.get(checked.path), known)
        return WaiverBook(files, checked.path, environments, self.waivable())

    def _load(self, path: str) -> None:
        """Load a file of waivers, if it is there."""
        if path in self._files or not os.path.lexists(path):
            return
        from fairway.waivers.file import load_waivers

        loaded = self._files[path] = load_waivers(path)
        if loaded.document is not None:
            self._documents[loaded.path] = loaded.document

    def _time(self) -> datetime | None:
        from fairway.evidence.asking import time_to_judge_by

        return time_to_judge_by(self._now, self._loaded.root)
