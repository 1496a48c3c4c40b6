"""Checking one spec: its meaning, its targets' capabilities, its lock and the files it names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from fairway import rule
from fairway.bound import NOTHING, BoundSpec, read_spec
from fairway.deployment import Deployment, ModelVersion, VersionEvidence
from fairway.evidence.rules import EVIDENCE_RULES
from fairway.finding import Finding, Fix, Severity, merge_environments
from fairway.location import Location, Route
from fairway.lock.read import check_lock, empty_lock, read_lock
from fairway.project import LoadedProject, routing_of
from fairway.source.document import Document
from fairway.source.layers import Merged
from fairway.spec.meaning import check_meaning, unread
from fairway.spec.view import View
from fairway.target.capability import check_fields, check_traits, check_values
from fairway.target.gate import check_gates
from fairway.target.objective import check_objectives
from fairway.versions import resolve_versions

if TYPE_CHECKING:
    from fairway.compatibility.change import Change
    from fairway.compile import Compiled
    from fairway.spec.deployment import DeploymentSpec
    from fairway.spec.lock import Lock

SPEC_FILE = "deployment.yaml"
_JUDGED = frozenset((rule.CAPABILITY.id, *EVIDENCE_RULES))
"""Faults of a spec that says, nevertheless, all that policies ask."""


class Checked(NamedTuple):
    """What was found of one spec: its deployments where it is right, its findings where not.

    ``documents`` holds every file that a finding may point into, by the path that it names.
    ``judged`` holds the deployments that policies can look at: also those that are right, and
    that no target of their environment can express. ``compiled`` is what the deployments compile
    to, once something has asked.
    """

    path: str
    name: str | None
    deployments: tuple[Deployment, ...]
    findings: tuple[Finding, ...]
    documents: Mapping[str, Document]
    judged: tuple[Deployment, ...] = ()
    compiled: Compiled | None = None


def check_spec(
    path: str,
    loaded: LoadedProject,
    now: str | None = None,
    instead: Mapping[str, bytes] = NOTHING,
) -> Checked:
    """Check the spec at ``path`` in every environment that it names.

    ``now`` (RFC 3339) is when evidence is looked at; without it, that is the time of HEAD.
    ``instead`` holds the bytes of files of its folder, by name, that stand for those on disk.
    """
    bound = read_spec(path, loaded, instead)
    checker = _Checker(bound, loaded, now)
    deployments = checker.deployments()
    findings = _limited(merge_environments(checker.findings))
    clean = all(finding.severity < Severity.ERROR for finding in findings)
    kept = deployments if clean else ()
    return Checked(bound.path, bound.name, kept, findings, checker.documents, deployments)


def _limited(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return at most a hundred findings of each file, and one that says that there are more."""
    if len(findings) <= rule.MOST_FINDINGS:
        return tuple(findings)
    counts: dict[str, int] = {}
    kept: dict[Finding, None] = {}
    for finding in findings:
        file = finding.at.file
        counts[file] = counts.get(file, 0) + (finding.rule != rule.TOO_MANY.id)
        kept[finding if counts[file] <= rule.MOST_FINDINGS else rule.too_many(file)] = None
    return tuple(kept)


