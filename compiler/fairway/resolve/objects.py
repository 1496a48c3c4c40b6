"""Objects in a cloud's buckets: what fsspec's S3 and GCS say of them, and their errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import LATER

# Of GCS the class that speaks the JSON API: the one that fsspec takes by default asks another
# service by gRPC first, and for minutes where that cannot be reached.
_CLASSES = {"s3": ("s3fs", "S3FileSystem"), "gs": ("gcsfs.core", "GCSFileSystem")}
_TRIES = 4
_NO_ACCESS = ("NoCredentials", "CredentialRetrieval", "PartialCredentials", "DefaultCredentials")
_ACCESS = {
    "s3": "give this machine credentials that may read it, such as AWS_PROFILE",
    "gs": "give this machine credentials that may read it, such as GOOGLE_APPLICATION_CREDENTIALS",
}


class StoredObject(NamedTuple):
    """An object: path in the model, ``bucket/key``, size in bytes, and what names its bytes.

    ``pinned`` is whether the bucket gives these very bytes by ``revision`` (an S3 version, a GCS
    generation); otherwise ``revision`` is an ETag, which only tells that they changed.
    """

    path: str
    place: str
    size: int
    revision: str
    pinned: bool


class ObjectStore(Protocol):
    """Reads objects; every method raises as ``Source`` does."""

    scheme: str

    def one(self, place: str, revision: str = "") -> StoredObject | None:
        """Return the object at ``bucket/key`` (in this revision), or None when there is none."""
        ...

    def below(self, place: str) -> list[StoredObject]:
        """Return all objects below ``bucket/prefix``."""
        ...

    def read(self, wanted: StoredObject, begin: int, end: int) -> bytes:
        """Return the bytes from ``begin`` up to ``end``."""
        ...


class Objects:
    """The buckets of one scheme, ``s3`` or ``gs``; may be used by several threads."""

    def __init__(self, scheme: str) -> None:
        package = _CLASSES[scheme][0].partition(".")[0]
        # They log errors with tracebacks besides raising them; ours says it in a sentence.
        logging.getLogger(package).addHandler(logging.NullHandler())
        self.scheme = scheme
        with self._faults(scheme):
            try:
                module, name = _CLASSES[scheme]
                kind = getattr(import_module(module), name)
            except ImportError:
                message = f"{scheme}:// models need fsspec and {package}"
                raise UsageError(message, "pip install 'fairway[buckets]'") from None
            more = {"version_aware": True} if scheme == "gs" else {}  # else no generation is asked
            self._system = kind(skip_instance_cache=True, use_listings_cache=False, **more)
            self._system.retries = _TRIES

    def one(self, place: str, revision: str = "") -> StoredObject | None:
        """Return the object at ``bucket/key`` (in this revision), or None when there is none."""
        if "/" not in place:
            return None
        name = place.rpartition("/")[2]
        with self._faults(place):
            try:
                info = self._info(place, revision)
            except FileNotFoundError:
                return None
        if info.get("type") != "file" or str(info.get("name", place)).endswith("/"):
            return None
        found = _object(name, place, info)
        asked = revision if _is_version(revision) else ""
        return None if asked and found.revision != asked else found

    def below(self, place: str) -> list[StoredObject]:
        """Return all objects below ``bucket/prefix``; the markers of folders are none."""
        found: list[StoredObject] = []
        with self._faults(place):
            try:
                entries = self._system.find(place, detail=True)
            except FileNotFoundError:
                return []
        for name, info in entries.items():
            if info.get("type") == "file" and name.startswith(f"{place}/") and name[-1:] != "/":
                if "#" in name or "?" in name:  # the libraries take what follows for a version
                    message = f"{self.scheme}://{name}: an object with # or ? in its name"
                    raise SourceRefusedError(message, "rename the object")
                found.append(_object(name[len(place) + 1 :], name, info))
        return found

    def read(self, wanted: StoredObject, begin: int, end: int) -> bytes:
        """Return the bytes from ``begin`` up to ``end``."""
        pin = {}
        if wanted.pinned:
            pin = {"version_id" if self.scheme == "s3" else "generation": wanted.revision}
        with self._faults(wanted.place):
            try:
                return bytes(self._system.cat_file(wanted.place, start=begin, end=end, **pin))
            except FileNotFoundError:
                message = f"{self.scheme}://{wanted.place} does not exist any more"
                raise SourceRefusedError(message, "restore the object") from None

    def _info(self, place: str, revision: str) -> Mapping[str, Any]:
        if self.scheme == "s3" and _is_version(revision):
            bucket, _, key = place.partition("/")
            head = self._system.call_s3("head_object", Bucket=bucket, Key=key, VersionId=revision)
            return {"VersionId": revision, **head, "type": "file", "size": head["ContentLength"]}
        pinned = f"{place}#{revision}" if self.scheme == "gs" and revision.isdigit() else place
        info: Mapping[str, Any] = self._system.info(pinned)
        return info

    @contextmanager
    def _faults(self, place: str) -> Iterator[None]:
        """Say what went wrong: the libraries raise errors of five packages, by no common class."""
        where = f"{self.scheme}://{place}"
        try:
            yield
        except (FairwayError, SourceRefusedError, FileNotFoundError):
            raise
        except Exception as error:
            name = type(error).__name__
            code = getattr(error, "code", None)
            denied = isinstance(error, PermissionError) or str(error).startswith("Forbidden")
            if denied or code in (401, 403) or name.startswith(_NO_ACCESS):
                why = (
                    "no credentials were found" if name.startswith(_NO_ACCESS) else "access denied"
                )
                raise SourceRefusedError(f"{where}: {why}", _ACCESS[self.scheme]) from error
            text = " ".join(re.sub(r"^\[Errno \d+\] ", "", str(error)).split())[:300] or name
            raise FairwayError(f"{where}: {text[:1].lower()}{text[1:]}", LATER) from error


def _is_version(revision: str) -> bool:
    return bool(revision) and not revision.startswith('"')


def _object(path: str, place: str, info: Mapping[str, Any]) -> StoredObject:
    version = info.get("VersionId") or info.get("generation")
    pinned = bool(version) and version != "null"
    revision = str(version if pinned else info.get("ETag") or info.get("etag") or "")
    return StoredObject(path, place, int(info["size"]), revision, pinned)
