"""Reading ``deployment.lock.json`` and holding it against the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairway import rule
from fairway.finding import Finding
from fairway.location import Location
from fairway.lock import LOCK_NAME
from fairway.lock.bind import bind_lock
from fairway.source.document import Document
from fairway.source.folder import Folder
from fairway.source.layers import Merged
from fairway.spec.bind import validate

if TYPE_CHECKING:
    from fairway.lock.model import Lock
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
    return bind_lock(content.data, shown)


def check_lock(
    lock: Lock, model: Model, versions: Mapping[str, Version], merged: Merged, command: str
) -> list[Finding]:
    """Return a finding for every version that the lock does not hold as the spec names it."""
    findings: list[Finding] = []
    fix = f"run `{command}`"
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
        if locked.format is not None and locked.format != form:
            message = f"version {name} is said to be {form}, and its bytes are {locked.format}"
            where = ("versions", name, "format") if version.format else ("model", "format")
            findings.append(
                rule.CONSISTENT(message, merged.locate(where), fix="correct the format")
            )
    return findings