class _Checker:
    """Holds a bound spec against everything that it refers to."""

    def __init__(self, bound: BoundSpec, loaded: LoadedProject, now: str | None) -> None:
        self.bound = bound
        self.loaded = loaded
        self.now = now
        self.findings = list(bound.findings)
        self.documents = dict(bound.documents)

    def deployments(self) -> tuple[Deployment, ...]:
        """Return the deployments of all environments, and collect the findings."""
        views = self.bound.views
        for view in (*views, *self.bound.rests):
            self.findings += check_meaning(view)
            self.findings += self._capabilities(view)
        spec, merged, faulty = self.bound.spec, self.bound.merged, frozenset[Route]()
        if spec is None and self.bound.rest is not None:
            spec, merged, faulty = self.bound.rest
        if spec is None or merged is None:
            return ()
        if not unread(faulty, ("metadata", "name")):
            self.findings += self._folder_name(spec)
        lock = self._read_lock()
        if unread(faulty, ("model",)) or unread(faulty, ("versions",)):
            return ()
        self._check_lock(lock, spec, merged)
        lock = lock or empty_lock()
        versions, found, documents = resolve_versions(spec, merged, lock, self.bound.folder)
        self.findings += found
        self.documents.update((document.path, document) for document in documents)
        evidence = self._check_evidence(spec, merged, versions, faulty)
        if any(f.severity >= Severity.ERROR and f.rule not in _JUDGED for f in self.findings):
            return ()
        folder = os.path.relpath(self.bound.folder.real, self.loaded.root).replace(os.sep, "/")
        return tuple(self._deployment(view, folder, lock, versions, evidence) for view in views)

    def _deployment(
        self,
        view: View,
        folder: str,
        lock: Lock,
        versions: Mapping[str, ModelVersion],
        evidence: Mapping[str, VersionEvidence],
    ) -> Deployment:
        bound, project = self.bound, self.loaded.project
        assert project is not None  # noqa: S101 - views come from a project
        assert bound.document is not None  # noqa: S101 - and from a document
        return Deployment(
            spec=view.spec,
            environment=view.environment,
            place=view.place,
            project=project,
            merged=view.merged,
            folder="" if folder == "." else folder,
            file=os.path.basename(bound.path),
            path=bound.path,
            digest=bound.document.digest,
            lock=lock,
            versions=versions,
            images=self.loaded.images,
            evidence=evidence,
            changes=self._changes(view, versions),
            routing=routing_of(view.place, self.loaded.targets),
        )

    def _changes(self, view: View, versions: Mapping[str, ModelVersion]) -> tuple[Change, ...]:
        """Return what the candidate's contract changes; most have the stable version's."""
        stable, candidate = (
            versions.get(name or "")
            for name in (view.spec.release.stable, view.spec.release.candidate)
        )
        if stable is None or candidate is None:
            return ()
        if stable.contract.digest == candidate.contract.digest:
            return ()
        from fairway.compatibility.read import contract_changes

        return contract_changes(self.bound.folder, stable.contract, candidate.contract)

    def _read_lock(self) -> Lock | None:
        lock, document, findings = read_lock(self.bound.folder)
        if document is not None:
            self.documents[document.path] = document
        self.findings += findings
        return lock

    def _check_lock(self, lock: Lock | None, spec: DeploymentSpec, merged: Merged) -> None:
        if lock is not None:
            command = f"fairway lock {os.path.dirname(self.bound.path) or '.'}"
            self.findings += check_lock(lock, spec.model, spec.versions, merged, command)

    def _check_evidence(
        self,
        spec: DeploymentSpec,
        merged: Merged,
        versions: Mapping[str, ModelVersion],
        faulty: frozenset[Route],
    ) -> Mapping[str, VersionEvidence]:
        """Return what evidence there is; find what of it does not count, or means nothing."""
        folder = self.bound.folder
        if spec.evidence is None or unread(faulty, ("evidence",)):
            return {}
        from fairway.evidence.thresholds import check_metrics

        self.findings += check_metrics(spec.evidence, merged)
        if not os.path.isdir(os.path.join(folder.path, "evidence")):
            return {}
        from fairway.evidence.asking import asked
        from fairway.evidence.check import check_evidence

        ages = spec.evidence.max_age is not None
        asks = asked(self.loaded.root, self.loaded.project, self.now, ages=ages)
        name = spec.metadata.name
        found = check_evidence(name, spec.evidence, versions, merged, folder, asks)
        self.findings += found.findings
        return found.versions

    def _capabilities(self, view: View) -> list[Finding]:
        capabilities = self.loaded.capabilities[view.environment]
        installed = self.loaded.targets.values()
        name = view.environment
        found = [
            *check_fields(view.merged, capabilities, name, installed),
            *check_values(view.merged, _chosen(view), capabilities, name, installed),
            *check_traits(view, capabilities, installed),
        ]
        refused = [each.at.route for each in found]
        if any(route[0] == "serving" for route in refused):
            return found  # what is counted depends on what serves, and on who comes how
        targets = self.loaded.targets
        measured = [*check_gates(view, targets), *check_objectives(view, targets)]
        # Of what cannot be had at all, nobody asks how it is measured.
        return found + [each for each in measured if not _is_below(each.at.route, refused)]

    def _folder_name(self, spec: DeploymentSpec) -> list[Finding]:
        path = os.path.abspath(self.bound.path)
        folder, file = os.path.split(path)
        name = os.path.basename(folder)
        if file.lower() in ("deployment.yml", SPEC_FILE) and file != SPEC_FILE:
            message = f"the file is called {file}, and a spec is called {SPEC_FILE}"
            at = Location(self.bound.path, (), "key")
            return [rule.CONSISTENT(message, at, fix=f"rename it to {SPEC_FILE}")]
        if file != SPEC_FILE or name == spec.metadata.name:
            return []
        message = f"the deployment is called {spec.metadata.name}, and its folder {name}"
        fix = Fix(f"rename one of the two; to keep the folder, write {name}", name)
        at = Location(self.bound.path, ("metadata", "name"))
        return [rule.CONSISTENT(message, at, fix=fix)]


def _is_below(route: Route, others: list[Route]) -> bool:
    return any(route[: len(other)] == other for other in others)


def _chosen(view: View) -> dict[str, str]:
    """Return the values of the fields that targets list values for."""
    serving = view.spec.serving
    chosen: dict[str, str] = {
        "serving.mode": serving.mode,
        "serving.runtime": serving.runtime,
        "serving.protocol": serving.protocol,
    }
    if serving.scaling.max is not None and serving.scaling.max > serving.scaling.min:
        chosen["serving.scaling.metric"] = serving.scaling.metric
    ab = view.spec.release.strategy.ab
    if ab is not None:
        chosen["release.strategy.ab.split.by"] = ab.split.by
    if view.faulty:
        return {k: v for k, v in chosen.items() if not unread(view.faulty, tuple(k.split(".")))}
    return chosen
