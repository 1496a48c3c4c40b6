"""Locking a fleet: each spec's lock made again, compared, and written when it differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from fairway import rule
from fairway.bound import BoundSpec, read_spec
from fairway.errors import FairwayError
from fairway.finding import Diagnostic, Finding, Severity
from fairway.fleet import Fleet
from fairway.lock import LOCK_NAME
from fairway.lock.read import check_lock, read_lock
from fairway.lock.write import Locking, lock_text, make_lock, write_beside
from fairway.source.folder import FileContent
from fairway.spec.lock import Lock, LockedFile


class LockRun:
    """One run of ``fairway lock`` over a fleet; with ``check`` nothing is written."""

    def __init__(self, fleet: Fleet, *, check: bool) -> None:
        self._fleet = fleet
        self._check = check
        self.deployments = 0

    def each(self) -> Iterator[str]:
        """Lock one spec after the other; yield a line for each lock that was written."""
        for path in self._fleet.paths:
            bound = read_spec(path, self._fleet.project(path))
            self.deployments += 1
            line = self._lock(bound)
            if line:
                yield line

    @property
    def files(self) -> int:
        """How many files were read for reports."""
        return self._fleet.files

    def diagnostics(self) -> list[Diagnostic]:
        """Return what was found."""
        return self._fleet.diagnostics()

    def _lock(self, bound: BoundSpec) -> str:
        findings = list(bound.findings)
        documents = dict(bound.documents)
        old, document, found = read_lock(bound.folder)
        if document is not None:
            documents[document.path] = document
        if self._check or old is None:
            findings += found
        line = ""
        broken = any(finding.severity >= Severity.ERROR for finding in bound.findings)
        if not broken and bound.spec is not None and bound.merged is not None:
            before = _as_models(bound)
            locking = make_lock(bound.spec, bound.merged, bound.folder, before)
            documents.update((document.path, document) for document in locking.documents)
            findings += locking.findings
            if self._check:
                findings += _differences(bound, before, locking)
            elif locking.lock is not None:
                findings = [finding for finding in findings if finding not in found]
                line = _write(bound, before, locking.lock)
        self._fleet.keep(findings, documents)
        return line


def _as_models(bound: BoundSpec) -> Lock:
    """Return the lock that is there as the models themselves, which can be compared and written."""
    content = bound.folder.file(LOCK_NAME)
    if isinstance(content, FileContent):
        with suppress(ValidationError):
            return Lock.model_validate_json(content.data)
    return Lock.model_construct(lock_version=1, versions={}, images={}, served={})


def _write(bound: BoundSpec, old: Lock, lock: Lock) -> str:
    text = lock_text(lock)
    shown = bound.folder.shown_path(LOCK_NAME)
    content = bound.folder.file(LOCK_NAME)
    if isinstance(content, FileContent) and content.data == text.encode():
        return f"{shown}: up to date"
    try:
        write_beside(Path(bound.folder.path) / LOCK_NAME, text)
    except OSError as error:
        raise FairwayError(f"{shown}: cannot be written: {error.strerror}") from error
    changed = [
        f"; {name} has other bytes than before: {_changed_files(before.files, now.files)}"
        for name, now in lock.versions.items()
        for before in (old.versions.get(name),)
        if before is not None and before.digest != now.digest
    ]
    count = len(lock.versions)
    noun = "version" if count == 1 else "versions"
    return f"{shown}: {count} {noun} locked{''.join(changed)}"


def _differences(bound: BoundSpec, old: Lock, locking: Locking) -> list[Finding]:
    """Return a finding for every version whose bytes or source are not those in the lock."""
    spec, merged = bound.spec, bound.merged
    if spec is None or merged is None:
        return []
    folder = bound.path.rpartition("/")[0] or "."
    command = f"fairway lock {folder}"
    findings = check_lock(old, spec.model, spec.versions, merged, command)
    for name, now in (locking.lock.versions if locking.lock is not None else {}).items():
        before = old.versions.get(name)
        at = merged.locate(("versions", name))
        if before is None or before.uri != now.uri:
            continue
        if before.digest != now.digest or before.files != now.files:
            changed = _changed_files(before.files, now.files)
            message = f"version {name}: the bytes differ from the lock: {changed}"
            fix = f"restore the files, or accept them with `{command}`"
            findings.append(rule.LOCK_CONTENT(message, at, fix=fix))
        if before.contract != now.contract:
            message = f"version {name}: its contract changed since it was locked"
            findings.append(rule.LOCK_STALE(message, at, fix=f"run `{command}`"))
    return findings


def _changed_files(before: list[LockedFile], now: list[LockedFile]) -> str:
    old = {file.path: file.digest for file in before}
    new = {file.path: file.digest for file in now}
    words = [f"{path} is new" for path in new.keys() - old.keys()]
    words += [f"{path} is gone" for path in old.keys() - new.keys()]
    words += [f"{path} changed" for path in old.keys() & new.keys() if old[path] != new[path]]
    return ", ".join(sorted(words))
