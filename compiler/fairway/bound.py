"""Reading one spec: its document, merged with defaults and overrides, bound per environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from fairway import rule
from fairway.blank import blank_keys, check_blank_keys, check_blank_versions
from fairway.finding import Finding, Fix
from fairway.location import Location, Route
from fairway.project import PROJECT_FILE, LoadedProject, shown_path
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode, read_file
from fairway.source.folder import Folder
from fairway.source.layers import Layer, Merged, merge, merge_over
from fairway.source.scalar import kind_of
from fairway.spec.bind import WHOLE, bind, bind_over, bind_rest
from fairway.spec.meaning import check_versions_named
from fairway.spec.nearest import listed, nearest
from fairway.spec.view import View

if TYPE_CHECKING:
    from fairway.spec.deployment import DeploymentSpec

NOTHING: Mapping[str, bytes] = MappingProxyType({})
"""No file in the place of one on disk."""

_ABSENT = frozenset({rule.MISSING_KEY.id, rule.CHOICE.id})
"""Findings that say nothing about a part of a spec: what they miss may stand elsewhere."""


class Rest(NamedTuple):
    """What is right of a spec that does not bind; examples stand for what is at ``faulty``."""

    spec: DeploymentSpec
    merged: Merged
    faulty: frozenset[Route]


class BoundSpec(NamedTuple):
    """A spec as far as it could be read.

    ``views`` holds the environments in which it could be bound. ``spec`` is one of their specs,
    for what overrides cannot change, with the document that it was merged from. ``rests`` holds
    the environments in which it could not be bound, and ``rest`` the spec of one of them.
    """

    path: str
    folder: Folder
    document: Document | None
    views: tuple[View, ...]
    spec: DeploymentSpec | None
    merged: Merged | None
    findings: tuple[Finding, ...]
    documents: Mapping[str, Document]
    rests: tuple[View, ...] = ()
    rest: Rest | None = None

    @property
    def name(self) -> str | None:
        """The deployment's name, when the file says one."""
        value = self.document.value if self.document is not None else None
        metadata = value.get("metadata") if isinstance(value, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return name if isinstance(name, str) else None


def read_spec(
    path: str, loaded: LoadedProject, instead: Mapping[str, bytes] = NOTHING
) -> BoundSpec:
    """Read and bind the spec at ``path`` for every environment that it names.

    ``instead`` holds the bytes of files of its folder, by name, that stand for those on disk.
    """
    shown = shown_path(path)
    folder = Folder(os.path.dirname(path) or ".", os.path.dirname(shown) or ".", instead)
    documents = {loaded.document.path: loaded.document} if loaded.document is not None else {}
    given = instead.get(os.path.basename(path))
    source, findings = read_file(path, shown) if given is None else decode(shown, given)
    if source is None or findings:
        # Characters that are not text: nothing after them means what it seems to.
        document = None
        if source is not None:
            document = Document(shown, source.text, source.digest, None, (0, 0), complete=False)
            documents[shown] = document
        return BoundSpec(shown, folder, document, (), None, None, tuple(findings), documents)
    document, findings = parse(source)
    documents[shown] = document
    if loaded.document is None:
        message = f"no {PROJECT_FILE} in the folder of this spec or above it"
        fix = "run `fairway init` where the specs are, or move the spec into a project"
        findings.append(rule.PROJECT(message, Location(shown, (), "key"), fix=fix))
    binder = _Binder(document, loaded, findings)
    if isinstance(document.value, dict):
        binder.bind()
    elif document.complete:
        findings.append(_no_map(document))
    return BoundSpec(
        shown,
        folder,
        document,
        tuple(binder.views),
        binder.spec,
        binder.merged,
        tuple(findings),
        documents,
        tuple(binder.rests),
        binder.rest,
    )


def _no_map(document: Document) -> Finding:
    message = f"a deployment spec is a map, and this is {kind_of(document.value)}"
    fix = "begin with `apiVersion: fairway.dev/v1`, or make a spec with `fairway new`"
    return rule.TYPE(message, Location(document.path), fix=fix)


class _Binder:
    """Binds one document for each of its environments; appends to the findings it was given."""

    def __init__(self, document: Document, loaded: LoadedProject, findings: list[Finding]) -> None:
        self.document = document
        self.loaded = loaded
        self.findings = findings
        self.broken = [f.at.offsets for f in findings if f.at.offsets is not None]
        self.blank = blank_keys(document) if document.complete else frozenset()
        self.views: list[View] = []
        self.rests: list[View] = []
        self.rest: Rest | None = None
        self.spec: DeploymentSpec | None = None
        self.base: DeploymentSpec | None = None  # without any environment's overrides
        self.merged: Merged | None = None
        self.layers = [Layer("spec", document)]
        if loaded.document is not None:
            self.layers.append(Layer("defaults", loaded.document, ("defaults",)))

    def bind(self) -> None:
        """Bind every environment; those without overrides share their words and are bound once."""
        overrides = self._overrides()
        if self.document.complete:
            self.findings += check_blank_versions(self.document, self.blank)
        same = tuple(name for name, override in overrides.items() if not override)
        base = merge(self.layers, WHOLE)
        base.value.pop("environments", None)
        base_rest: Rest | None = None
        if same or not overrides:
            self.spec = self.base = self._bind(base, same)
            self.merged = base
            base_rest = self.rest = self._rest(self.spec, base)
        else:
            self._bind_what_overrides_hide(base)
        for name, override in overrides.items():
            merged, spec, rest = base, self.spec, base_rest
            if override:
                layer = Layer("override", self.document, ("environments", name))
                merged = merge_over(base, layer)
                merged.value.pop("environments", None)
                spec = self._bind(merged, (name,), base)
                rest = self._rest(spec, merged)
                if self.spec is None and not same:
                    self.spec, self.merged = spec, merged
                    self.rest = rest or self.rest
            place = self.loaded.project.environments.get(name) if self.loaded.project else None
            if place is None or not self.document.complete:
                continue
            if spec is not None:
                self.views.append(View(spec, merged, name, place))
            elif rest is not None:
                self.rests.append(View(rest.spec, rest.merged, name, place, rest.faulty))

    def _rest(self, spec: DeploymentSpec | None, merged: Merged) -> Rest | None:
        """Return what can still be checked of a document that did not bind."""
        if spec is not None or not self.document.complete:
            return None
        found = bind_rest(merged)
        if found is None:
            return None
        return Rest(found.spec, merged._replace(value=found.value), found.faulty)

    def _bind(
        self, merged: Merged, environments: tuple[str, ...], base: Merged | None = None
    ) -> DeploymentSpec | None:
        if base is None or self.base is None:
            spec, found = bind("deployment", merged)
        else:
            spec, found = bind_over(merged, base, self.base)
        found = [finding for finding in found if not self._explained(finding)]
        self.findings += [finding._replace(environments=environments) for finding in found]
        if spec is None and self.document.complete:
            self.findings += check_versions_named(merged, environments)
        if self.blank:
            self.findings += check_blank_keys(merged, self.document, self.blank, environments)
        return spec

    def _bind_what_overrides_hide(self, base: Merged) -> None:
        """Find faulty values that every environment replaces; nobody else would see them."""
        self.base, found = bind("deployment", base)
        self.findings += [
            finding
            for finding in found
            if finding.rule not in _ABSENT and not self._explained(finding)
        ]

    def _explained(self, finding: Finding) -> bool:
        """Whether a fault of the file itself is the reason for a misfit."""
        document, at = self.document, finding.at
        if at.file != document.path:
            return False
        start, end = document.resolve(at)
        if any(start < after and before < end for before, after in self.broken):
            return True
        if document.complete or document.trusted is None:
            return False
        if finding.rule in _ABSENT:
            return not at.route or document.offsets(at.route)[1] > document.trusted
        return end > document.trusted

    # -- overrides -----------------------------------------------------------------------------

    def _overrides(self) -> dict[str, Any]:
        """Return each environment's override; all of the project's when the spec names none."""
        project = self.loaded.project
        value = self.document.value.get("environments")
        if value is None:
            return {name: {} for name in project.environments} if project is not None else {}
        if not isinstance(value, dict):
            message = (
                "`environments`: expected a map of environments to their overrides,"
                f" got {kind_of(value)}"
            )
            known = project.environments if project is not None else ()
            names = value if isinstance(value, list) else list(known)
            shown = ", ".join(f"{name}: {{}}" for name in names[:12] if isinstance(name, str))
            fix = Fix(f"write {{{shown}}}", f"{{{shown}}}") if shown else None
            at = Location(self.document.path, ("environments",))
            self.findings.append(rule.TYPE(message, at, fix=fix))
            return {}
        if not value:
            message = "`environments` is empty, so this is deployed nowhere"
            at = Location(self.document.path, ("environments",), "key")
            have = listed(project.environments) if project is not None else "all"
            fix = Fix(f"name an environment, or remove the key to deploy to {have}")
            self.findings.append(rule.VALUE(message, at, fix=fix))
        overrides: dict[str, Any] = {}
        for name, override in value.items():
            if self._is_override(name, override):
                overrides[name] = override or {}
        return overrides

    def _is_override(self, name: str, override: Any) -> bool:
        project = self.loaded.project
        here = Location(self.document.path, ("environments", name))
        if project is not None and name not in project.environments:
            close = nearest(name, project.environments)
            message = f"there is no environment {name}; the project has "
            message += listed(project.environments)
            fix = Fix(f"rename it to {close}", close) if close else Fix(f"add it to {PROJECT_FILE}")
            self.findings.append(rule.REFERENCE(message, here._replace(part="key"), fix=fix))
            return False
        if override is not None and not isinstance(override, dict):
            message = f"`environments.{name}`: expected a map of overrides, got {kind_of(override)}"
            fix = Fix("write {} when nothing differs there", "{}")
            self.findings.append(rule.TYPE(message, here, fix=fix))
            return False
        for key in override or ():
            if key in _SHARED:
                message = f"an environment cannot override `{key}`: {_SHARED[key]}"
                at = Location(self.document.path, (*here.route, key), "key")
                mend = "remove it" if key == "environments" else "move it to the top of the spec"
                self.findings.append(rule.CONSISTENT(message, at, fix=mend))
        return True


_SHARED: Mapping[str, str] = {
    "apiVersion": "it is the file's",
    "kind": "it is the file's",
    "metadata": "the deployment is the same everywhere",
    "model": "one image serves every environment",
    "versions": "one image serves every environment",
    "evidence": "it is about the version, wherever that runs",
    "environments": "overrides are not nested",
}
"""What all environments have in common, and why."""
