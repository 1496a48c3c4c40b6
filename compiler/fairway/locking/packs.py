"""Policy packs from elsewhere: fetched into the cache, and pinned in the project's lock."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fairway import rule
from fairway.errors import UsageError
from fairway.finding import Finding
from fairway.images.file import (
    ProjectLockError,
    project_lock,
    read_project_lock,
    write_project_lock,
)
from fairway.location import Location
from fairway.lock import PROJECT_LOCK_NAME
from fairway.pack.cache import is_kept, keep
from fairway.pack.content import digests, pack_digest
from fairway.pack.folders import locked_pack, misnamed
from fairway.pack.source import GitPack, PackRefusedError, RemotePack, is_remote, parse_pack
from fairway.project import LoadedProject, shown_path
from fairway.resolve.sources import Sources
from fairway.rule import Rule
from fairway.spec.project_lock import LockedPack, ProjectLock

_RUN = "run `fairway lock`"


class How(NamedTuple):
    """How packs are locked: as ``locking.run.Options`` says, by the same names."""

    check: bool = False
    offline: bool = False
    upstream: bool = False
    update: frozenset[str] = frozenset()


def remote_packs(loaded: LoadedProject) -> list[str]:
    """Return the packs from elsewhere, as the project's ``policies`` names them."""
    names = loaded.project.policies if loaded.project is not None else ()
    return [name for name in dict.fromkeys(names) if is_remote(name)]


