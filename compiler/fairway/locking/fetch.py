"""Fetching the versions of many specs side by side, each held against its lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.source import Wanted
from fairway.resolve.sources import Sources
from fairway.spec.lock import LockedFile, LockedVersion, Resolved

_AT_ONCE = 8


class Job(NamedTuple):
    """A version to fetch: its URI, the deployment's folder, and what the lock holds of it.

    With ``update`` the lock's bytes do not bind.
    """

    uri: str
    folder: Path
    before: LockedVersion | None
    update: bool

    @property
    def pinned(self) -> LockedVersion | None:
        """What the lock holds for this URI, when that is to stay."""
        same = self.before is not None and self.before.uri == self.uri
        return self.before if same and not self.update else None


class Fetched(NamedTuple):
    """The bytes of a version, and what its name stands for.

    ``moved`` is what the name stands for now, when the lock pins something else.
    """

    path: Path
    resolved: Resolved | None
    moved: Resolved | None = None


Outcome = Fetched | SourceRefusedError


def fetch_all(jobs: Mapping[str, Job], sources: Sources) -> dict[str, Outcome]:
    """Return what came of each job; ``FairwayError`` when a registry or the disk fails."""
    remote = {key: job for key, job in jobs.items() if not is_local(job.uri)}
    outcomes = {key: fetch(job, sources) for key, job in jobs.items() if key not in remote}
    if remote:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="version") as pool:
            made = pool.map(lambda job: fetch(job, sources), remote.values())
            outcomes |= dict(zip(remote, made, strict=True))
    return outcomes


def is_local(uri: str) -> bool:
    """Whether a URI names files beside the spec, which are used where they are."""
    return uri.startswith("./")


def fetch(job: Job, sources: Sources) -> Outcome:
    """Return the bytes of one version, or why its source was refused."""
    try:
        source = sources.source_for(job.uri, job.folder)
        if is_local(job.uri):
            return Fetched(source.fetch(Wanted(source.resolve(job.uri))), None)
        pinned = job.pinned
        if pinned is None:
            resolved = source.resolve(job.uri)
            return Fetched(source.fetch(Wanted(resolved)), resolved)
        locked = Resolved.model_validate(_plain(pinned.resolved, job.uri))
        now = locked if sources.offline else source.resolve(job.uri)
        moved = now if now.uri != locked.uri else None
        path = source.fetch(Wanted(locked, tuple(_files(pinned))))
        return Fetched(path, locked, moved)
    except SourceRefusedError as error:
        return error


def _files(version: LockedVersion) -> Iterable[LockedFile]:
    """Return a version's files and its signature, where that lies among them."""
    yield from version.files
    if version.signer is not None and version.signer.file is not None:
        yield version.signer.file


def _plain(resolved: Resolved | None, uri: str) -> dict[str, object]:
    return {"uri": uri} if resolved is None else resolved.model_dump(by_alias=True)
