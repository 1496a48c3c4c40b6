"""Choosing the source of a URI by its scheme, through one table."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.http import Http, HttpOptions
from fairway.resolve.local import LocalSource
from fairway.resolve.source import Progress, Source, Wanted
from fairway.resolve.store import Store
from fairway.resolve.version import cached_version
from fairway.spec.lock import Resolved
from fairway.spec.nearest import listed

if TYPE_CHECKING:
    from fairway.resolve.oci.registry import Registry


class Sources:
    """The sources of one run, which share the cache and the connections; closed by ``with``.

    ``tracking`` is the MLflow server of ``fairway.yaml``. ``progress`` is called by one thread at
    a time. With ``offline`` nothing is asked of any server.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        tracking: str | None = None,
        http: HttpOptions | None = None,
        progress: Progress | None = None,
        offline: bool = False,
    ) -> None:
        self.store = store or Store()
        self.tracking = tracking
        self.progress = _one_at_a_time(progress) if progress is not None else None
        self.offline = offline
        self._options = http
        self._made: dict[str, Source] = {}
        self._local: dict[Path, Source] = {}
        self._closing: list[Callable[[], None]] = []

    def __enter__(self) -> Sources:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        while self._closing:
            self._closing.pop()()

    @cached_property
    def http(self) -> Http:
        """The client of all sources that speak HTTP."""
        http = Http(self._options)
        self._closing.append(http.close)
        return http

    @cached_property
    def registry(self) -> Registry:
        """The client of all OCI registries."""
        from fairway.resolve.oci.registry import Registry

        registry = Registry(self.http, None, self.progress)
        self.at_close(registry.close)
        return registry

    def at_close(self, close: Callable[[], None]) -> None:
        """Have ``close`` called with the rest."""
        self._closing.append(close)

    def source_for(self, uri: str, folder: Path) -> Source:
        """Return the source of a URI; ``folder`` is the deployment's, for ``./path``.

        Raises ``SourceRefusedError`` for a scheme that is not known, and ``UsageError`` when the
        extra that a scheme needs is not installed.
        """
        if uri.startswith("./"):
            if folder not in self._local:
                self._local[folder] = LocalSource(folder)
            return self._local[folder]
        scheme = uri.partition(":")[0]
        make = _KINDS.get(scheme)
        if make is None:
            known = listed(["./path", *(name for name in _KINDS if name != "http")])
            shown = scheme if ":" in uri else uri
            message = f"{shown[:80]!r} is no kind of source; there are {known}"
            raise SourceRefusedError(message, "write one of these")
        if self.offline:
            return OfflineSource(self.store)
        if scheme not in self._made:
            self._made[scheme] = make(self)
        return self._made[scheme]


class OfflineSource:
    """What the cache holds, by the lock's digests, and nothing else."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def resolve(self, uri: str) -> Resolved:
        """Refuse: what a name stands for now only its registry knows."""
        message = f"{uri}: what it stands for cannot be asked offline"
        raise SourceRefusedError(message, "run without --offline")

    def fetch(self, wanted: Wanted) -> Path:
        """Return the version, when all of its files are in the cache."""
        cached = cached_version(self._store, wanted)
        if cached is not None:
            return cached
        uri = wanted.resolved.uri
        missing = [file.path for file in wanted.files if self._store.blob(file.digest) is None]
        what = f"{listed(missing[:5])} of {uri}" if missing else uri
        if len(missing) > 5:
            what = f"{len(missing)} files of {uri}, such as {missing[0]},"
        verb = "are" if len(missing) > 1 else "is"
        reason = "" if missing else ", because the lock does not hold its digests"
        message = f"{what} {verb} not in the cache{reason}, and nothing is fetched offline"
        raise SourceRefusedError(message, "run without --offline")


def _mlflow(sources: Sources) -> Source:
    from fairway.resolve.bucket import BucketSource
    from fairway.resolve.mlflow import MlflowSource

    buckets = BucketSource(sources.store, sources.progress)
    return MlflowSource(sources.tracking, sources.http, sources.store, buckets, sources.progress)


def _https(sources: Sources) -> Source:
    from fairway.resolve.https import HttpsSource

    return HttpsSource(sources.http, sources.store, sources.progress)


def _oci(sources: Sources) -> Source:
    from fairway.resolve.oci.source import OciSource

    return OciSource(sources.registry, sources.store)


def _bucket(sources: Sources) -> Source:
    from fairway.resolve.bucket import BucketSource

    return BucketSource(sources.store, sources.progress)


# Every scheme of a source, and what makes it.
_KINDS: dict[str, Callable[[Sources], Source]] = {
    "models": _mlflow,
    "https": _https,
    "http": _https,
    "oci": _oci,
    "s3": _bucket,
    "gs": _bucket,
}


def _one_at_a_time(progress: Progress) -> Progress:
    lock = threading.Lock()

    def report(what: str, so_far: int, total: int | None) -> None:
        with lock:
            progress(what, so_far, total)

    return report
