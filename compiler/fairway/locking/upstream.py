"""Images of others: what the references of a project and its specs stand for, in its lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from fairway import rule
from fairway.bound import BoundSpec
from fairway.errors import UsageError
from fairway.finding import Finding
from fairway.images.file import (
    ProjectLockError,
    project_lock,
    read_project_lock,
    write_project_lock,
)
from fairway.images.lock import Resolution, resolve_images
from fairway.location import Location
from fairway.lock import PROJECT_LOCK_NAME
from fairway.project import LoadedProject, shown_path
from fairway.resolve.oci.registry import Registry
from fairway.spec.project_lock import ProjectLock


class Upstream(NamedTuple):
    """The references of a project, by the name that its lock has for them, and where they are."""

    references: Mapping[str, str]
    places: Mapping[str, Location]


class UpstreamRun:
    """Locks the images of one project; with ``check`` nothing is written.

    References without a digest are looked up once and then kept. With ``ask`` the registries are
    asked about every one, those that a digest pins included, and a tag that has moved since is a
    finding.
    """

    def __init__(self, loaded: LoadedProject, specs: Iterable[BoundSpec]) -> None:
        self.path = Path(loaded.root) / PROJECT_LOCK_NAME
        self.shown = shown_path(str(self.path))
        self.upstream = _upstream(loaded, specs)
        self.findings: list[Finding] = []

    def wanted(self, old: ProjectLock, *, ask: bool) -> dict[str, str]:
        """Return the references that a registry must be asked about."""
        return {
            name: text
            for name, text in self.upstream.references.items()
            if ask or ("@" not in text and _locked(old, name) != text)
        }

    def read(self) -> ProjectLock:
        """Return the lock as it is; ``UsageError`` for a file that is none."""
        try:
            return read_project_lock(self.path)
        except ProjectLockError as error:
            raise UsageError(str(error), error.fix) from error

    def lock(self, registry: Registry, wanted: Mapping[str, str], *, check: bool) -> str:
        """Look images up and write the lock; return a line about it, empty when nothing changed."""
        old = self.read()
        found = resolve_images(wanted, registry, old)
        self._report(found)
        kept = {
            name: image
            for name, image in old.images.items()
            if self.upstream.references.get(name) == image.reference
        }
        new = project_lock({**kept, **found.images}, old.policies)
        if check:
            for name in sorted(new.images.keys() - old.images.keys()):
                if "@" in self.upstream.references[name]:
                    continue  # pinned where it is named
                message = f"{self.upstream.references[name]} is not in {PROJECT_LOCK_NAME}"
                at = self.upstream.places[name]
                self.findings.append(rule.LOCK_MISSING(message, at, fix="run `fairway lock`"))
            return ""
        if self.findings or (not new.images and not self.path.exists()):
            return ""
        if not write_project_lock(self.path, new):
            return ""
        count = len(new.images)
        return f"{self.shown}: {count} {'image' if count == 1 else 'images'} locked"

    def _report(self, found: Resolution) -> None:
        for refused in found.refused:
            at = self.upstream.places[refused.name]
            self.findings.append(rule.MODEL_SOURCE(refused.message, at, fix=refused.fix))
        for moved in found.moved:
            text = self.upstream.references[moved.name]
            message = f"the tag {moved.tag} of {text.partition('@')[0]} is {moved.now} now"
            fix = f"write @{moved.now} if the new image is wanted, or leave the tag out"
            if "@" not in text:
                message += f", and was {moved.was} when it was locked"
                fix = f"remove the image from {PROJECT_LOCK_NAME}, and run `fairway lock`"
            self.findings.append(rule.MOVED(message, self.upstream.places[moved.name], fix=fix))


def _locked(old: ProjectLock, name: str) -> str | None:
    return old.images[name].reference if name in old.images else None


def _upstream(loaded: LoadedProject, specs: Iterable[BoundSpec]) -> Upstream:
    references: dict[str, str] = {}
    places: dict[str, Location] = {}
    project, document = loaded.project, loaded.document
    if project is not None and document is not None:
        for base, reference in project.images.items():
            references[base] = str(reference)
            places[base] = Location(document.path, ("images", base))
    for bound in specs:
        for view in bound.views:
            image = view.spec.serving.image
            if view.spec.serving.runtime != "image" or image is None:
                continue
            name = f"{image.repository}:{image.tag}" if image.tag else image.repository
            references[name] = f"{name}@{image.digest}" if image.digest else name
            places.setdefault(name, view.merged.locate(("serving", "image")))
    return Upstream(references, places)