class PackRun:
    """Locks the packs of one project; ``findings`` point into its ``fairway.yaml``.

    A pack that is locked stays what it is, and is fetched only when the cache lacks it: by its
    commit or manifest, never by a name that can move. With ``check`` the lock is not written, and
    with ``offline`` nobody is asked: what is locked must be in the cache.
    """

    def __init__(self, loaded: LoadedProject, how: How) -> None:
        self._how = how
        self._loaded = loaded
        self._path = Path(loaded.root) / PROJECT_LOCK_NAME
        self.findings: list[Finding] = []

    def lock(self, sources: Sources) -> list[str]:
        """Lock every pack; return lines about what changed.

        Raises ``UsageError`` for a lock that is none, or git missing, and ``FairwayError`` for a
        server that fails.
        """
        if self._loaded.project is None:
            return []
        names = remote_packs(self._loaded)
        for index, error in misnamed(self._names):
            where = self._at(self._names[index])
            self.findings.append(rule.VALUE(str(error), where, fix=error.fix))
        if self.findings:
            return []
        old = self._read()
        if not names and not old.policies:
            return []
        new: dict[str, LockedPack] = {}
        for name in names:
            locked = self._lock(parse_pack(name), old, sources)
            if locked is not None:
                new[name] = locked
        if self._how.check or len(new) < len(names):
            return []
        return self._write(old, new)

    # -- one pack ------------------------------------------------------------------------------

    def _lock(self, pack: RemotePack, old: ProjectLock, sources: Sources) -> LockedPack | None:
        """Return a pack as it is to be locked, or None when a finding says why it cannot be."""
        before = locked_pack(pack, old)
        try:
            update = pack.name in self._how.update
            if update and self._how.offline:
                message = f"{pack.name}: what it stands for cannot be asked offline"
                raise PackRefusedError(message, "run without --offline")
            if before is None or (update and not self._how.check):
                return self._new(pack, old, sources)
            if update or (self._how.upstream and not self._how.offline):
                self._ask(pack, before, sources)
            return self._same(pack, before, sources)
        except PackRefusedError as error:
            self._report(rule.MODEL_SOURCE, pack, str(error), error.fix)
            return None

    def _new(self, pack: RemotePack, old: ProjectLock, sources: Sources) -> LockedPack | None:
        if self._how.check or self._how.offline:
            stale = pack.name in old.policies
            state = "is locked at another revision" if stale else "is not locked"
            why = rule.LOCK_STALE if stale else rule.LOCK_MISSING
            fix = f"{_RUN} without --offline" if self._how.offline else _RUN
            message = f"the policy pack {pack.name} {state} in {PROJECT_LOCK_NAME}"
            self._report(why, pack, message, fix)
            return None
        revision = _revision(pack, sources)
        files = _fetch(pack, revision, sources)
        listed = digests(files, pack.name)
        digest = pack_digest(listed)
        keep(files, digest)
        field = "commit" if isinstance(pack, GitPack) else "manifest"
        return LockedPack.model_validate({field: revision, "digest": digest, "files": listed})

    def _same(self, pack: RemotePack, locked: LockedPack, sources: Sources) -> LockedPack | None:
        """Return a locked pack whose bytes are in the cache, after fetching them if they are not.

        What a commit or manifest holds does not change; bytes that differ mean an edited lock.
        """
        if pack_digest(locked.files) != locked.digest:
            message = f"the policy pack {pack.name}: its files in the lock have another digest"
            self._report(rule.LOCK_CONTENT, pack, message, _update(pack))
            return None
        if is_kept(locked.digest):
            return locked
        if self._how.offline:
            message = f"the policy pack {pack.name} is missing or damaged in the cache"
            fix = f"{_RUN} without --offline"
            self._report(rule.MODEL_SOURCE, pack, f"{message}, and nobody is asked", fix)
            return None
        files = _fetch(pack, locked.commit or locked.manifest or "", sources)
        listed = digests(files, pack.name)
        if listed != locked.files:
            how = changes(locked.files, listed)
            message = f"the policy pack {pack.name} has other bytes than its lock says: {how}"
            self._report(rule.LOCK_CONTENT, pack, message, _update(pack))
            return None
        keep(files, locked.digest)
        return locked

    def _ask(self, pack: RemotePack, locked: LockedPack, sources: Sources) -> None:
        """Report a branch or tag that stands for something else than what is locked."""
        if isinstance(pack, GitPack):
            from fairway.pack.git import resolve_git

            kind, now = resolve_git(pack)
            name = pack.ref
        else:
            from fairway.pack.oci import tag_now

            found = tag_now(pack, sources.registry)
            if found is None:
                return
            kind, (name, now) = "tag", found
        was = locked.commit or locked.manifest
        if now == was:
            return
        message = f"the {kind} {name} of {pack.name} is {now} now, and was {was} when it was locked"
        fix = f"to take the new one, {_update(pack)}"
        if pack.pinned is not None:
            fix = "write the new digest, if the new pack is wanted, or leave the tag out"
        self._report(rule.MOVED, pack, message, fix)

    # -- the lock ------------------------------------------------------------------------------

    def _read(self) -> ProjectLock:
        try:
            return read_project_lock(self._path)
        except ProjectLockError as error:
            raise UsageError(str(error), error.fix) from error

    def _write(self, old: ProjectLock, new: Mapping[str, LockedPack]) -> list[str]:
        shown = shown_path(str(self._path))
        if not write_project_lock(self._path, project_lock(old.images, new)):
            return []
        lines = [f"{shown}: {len(new)} policy {'pack' if len(new) == 1 else 'packs'} locked"]
        for name, now in new.items():
            before = old.policies.get(name)
            if before is not None and before.files != now.files:
                lines.append(f"{shown}: {name}: {changes(before.files, now.files)}")
        return lines

    @property
    def _names(self) -> list[str]:
        return self._loaded.project.policies if self._loaded.project is not None else []

    def _at(self, name: str) -> Location:
        document = self._loaded.document
        file = document.path if document is not None else self._loaded.root
        return Location(file, ("policies", self._names.index(name)))

    def _report(self, kind: Rule, pack: RemotePack, message: str, fix: str) -> None:
        self.findings.append(kind(message, self._at(pack.name), fix=fix))


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return which files of a pack are new, gone or changed, in words; at most ten of them."""
    words = [f"{name} is new" for name in now.keys() - before.keys()]
    words += [f"{name} is gone" for name in before.keys() - now.keys()]
    words += [f"{name} changed" for name in before.keys() & now.keys() if before[name] != now[name]]
    more = f", and {len(words) - 10} more" if len(words) > 10 else ""
    return ", ".join(sorted(words)[:10]) + more


def _update(pack: RemotePack) -> str:
    return f"run `fairway lock --update {shlex.quote(pack.name)}`"


def _revision(pack: RemotePack, sources: Sources) -> str:
    """Return the commit or the manifest's digest that a pack's name stands for now."""
    if isinstance(pack, GitPack):
        from fairway.pack.git import resolve_git

        return resolve_git(pack).commit
    from fairway.pack.oci import resolve_oci

    return resolve_oci(pack, sources.registry)


def _fetch(pack: RemotePack, revision: str, sources: Sources) -> dict[str, bytes]:
    if isinstance(pack, GitPack):
        from fairway.pack.git import fetch_git

        return fetch_git(pack, revision)
    from fairway.pack.oci import fetch_oci

    return fetch_oci(pack, revision, sources.registry)
