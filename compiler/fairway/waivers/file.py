"""Reading ``waivers.yaml``: entries that are right hold, and the others are findings."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Location, Route, parse_route
from fairway.project import PROJECT_FILE, shown_path
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import read_file
from fairway.source.layers import Layer, merge
from fairway.source.scalar import kind_of
from fairway.spec.bind import bind, validate
from fairway.spec.core import ValidationError
from fairway.waivers import rules
from fairway.waivers.waiver import SHORTEST_REASON, WAIVERS_FILE, Waiver, too_short

if TYPE_CHECKING:
    from fairway.spec.waivers import WaiverEntry


class LoadedWaivers(NamedTuple):
    """A file's waivers that are right, its document, and what is wrong with the others.

    ``path`` is the file's path as people see it; ``document`` is None for one that is not there,
    or cannot be read.
    """

    path: str
    document: Document | None = None
    waivers: tuple[Waiver, ...] = ()
    findings: tuple[Finding, ...] = ()


def waiver_files(spec: str, root: str) -> tuple[str, ...]:
    """Return where the waivers of a spec may stand: beside it, then in its project's folder."""
    paths = [os.path.join(os.path.dirname(spec) or ".", WAIVERS_FILE)]
    if root and os.path.realpath(root) != os.path.realpath(os.path.dirname(paths[0])):
        paths.append(os.path.join(root, WAIVERS_FILE))
    return tuple(paths)


def load_waivers(path: str) -> LoadedWaivers:
    """Read the file of waivers at ``path``; one that does not exist has none.

    Whatever is wrong with its content is a finding.
    """
    shown = shown_path(path)
    if not os.path.lexists(path):
        return LoadedWaivers(shown)
    source, findings = read_file(path, shown)
    if source is None or findings:
        document = None
        if source is not None:
            document = Document(shown, source.text, source.digest, None, (0, 0), complete=False)
        return LoadedWaivers(shown, document, (), tuple(findings))
    document, findings = parse(source)
    if not isinstance(document.value, dict):
        if document.complete:
            message = f"a file of waivers is a map, and this is {kind_of(document.value)}"
            fix = "begin with `apiVersion: fairway.dev/v1`, or write waivers with `fairway waive`"
            findings.append(rule.TYPE(message, Location(shown), fix=fix))
        return LoadedWaivers(shown, document, (), tuple(findings))
    reader = _Reader(document, os.path.dirname(path) or ".", findings)
    waivers = tuple(reader.waivers())
    return LoadedWaivers(shown, document, waivers, tuple(reader.findings))


class _Reader:
    """Binds a document's entries, each alone when one of them is wrong."""

    def __init__(self, document: Document, folder: str, findings: list[Finding]) -> None:
        self.document = document
        self.findings = findings
        self._folder = folder
        self._of_project = os.path.lexists(os.path.join(folder, PROJECT_FILE))
        self._broken = [f.at.offsets for f in findings if f.at.offsets is not None]

    def waivers(self) -> Iterator[Waiver]:
        """Yield the waivers that hold, and collect the findings."""
        document = self.document
        bound, misfits = bind("waivers", merge([Layer("spec", document)], frozenset()))
        if document.complete:
            # A key that stands twice is one fault, and not also that of its value.
            self.findings += [f for f in misfits if not self._is_broken(*document.resolve(f.at))]
        entries = list(enumerate(bound.waivers)) if bound is not None else self._alone()
        for index, entry in entries:
            route: Route = ("waivers", index)
            start, end = document.offsets(route)
            cut = document.trusted is not None and end > document.trusted
            if cut or self._is_broken(start, end):
                continue
            faults = list(self._faults(entry, route))
            self.findings += faults
            if not faults:
                yield self._waiver(entry, route)

    def _is_broken(self, start: int, end: int) -> bool:
        return any(start < after and before < end for before, after in self._broken)

    def _alone(self) -> list[tuple[int, WaiverEntry]]:
        """Return the entries that bind when the others are left out."""
        found: list[tuple[int, WaiverEntry]] = []
        value = self.document.value
        listed = value.get("waivers")
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            whole: dict[str, Any] = {key: value.get(key) for key in ("apiVersion", "kind")}
            try:
                found.append((index, validate("waivers", {**whole, "waivers": [entry]}).waivers[0]))
            except ValidationError:
                continue
        return found

    def _faults(self, entry: WaiverEntry, route: Route) -> Iterator[Finding]:
        file = self.document.path
        if too_short(entry.reason):
            message = (
                f"the reason has fewer than {SHORTEST_REASON} characters, so it cannot say why"
                " this is acceptable"
            )
            fix = "say what makes it acceptable, and what will end it"
            yield rules.FILE(message, Location(file, (*route, "reason")), fix=fix)
        yield from self._path_faults(entry.path, route)

    def _path_faults(self, path: str | None, route: Route) -> Iterator[Finding]:
        from fairway.check import SPEC_FILE  # which imports whoever asks for waivers

        file = self.document.path
        at = Location(file, (*route, "path"))
        example = f"write the spec's path from this folder, such as fraud/{SPEC_FILE}"
        if path is None:
            if self._of_project and not self._is_file(SPEC_FILE):
                message = "nothing says which spec this is about"
                yield rules.FILE(message, Location(file, (*route, "rule")), fix=example)
        elif not self._of_project:
            message = "a file of waivers beside a spec is about that spec, and needs no `path`"
            yield rules.FILE(message, at._replace(part="key"), fix="remove it")
        elif not self._is_file(path) or posixpath.basename(path) != SPEC_FILE:
            message = f"{path} is no spec"
            inside = posixpath.normpath(posixpath.join(path, SPEC_FILE))
            fix = Fix(f"write {inside}", inside) if self._is_file(inside) else Fix(example)
            yield rules.FILE(message, at, fix=fix)

    def _is_file(self, path: str) -> bool:
        return os.path.isfile(os.path.join(self._folder, path))

    def _waiver(self, entry: WaiverEntry, route: Route) -> Waiver:
        return Waiver(
            rule=entry.rule,
            route=parse_route(entry.route),
            environments=tuple(dict.fromkeys(entry.environments)),
            reason=entry.reason,
            owner=entry.owner,
            ticket=entry.ticket,
            until=entry.until,
            scope=entry.scope,
            about=os.path.realpath(os.path.join(self._folder, entry.path or "")),
            entry=Location(self.document.path, route),
        )


def environments_of(document: Document | None, known: Iterable[str]) -> tuple[str, ...]:
    """Return the environments that a spec is deployed to: those that it names, else ``known``.

    ``known`` are the project's; others that the spec may name do not exist.
    """
    value = document.value if document is not None else None
    named = value.get("environments") if isinstance(value, dict) else None
    every = tuple(known)
    return tuple(name for name in every if name in named) if isinstance(named, dict) else every
