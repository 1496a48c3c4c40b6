"""``s3://`` and ``gs://``: an object, or all objects below a prefix, through fsspec.

Credentials and endpoints are those that the clouds' own libraries find: profiles, environment
variables (``AWS_ENDPOINT_URL``, ``STORAGE_EMULATOR_HOST``) and metadata servers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import LATER
from fairway.resolve.objects import Objects, ObjectStore, StoredObject
from fairway.resolve.source import Progress, Wanted
from fairway.resolve.store import Allowance, Blob, Store
from fairway.resolve.version import RemoteFile, cached_version, fetch_version
from fairway.spec.lock import LockedFile, Resolved

_PIECE = 8 << 20


class BucketSource:
    """Models in buckets. An address that ends with ``/`` is a prefix; any other an object first."""

    def __init__(self, store: Store, progress: Progress | None = None) -> None:
        self._store = store
        self._progress = progress
        self._open: dict[str, ObjectStore] = {}

    def resolve(self, uri: str) -> Resolved:
        """Return the object with its version, generation or ETag as revision; or the prefix.

        A prefix ends with ``/``, and its revision is a sha256 over its objects' paths and
        revisions. The object's version is pinned where the bucket keeps versions.
        """
        place = _place(uri)
        found = self._objects(uri).one(place) if not uri.endswith("/") else None
        if found is not None:
            return Resolved(uri=uri, revision=found.revision or None)
        uri = f"{uri.rstrip('/')}/"
        lines = [f"{each.path} {each.revision}\n" for each in self._objects(uri).below(place)]
        if not lines:
            raise SourceRefusedError(f"{uri} does not exist, or is empty", "correct the address")
        revision = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
        return Resolved(uri=uri, revision=f"sha256:{revision}")

    def fetch(self, wanted: Wanted) -> Path:
        """Return the object's file, or the folder of all objects below the prefix."""
        cached = cached_version(self._store, wanted)
        if cached is not None:
            return cached
        uri = wanted.resolved.uri
        objects = self._objects(uri)
        place = _place(uri)
        if uri.endswith("/"):
            found = {each.path: each for each in objects.below(place)}
        else:
            one = objects.one(place, wanted.resolved.revision or "")
            if one is None:
                message = f"{uri} does not exist any more"
                raise SourceRefusedError(message, "restore the object, or lock another one")
            found = {one.path: one}
        files = [RemoteFile(each.path, each.place, each.size) for each in found.values()]
        get = partial(self._get, objects, found)
        return fetch_version(self._store, wanted, files, get)

    def _get(
        self,
        objects: ObjectStore,
        found: dict[str, StoredObject],
        file: RemoteFile,
        known: LockedFile | None,
        allowance: Allowance,
    ) -> Blob:
        digest = known.digest if known is not None else None
        kept = self._store.blob(digest) if digest is not None else None
        wanted = found[file.path]
        allowance.spend(wanted.size)
        if kept is not None and digest is not None:
            return Blob(kept, wanted.size, digest)
        with self._store.part(f"{objects.scheme}://{wanted.place}", wanted.revision) as part:
            for chunk in self._rest(objects, wanted, part.size):
                part.write(chunk)
                allowance.spend(0)
                if self._progress is not None:
                    self._progress(file.path, part.size, wanted.size)
            if not wanted.pinned and objects.one(wanted.place) != wanted._replace(
                path=wanted.place.rpartition("/")[2]
            ):
                part.drop()
                message = f"{objects.scheme}://{wanted.place} changed while it was being fetched"
                raise FairwayError(message, "run the command again")
            return self._store.finish(part, file.path, digest=digest, size=wanted.size)

    def _rest(self, objects: ObjectStore, wanted: StoredObject, begin: int) -> Iterator[bytes]:
        while begin < wanted.size:
            end = min(begin + _PIECE, wanted.size)
            piece = objects.read(wanted, begin, end)
            if len(piece) != end - begin:
                where = f"{objects.scheme}://{wanted.place}"
                message = f"{where}: only {len(piece):,} of {end - begin:,} bytes came"
                raise FairwayError(message, LATER)
            yield piece
            begin = end

    def _objects(self, uri: str) -> ObjectStore:
        scheme = uri.partition(":")[0]
        if scheme not in self._open:
            self._open[scheme] = Objects(scheme)
        return self._open[scheme]


def _place(uri: str) -> str:
    """Return the bucket and key of an address, without a slash at the end."""
    place = uri.partition("://")[2]
    bucket, _, key = place.partition("/")
    wrong = not bucket or "@" in bucket or any(letter in place for letter in "?#\\*[")
    if wrong or "//" in place or not {".", ".."}.isdisjoint(key.split("/")):
        scheme = uri.partition(":")[0]
        message = f"{scheme}:// address that names no object: {place.rpartition('@')[2]!r:.200}"
        raise SourceRefusedError(
            message, f"write {scheme}://bucket/key, or {scheme}://bucket/prefix/"
        )
    return place.rstrip("/")
