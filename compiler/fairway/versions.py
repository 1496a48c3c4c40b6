"""Resolving versions: the model's fields, a version's own, its lock and its files, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairway import rule
from fairway.deployment import ModelVersion, OwnFile
from fairway.finding import Finding
from fairway.location import Route
from fairway.source.document import Document
from fairway.source.folder import FileContent, Folder
from fairway.source.layers import Merged

if TYPE_CHECKING:
    from fairway.spec.deployment import DeploymentSpec
    from fairway.spec.lock import Lock, LockedVersion
    from fairway.spec.model import Version


def resolve_versions(
    spec: DeploymentSpec, merged: Merged, lock: Lock, folder: Folder
) -> tuple[dict[str, ModelVersion], list[Finding], list[Document]]:
    """Return every version that is locked, with findings about the files that it names.

    The documents are those that findings point into.
    """
    resolver = _Resolver(spec, merged, folder)
    versions: dict[str, ModelVersion] = {}
    for name, version in spec.versions.items():
        locked = lock.versions.get(name)
        resolved = resolver.resolve(name, version, locked)
        if resolved is not None:
            versions[name] = resolved
    return versions, resolver.findings, resolver.documents


class _Resolver:
    """Joins one spec's versions; collects findings on the way."""

    def __init__(self, spec: DeploymentSpec, merged: Merged, folder: Folder) -> None:
        self.spec = spec
        self.merged = merged
        self.folder = folder
        self.findings: list[Finding] = []
        self.documents: list[Document] = []
        self._contracts: dict[str, bool] = {}

    def resolve(
        self, name: str, version: Version, locked: LockedVersion | None
    ) -> ModelVersion | None:
        """Return one version, or None when a file that it names cannot be read."""
        model = self.spec.model
        before = len(self.findings)
        contract = self._own(name, "contract", version.contract or model.contract)
        if contract is not None:
            self._check_contract(name, contract[0], contract[1], locked)
        form = version.format or model.format
        entrypoint = self._entrypoint(name, version, locked) if form == "python" else ()
        requirements = tuple(
            found[0]
            for path in (version.requirements or model.requirements,)
            if path is not None and (found := self._own(name, "requirements", path))
        )
        if contract is None or locked is None or len(self.findings) > before:
            return None
        return ModelVersion(
            name=name,
            uri=version.uri,
            framework=version.framework or model.framework,
            format=form,
            locked=locked,
            contract=contract[0],
            entrypoint=entrypoint,
            requirements=requirements,
        )

    def _route(self, name: str, key: str) -> Route:
        own = ("versions", name, key)
        return own if self.merged.origin(own).exact else ("model", key)

    def _own(self, name: str, key: str, path: str) -> tuple[OwnFile, FileContent] | None:
        content = self.folder.file(path)
        if isinstance(content, FileContent):
            return OwnFile(path, len(content.data), content.digest), content
        fix = "correct the path, or add the file beside the spec"
        if "symbolic link" in content:
            fix = "replace the link with the file that it points to"
        at = self.merged.locate(self._route(name, key))
        finding = rule.REFERENCE(f"`{key}`: {content}", at, fix=fix)
        if finding not in self.findings:
            self.findings.append(finding)
        return None

    def _entrypoint(
        self, name: str, version: Version, locked: LockedVersion | None
    ) -> tuple[tuple[OwnFile, str], ...]:
        entrypoint = version.entrypoint or self.spec.model.entrypoint
        if entrypoint is None:
            return ()
        path, _, class_name = entrypoint.rpartition(":")
        own = self._own(name, "entrypoint", path)
        if own is None:
            return ()
        if locked is not None and any(file.path == path for file in locked.files):
            message = f"the model has a file {path} of its own, which would replace the entrypoint"
            at = self.merged.locate(self._route(name, "entrypoint"))
            self.findings.append(rule.CONSISTENT(message, at, fix="rename one of the two"))
        return ((own[0], class_name),)

    def _check_contract(
        self, name: str, own: OwnFile, content: FileContent, locked: LockedVersion | None
    ) -> None:
        """Check a contract's form unless the lock says that these bytes were found well formed."""
        if locked is not None and locked.contract.digest == own.digest:
            return
        if own.path in self._contracts:
            return
        self._contracts[own.path] = True
        from fairway.contract import read_contract

        _, document, findings = read_contract(content.data, self.folder.shown_path(own.path))
        if document is not None:
            self.documents.append(document)
        self.findings += findings
        if locked is not None and not findings:
            message = f"{own.path} changed since the lock was written"
            at = self.merged.locate(self._route(name, "contract"))
            fix = f"run `fairway lock {self.folder.shown}`"
            self.findings.append(rule.LOCK_STALE(message, at, fix=fix))
