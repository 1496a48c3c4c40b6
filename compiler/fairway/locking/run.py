"""Locking a fleet: every version fetched, each spec's lock made again, compared, and written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from fairway.bound import BoundSpec, read_spec
from fairway.errors import FairwayError, UsageError
from fairway.finding import Diagnostic, Finding, Severity
from fairway.fleet import Fleet
from fairway.lock import LOCK_NAME
from fairway.lock.read import read_lock
from fairway.lock.write import lock_text, write_beside
from fairway.locking.difference import changed_files, differences
from fairway.locking.fetch import Job, Outcome, fetch_all
from fairway.locking.packs import How, PackRun, remote_packs
from fairway.locking.trust import Trusted, trusted_by
from fairway.locking.version import VersionLocker
from fairway.project import LoadedProject
from fairway.resolve.source import Progress
from fairway.resolve.sources import Sources
from fairway.resolve.store import DEFAULT_LIMIT, Store
from fairway.source.document import Document
from fairway.source.folder import FileContent
from fairway.source.strict_json import unique
from fairway.spec.lock import Lock, LockedVersion
from fairway.spec.nearest import listed, nearest


class Options(NamedTuple):
    """How ``fairway lock`` runs: ``update`` holds ``NAME@VERSION`` and packs, ``limit`` bytes.

    ``pushed`` records the digests of our own images; ``upstream`` asks about all of the others'.
    """

    check: bool = False
    offline: bool = False
    update: frozenset[str] = frozenset()
    limit: int = DEFAULT_LIMIT
    pushed: bool = False
    upstream: bool = False


class _Spec(NamedTuple):
    """A spec to lock: as it was bound, in which project, and its lock, if that is ``whole``."""

    bound: BoundSpec
    loaded: LoadedProject
    before: Lock
    whole: bool


class LockRun:
    """One run of ``fairway lock`` over a fleet; with ``check`` nothing is written."""

    def __init__(
        self, fleet: Fleet, options: Options | None = None, progress: Progress | None = None
    ) -> None:
        self._fleet = fleet
        self._options = options or Options()
        self._progress = progress
        self._trusted: dict[str, Trusted] = {}
        self._sources: dict[str, Sources] = {}
        self.deployments = 0

    def each(self) -> Iterator[str]:
        """Lock one spec after the other; yield a line for each lock that was written."""
        specs = [self._spec(path) for path in self._fleet.paths]
        self._check_updates(specs)
        with ExitStack() as stack:
            for spec in specs:
                if spec.loaded.root not in self._sources:
                    sources = stack.enter_context(self._open(spec.loaded))
                    self._sources[spec.loaded.root] = sources
                    yield from self._packs(spec.loaded, sources)
            outcomes = self._fetch(specs)
            for spec in specs:
                self.deployments += 1
                yield from self._lock(spec, outcomes)
            for root in self._sources:
                yield from self._upstream([spec for spec in specs if spec.loaded.root == root])

    @property
    def files(self) -> int:
        """How many files were read for reports."""
        return self._fleet.files

    def diagnostics(self) -> list[Diagnostic]:
        """Return what was found."""
        return self._fleet.diagnostics()

    # -- fetching ------------------------------------------------------------------------------

    def _spec(self, path: str) -> _Spec:
        loaded = self._fleet.project(path)
        bound = read_spec(path, loaded)
        before = _as_models(bound)
        return _Spec(bound, loaded, before or _NO_LOCK, before is not None)

    def _check_updates(self, specs: list[_Spec]) -> None:
        """Raise ``UsageError`` for a version to update that no spec has."""
        known = [
            f"{spec.bound.spec.metadata.name}@{version}"
            for spec in specs
            if spec.bound.spec is not None
            for version in spec.bound.spec.versions
        ]
        known += [pack for spec in specs for pack in remote_packs(spec.loaded)]
        for name in sorted(self._options.update - set(known)):
            close = nearest(name, known)
            fix = f"write {close}" if close else f"there are {listed(known)}"
            raise UsageError(f"--update {name}: no NAME@VERSION of a spec and no policy pack", fix)

    def _fetch(self, specs: list[_Spec]) -> dict[str, Outcome]:
        """Fetch the versions of all specs, project by project, since each has its own registry."""
        outcomes: dict[str, Outcome] = {}
        for root, sources in self._sources.items():
            own = [spec for spec in specs if spec.loaded.root == root]
            jobs = {key: job for spec in own for key, job in self._jobs(spec).items()}
            outcomes |= fetch_all(jobs, sources)
        return outcomes

    def _open(self, loaded: LoadedProject) -> Sources:
        mlflow = loaded.project.mlflow if loaded.project is not None else None
        return Sources(
            Store(limit=self._options.limit),
            tracking=mlflow.tracking if mlflow is not None else None,
            progress=self._progress,
            offline=self._options.offline,
        )

    def _jobs(self, spec: _Spec) -> Mapping[str, Job]:
        bound = spec.bound
        if bound.spec is None or _broken(bound):
            return {}
        name = bound.spec.metadata.name
        return {
            _key(bound, version): Job(
                uri=each.uri,
                folder=Path(bound.folder.path),
                before=spec.before.versions.get(version),
                update=f"{name}@{version}" in self._options.update,
            )
            for version, each in bound.spec.versions.items()
        }

    # -- locking -------------------------------------------------------------------------------

    def _lock(self, spec: _Spec, outcomes: Mapping[str, Outcome]) -> Iterator[str]:
        bound = spec.bound
        findings = list(bound.findings)
        documents = dict(bound.documents)
        document: Document | None = None
        found: list[Finding] = []
        if not spec.whole:
            _, document, found = read_lock(bound.folder)
        if document is not None:
            documents[document.path] = document
        if self._options.check or found:
            findings += found
        if not _broken(bound) and bound.spec is not None and bound.merged is not None:
            lock, more, files = self._make(spec, outcomes)
            documents.update((file.path, file) for file in files)
            findings += more
            if self._options.check:
                findings += differences(bound, spec.before, lock)
            elif lock is not None:
                findings = [finding for finding in findings if finding not in found]
                yield _write(bound, spec.before, lock)
                yield from self._pushed(spec, lock, findings)
        self._fleet.keep(findings, documents)

    def _pushed(self, spec: _Spec, lock: Lock, findings: list[Finding]) -> Iterator[str]:
        """Record the digests of our own images; their tags follow from the lock that is there."""
        if not self._options.pushed:
            return
        from fairway.locking.pushed import Pushed

        registry = self._sources[spec.loaded.root].registry
        pushed = Pushed(spec.bound.path, spec.loaded, registry)
        findings += pushed.findings
        if pushed.images:
            images = {**lock.images, **pushed.images}
            count = len(pushed.images)
            noun = "image" if count == 1 else "images"
            _write(spec.bound, lock, lock.model_copy(update={"images": images}))
            shown = spec.bound.folder.shown_path(LOCK_NAME)
            yield f"{shown}: {count} pushed {noun} recorded"

    def _packs(self, loaded: LoadedProject, sources: Sources) -> Iterator[str]:
        """Lock the policy packs of a project that are elsewhere."""
        options = self._options
        run = PackRun(loaded, How(options.check, options.offline, options.upstream, options.update))
        yield from run.lock(sources)
        documents = {} if loaded.document is None else {loaded.document.path: loaded.document}
        self._fleet.keep(run.findings, documents if run.findings else {})

    def _upstream(self, specs: list[_Spec]) -> Iterator[str]:
        """Lock the images that a project and its specs refer to, where a registry must be asked."""
        loaded = specs[0].loaded
        if self._options.offline or loaded.project is None:
            return
        from fairway.locking.upstream import UpstreamRun

        run = UpstreamRun(loaded, [spec.bound for spec in specs])
        wanted = run.wanted(run.read(), ask=self._options.upstream)
        if wanted:
            registry = self._sources[loaded.root].registry
            line = run.lock(registry, wanted, check=self._options.check)
            documents = {} if loaded.document is None else {loaded.document.path: loaded.document}
            for spec in specs:
                documents |= spec.bound.documents
            self._fleet.keep(run.findings, documents)
            if line:
                yield line

    def _make(
        self, spec: _Spec, outcomes: Mapping[str, Outcome]
    ) -> tuple[Lock | None, list[Finding], list[Document]]:
        """Return the new lock, images and history kept; None when a version cannot be locked."""
        bound = spec.bound
        assert bound.spec is not None  # noqa: S101 - asked before
        assert bound.merged is not None  # noqa: S101
        root = spec.loaded.root
        trusted = self._trusted.get(root)
        if trusted is None:
            trusted = self._trusted[root] = trusted_by(spec.loaded)
        known = spec.before if self._options.check else None
        locker = VersionLocker(bound.spec, bound.merged, bound.folder, trusted, known)
        versions: dict[str, LockedVersion] = {}
        for name, version in bound.spec.versions.items():
            locked = locker.lock(name, version, outcomes[_key(bound, name)])
            if locked is not None:
                versions[name] = locked
        if len(versions) < len(bound.spec.versions):
            return None, locker.findings, locker.documents
        images = {name: image for name, image in spec.before.images.items() if name in versions}
        lock = Lock.model_construct(
            lock_version=1, versions=versions, images=images, served=spec.before.served
        )
        return lock, locker.findings, locker.documents


def _broken(bound: BoundSpec) -> bool:
    return any(finding.severity >= Severity.ERROR for finding in bound.findings)


def _key(bound: BoundSpec, version: str) -> str:
    return f"{bound.path}\0{version}"


_NO_LOCK = Lock.model_construct(lock_version=1, versions={}, images={}, served={})
_decode = json.JSONDecoder(object_pairs_hook=unique).decode


def _as_models(bound: BoundSpec) -> Lock | None:
    """Return the lock that is there as the models themselves, which can be compared and written.

    None for one that is missing or faulty; ``read_lock`` says what is wrong with it.
    """
    content = bound.folder.file(LOCK_NAME)
    if isinstance(content, FileContent):
        with suppress(ValueError, RecursionError):
            return Lock.model_validate(_decode(content.data.decode()))
    return None


def _write(bound: BoundSpec, old: Lock, lock: Lock) -> str:
    text = lock_text(lock)
    shown = bound.folder.shown_path(LOCK_NAME)
    content = bound.folder.file(LOCK_NAME)
    if isinstance(content, FileContent) and content.data == text.encode():
        return f"{shown}: up to date"
    try:
        write_beside(Path(bound.folder.path) / LOCK_NAME, text)
    except OSError as error:
        raise FairwayError(f"{shown}: cannot be written: {error.strerror}") from error
    changed = [
        f"; {name} has other bytes than before: {changed_files(before.files, now.files)}"
        for name, now in lock.versions.items()
        for before in (old.versions.get(name),)
        if before is not None and before.digest != now.digest
    ]
    count = len(lock.versions)
    noun = "version" if count == 1 else "versions"
    return f"{shown}: {count} {noun} locked{''.join(changed)}"
