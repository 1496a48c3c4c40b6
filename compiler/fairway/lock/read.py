"""Reading ``deployment.lock.json`` and holding it against the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Location
from fairway.lock import LOCK_NAME
from fairway.lock.bind import bind_lock
from fairway.source.document import Document
from fairway.source.folder import Folder
from fairway.source.layers import Merged
from fairway.spec.bind import validate
from fairway.spec.nearest import listed

if TYPE_CHECKING:
    from fairway.spec.lock import Lock
    from fairway.spec.model import Model, Version


def empty_lock() -> Lock:
    """Return what a deployment without a lock has."""
    return validate("lock", {"lockVersion": 1, "versions": {}})


def read_lock(folder: Folder) -> tuple[Lock | None, Document | None, list[Finding]]:
    """Return the lock, an empty one when there is no file, or findings at its faulty lines."""
    shown = folder.shown_path(LOCK_NAME)
    content = folder.file(LOCK_NAME)
    if isinstance(content, str):
        if content.endswith("does not exist"):
            return empty_lock(), None, []
        return None, None, [rule.LOCK_FORMAT(content, Location(shown))]
    return bind_lock(content.data, shown, f"fairway lock {folder.shown}")


def check_lock(
    lock: Lock, model: Model, versions: Mapping[str, Version], merged: Merged, command: str
) -> list[Finding]:
    """Return a finding for every version that the lock does not hold as the spec names it."""
    findings: list[Finding] = []
    formats: dict[tuple[Location, str, str], list[str]] = {}
    fix = f"run `{command}`"
    if len(versions) > 1 and not any(name in lock.versions for name in versions):
        message = f"no version is in {LOCK_NAME}, so their bytes are not known: {listed(versions)}"
        return [rule.LOCK_MISSING(message, merged.locate(("versions",), "key"), fix=fix)]
    for name, version in versions.items():
        locked = lock.versions.get(name)
        at = merged.locate(("versions", name), "key")
        if locked is None:
            message = f"version {name} is not in {LOCK_NAME}, so its bytes are not known"
            findings.append(rule.LOCK_MISSING(message, at, fix=fix))
            continue
        if locked.uri != version.uri:
            message = f"version {name} was locked from {locked.uri}, and is {version.uri} now"
            findings.append(rule.LOCK_STALE(message, merged.locate(("versions", name)), fix=fix))
        form = version.format or model.format
        mlflow = form == "mlflow" and locked.flavor is not None
        if locked.format is not None and locked.format != form and not mlflow:
            where = ("versions", name, "format") if version.format else ("model", "format")
            formats.setdefault((merged.locate(where), form, locked.format), []).append(name)
    return findings + [_other_format(*said, names) for said, names in formats.items()]


def _other_format(at: Location, said: str, found: str, names: list[str]) -> Finding:
    message = f"the format is said to be {said}, and the bytes of {listed(names)} are {found}"
    return rule.CONSISTENT(message, at, fix=Fix(f"write {found}", found))
