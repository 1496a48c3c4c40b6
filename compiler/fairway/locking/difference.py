"""What differs between a lock and what its versions are now."""

from __future__ import annotations

from collections.abc import Sequence

from fairway import rule
from fairway.bound import BoundSpec
from fairway.finding import Finding
from fairway.lock.read import check_lock
from fairway.spec.lock import Lock, LockedFile, LockedVersion

# A version's fields that the lock repeats from elsewhere, and what they are called.
_REPEATED = {
    "contract": "its contract",
    "signature": "its inputs and outputs",
    "signer": "its signature",
    "scan": "what a scan finds in it",
    "flavor": "its flavor",
    "evidence": "its evidence",
}


def differences(bound: BoundSpec, old: Lock, new: Lock | None) -> list[Finding]:
    """Return a finding for every version that is not locked as it is, its bytes apart."""
    spec, merged = bound.spec, bound.merged
    if spec is None or merged is None:
        return []
    folder = bound.path.rpartition("/")[0] or "."
    command = f"fairway lock {folder}"
    findings = check_lock(old, spec.model, spec.versions, merged, command)
    for name, now in (new.versions if new is not None else {}).items():
        before = old.versions.get(name)
        at = merged.locate(("versions", name))
        if before is None or before.uri != now.uri:
            continue
        stale = _repeated(before, now)
        if stale:
            message = f"version {name}: {' and '.join(stale)} changed since it was locked"
            findings.append(rule.LOCK_STALE(message, at, fix=f"run `{command}`"))
    return findings


def _repeated(before: LockedVersion, now: LockedVersion) -> list[str]:
    return [
        words for field, words in _REPEATED.items() if getattr(before, field) != getattr(now, field)
    ]


def changed_files(before: Sequence[LockedFile], now: Sequence[LockedFile]) -> str:
    """Return which files are new, gone or changed, in words."""
    old = {file.path: file.digest for file in before}
    new = {file.path: file.digest for file in now}
    words = [f"{path} is new" for path in new.keys() - old.keys()]
    words += [f"{path} is gone" for path in old.keys() - new.keys()]
    words += [f"{path} changed" for path in old.keys() & new.keys() if old[path] != new[path]]
    return ", ".join(sorted(words))
