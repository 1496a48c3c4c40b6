"""A fleet: the specs that a command was given, each with its project, checked together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from fairway import rule
from fairway.check import Checked, check_spec
from fairway.compile import Compiler
from fairway.discover import discover
from fairway.finding import Diagnostic, Finding, Severity
from fairway.governance import Governance
from fairway.locate import locate, locate_waived, unite
from fairway.location import Location
from fairway.project import LoadedProject, find_project, load_project
from fairway.source.document import Document

if TYPE_CHECKING:
    from datetime import date

_NO_PROJECT = LoadedProject("", None, None, {}, {}, ())


class Fleet:
    """Checks specs one after the other and keeps what reports need: findings, counts, names."""

    def __init__(self, paths: Iterable[str], now: str | None = None) -> None:
        """Find the specs in ``paths``; ``now`` (RFC 3339) is when evidence is looked at."""
        given = tuple(paths)
        self._now = now
        self.paths = discover(given)
        self._given = given
        self._projects: dict[str | None, LoadedProject] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._workloads: dict[tuple[str, str, str, str], tuple[str, str]] = {}
        self._compilers: dict[str, Compiler] = {}
        self._governance: dict[str, Governance] = {}
        self._diagnostics: list[Diagnostic] = []
        self._files: set[str] = set()
        self.deployments = 0

    def check(self) -> Iterator[tuple[Checked, LoadedProject]]:
        """Yield each spec as it is checked; its findings are kept for ``diagnostics``."""
        for path in self.paths:
            loaded = self.project(path)
            checked = check_spec(path, loaded, self._now)
            more = self._name_taken(checked, loaded) or self._workload_taken(checked, loaded)
            if more:
                checked = checked._replace(findings=(*checked.findings, *more), deployments=())
            checked = self._govern(checked, loaded)
            self._files.add(checked.path)
            self.deployments += 1
            yield checked, loaded
        for governance in self._governance.values():
            done = governance.finish()
            self.keep(done.findings, done.documents)
            self._diagnostics += locate_waived(done.waived, done.documents)

    def compiler(self, loaded: LoadedProject) -> Compiler:
        """Return the compiled targets of a project, made once."""
        if loaded.root not in self._compilers:
            self._compilers[loaded.root] = Compiler(loaded)
        return self._compilers[loaded.root]

    def governance(self, loaded: LoadedProject) -> Governance:
        """Return the policies and the waivers of a project, loaded once."""
        if loaded.root not in self._governance:
            compiler = partial(self.compiler, loaded)
            self._governance[loaded.root] = Governance(loaded, self._now, compiler)
        return self._governance[loaded.root]

    def policies(self) -> Mapping[str, tuple[rule.Rule, bool]]:
        """Return the rules of every pack that was used, by id, and whether they are built in."""
        used = [each.policies for each in self._governance.values() if each.policies is not None]
        return {
            name: (
                rule.Rule(name, program.title, program.why, Severity(program.severity)),
                pack.builtin,
            )
            for policies in used
            for pack in policies.packs
            for name, program in pack.programs().items()
        }

    def today(self) -> date | None:
        """Return the day that waivers are judged by, when there are any."""
        days = (governance.today() for governance in self._governance.values())
        return next((day for day in days if day is not None), None)

    def _govern(self, checked: Checked, loaded: LoadedProject) -> Checked:
        """Judge a spec by its project's policies, and keep what waivers leave of all findings."""
        if loaded.project is None:
            self.keep(checked.findings, checked.documents)
            return checked
        governed = self.governance(loaded).check(checked)
        self.keep(governed.checked.findings, governed.checked.documents)
        self._diagnostics += locate_waived(governed.waived, governed.checked.documents)
        return governed.checked

    def diagnostics(self) -> list[Diagnostic]:
        """Return what was found so far, sorted by file and place, without duplicates."""
        return sorted(
            unite(self._diagnostics),
            key=lambda d: (d.file, d.span is not None, d.span, d.rule, d.message),
        )

    @property
    def whole(self) -> bool:
        """Whether the fleet is all that its project holds: no path was given, or its folder."""
        roots = {os.path.realpath(project.root) for project in self.projects()}
        given = {os.path.realpath(path) for path in self._given}
        return not given or roots <= given

    def source(self, checked: Checked, loaded: LoadedProject) -> str:
        """Return a spec's path relative to its project, as artifacts name it."""
        root = os.path.realpath(loaded.root)
        return os.path.relpath(os.path.realpath(checked.path), root).replace(os.sep, "/")

    @property
    def files(self) -> int:
        """How many files were read."""
        return len(self._files)

    def projects(self) -> list[LoadedProject]:
        """Return the projects of the specs that were checked so far."""
        return [project for project in self._projects.values() if project.document is not None]

    def keep(self, findings: Iterable[Finding], documents: Mapping[str, Document]) -> None:
        """Locate findings and keep them for ``diagnostics``; count the files they came from."""
        self._files.update(documents)
        found = list(findings)
        if found:
            self._diagnostics += locate(found, documents)

    def project(self, path: str) -> LoadedProject:
        """Return the project that a spec belongs to, loaded once."""
        found = find_project(path)
        loaded = self._projects.get(found)
        if loaded is None:
            loaded = load_project(found) if found is not None else _NO_PROJECT
            self._projects[found] = loaded
            files = (loaded.document, loaded.lock)
            documents = {file.path: file for file in files if file is not None}
            self.keep(loaded.findings, documents)
        return loaded

    def _name_taken(self, checked: Checked, loaded: LoadedProject) -> list[Finding]:
        if checked.name is None:
            return []
        key = (loaded.root, checked.name)
        first = self._names.setdefault(key, checked.path)
        if first == checked.path:
            return []
        at = Location(checked.path, ("metadata", "name"))
        message = f"another deployment is called {checked.name}: {first}"
        return [rule.UNIQUE_NAME(message, at, fix="rename one of the two")]

    def _workload_taken(self, checked: Checked, loaded: LoadedProject) -> list[Finding]:
        """Find Kubernetes objects of one name: version 2-1 of ``a`` and version 1 of ``a-2``."""
        at = Location(checked.path, ("metadata", "name"))
        for deployment in checked.deployments:
            own = (checked.path, deployment.environment)
            for name in deployment.claims:
                place = (loaded.root, deployment.place.cluster, deployment.namespace, name)
                first = self._workloads.setdefault(place, own)
                if first != own:
                    message = (
                        f"{name} in {deployment.environment} would have the name, the namespace and"
                        f" the cluster of another deployment's objects: {first[0]} in {first[1]}"
                    )
                    fix = "rename the deployment, or one of its versions"
                    return [rule.UNIQUE_NAME(message, at, fix=fix)]
        return []
