"""What a command moves: one spec, read once, with its lock and everything that is found of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fairway.check import Checked, check_spec
from fairway.errors import FairwayError, UsageError
from fairway.finding import Finding, Severity
from fairway.fleet import Fleet
from fairway.lock import LOCK_NAME
from fairway.project import LoadedProject, shown_path
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.source.folder import Folder
from fairway.spec.nearest import listed
from fairway.stepping.merged import merged_values
from fairway.stepping.state import State, state_of


class Subject(NamedTuple):
    """A spec at ``path`` with its bytes; ``lock`` holds none where there is no lock.

    ``states`` holds the environments whose release could be read.
    """

    path: str
    loaded: LoadedProject
    document: Document
    data: bytes
    lock: bytes | None
    states: Mapping[str, State]

    @property
    def folder(self) -> str:
        """The spec's folder."""
        return os.path.dirname(self.path) or "."

    @property
    def lock_path(self) -> str:
        """Where the lock is, or would be."""
        return os.path.join(self.folder, LOCK_NAME)

    def own_folder(self) -> Folder:
        """Return what reads the files beside the spec."""
        return Folder(self.folder, os.path.dirname(self.document.path) or ".")

    def files(self, spec: bytes, lock: bytes | None) -> dict[str, bytes]:
        """Return contents of the two files by their names, as ``check_spec`` takes them."""
        files = {os.path.basename(self.path): spec}
        if lock is not None:
            files[LOCK_NAME] = lock
        return files


class Found(NamedTuple):
    """What is found of a spec, its policies' findings and the effect of waivers included."""

    checked: Checked
    findings: tuple[Finding, ...]
    documents: Mapping[str, Document]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are errors."""
        return tuple(each for each in self.findings if each.severity >= Severity.ERROR)


def load(path: str) -> Subject:
    """Read the one spec at ``path``. Raises ``UsageError`` for what cannot be read as one."""
    fleet = Fleet([path])
    if len(fleet.paths) != 1:
        raise UsageError(f"{path} holds {len(fleet.paths)} specs", "name one of them")
    spec = fleet.paths[0]
    loaded = fleet.project(spec)
    if loaded.document is None or loaded.project is None:
        raise UsageError(f"{spec}: its project cannot be read", f"run `fairway validate {spec}`")
    for file in (spec, os.path.join(os.path.dirname(spec), LOCK_NAME)):
        if os.path.islink(file):
            raise UsageError(f"{file} is a symbolic link", "replace it by the file itself")
    data = _read(spec)
    lock_path = os.path.join(os.path.dirname(spec), LOCK_NAME)
    lock = _read(lock_path) if os.path.lexists(lock_path) else None
    source, findings = decode(shown_path(spec), data)
    document, more = parse(source) if source is not None else (None, [])
    if document is None or findings or more or not isinstance(document.value, dict):
        raise UsageError(f"{spec} cannot be read to its end", f"run `fairway validate {spec}`")
    values = merged_values(document, loaded.document)
    states = {name: state_of(each) for name, each in values.items()}
    known = {name: state for name, state in states.items() if state is not None}
    return Subject(spec, loaded, document, data, lock, known)


def check(subject: Subject, spec: bytes, lock: bytes | None, now: str) -> Found:
    """Return what is found when the two files hold these bytes, at the time ``now`` (RFC 3339)."""
    fleet = Fleet([subject.path], now)
    loaded = fleet.project(subject.path)
    checked = check_spec(subject.path, loaded, now, subject.files(spec, lock))
    governance = fleet.governance(loaded)
    governed = governance.check(checked).checked
    finished = governance.finish()
    documents = {**finished.documents, **governed.documents}
    return Found(governed, (*governed.findings, *finished.findings), documents)


def chosen(subject: Subject, given: str | None, command: str) -> str:
    """Return the environment that moves: the one given, else the only one with a candidate."""
    states = subject.states
    if not states:
        raise UsageError(
            f"{subject.path} names no release", f"run `fairway validate {subject.path}`"
        )
    if given is not None:
        if given not in states:
            raise UsageError(f"--env {given}: the spec has {listed(states)}")
        return given
    if len(states) == 1:
        return next(iter(states))
    moving = [name for name, state in states.items() if state.candidate]
    if len(moving) == 1:
        return moving[0]
    lines = "; ".join(f"{name}: {_said(state)}" for name, state in states.items())
    count = f"{len(moving)} environments have" if moving else "no environment has"
    message = f"{subject.path}: {count} a candidate ({lines})"
    raise UsageError(message, f"say which one to {command}: --env {(moving or list(states))[0]}")


def _said(state: State) -> str:
    if not state.candidate:
        return f"{state.strategy} of {state.stable}"
    step = f", step {state.step} of {state.steps}" if state.strategy == "canary" else ""
    active = f", active: {state.active}" if state.active else ""
    return f"{state.strategy} of {state.candidate} beside {state.stable}{step}{active}"


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FairwayError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
