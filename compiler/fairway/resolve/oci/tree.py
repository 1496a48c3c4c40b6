"""The files of a model, taken from tars one member at a time and kept by their digests.

Nothing is ever written under the name that an archive gives: the bytes go into the cache by
digest, and names are only compared, until the whole list of files has been checked.
Source of the rules for images: OCI image-spec v1.1, ``layer.md`` (whiteouts and opaque folders).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.untar import Archive, Budget, Member
from fairway.resolve.store import Allowance, Store
from fairway.spec.lock import LockedFile

Parts = tuple[str, ...]
_MODELS = "models"
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_TOUCHING = ((_MODELS,), (f"{_WHITEOUT}{_MODELS}",), (_OPAQUE,))
_METADATA = ".wh..wh."
_MAX_PATH = 1024
_MAX_DEPTH = 64
_LINK = "copy the file instead of linking it, and push again"


class Kept(NamedTuple):
    """Where bytes go and what they are counted against; ``what`` names the source in errors."""

    store: Store
    allowance: Allowance
    budget: Budget
    what: str

    def file(self, archive: Archive, member: Member, path: str) -> LockedFile:
        """Keep the bytes of the member that the archive is at."""
        self.budget.file()
        if not path.strip():
            message = f"{self.what}: a file is called {path!r}, which is no name"
            raise SourceRefusedError(message, "rename the file, and push again")
        what = f"{self.what}: {path}"
        found = self.store.add(archive.chunks(), what, size=member.size, allowance=self.allowance)
        return LockedFile(path=path, size=found.size, digest=found.digest)


def unpack(archive: Archive, folder: str, kept: Kept) -> Iterator[LockedFile]:
    """Yield the files of a tar, all of which must be below ``folder`` (empty: anywhere)."""
    inside = _parts(folder)
    for member in archive.members():
        parts = _safe(member, kept.what)
        if parts[: len(inside)] != inside and not (member.kind == "folder" and not parts):
            message = f"{kept.what}: {member.name!r} is not inside of {folder}, which is packed"
            raise SourceRefusedError(message, "push the folder again")
        if member.kind == "link":
            raise _no_link(member, kept.what)
        if member.kind == "file":
            yield kept.file(archive, member, "/".join(parts))


class Overlay:
    """The files under ``/models`` of an image, after each of its layers, the lowest first."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._files: dict[Parts, LockedFile] = {}

    def files(self) -> list[LockedFile]:
        """Return the files, their paths from ``/models``; there must be one."""
        if not self._files:
            message = f"{self._kept.what}: the image has no files in /models"
            raise SourceRefusedError(message, "build it with the model's files in /models")
        return list(self._files.values())

    def add(self, archive: Archive) -> None:
        """Apply a layer: what it removes, then what it brings."""
        changes = _changes(archive, self._kept)
        if changes.touches:
            lower = {path: f for path, f in self._files.items() if not changes.hide(path)}
            self._files = lower | changes.files


class _Changes(NamedTuple):
    """What a layer does to ``/models``, in paths from there; the folder itself is ``()``."""

    files: dict[Parts, LockedFile]
    folders: set[Parts]
    removed: set[Parts]
    emptied: set[Parts]

    @property
    def touches(self) -> bool:
        return bool(self.files or self.folders or self.removed or self.emptied)

    def hide(self, path: Parts) -> bool:
        """Return whether a file of a lower layer is not to be seen through this one."""
        above = [path[:length] for length in range(len(path))]
        return (
            path in self.files
            or path in self.folders
            or path in self.removed
            or any(
                folder in self.removed or folder in self.emptied or folder in self.files
                for folder in above
            )
        )


def _changes(archive: Archive, kept: Kept) -> _Changes:
    changes = _Changes({}, set(), set(), set())
    for member in archive.members():
        parts = _parts(member.name)
        # A runtime would follow the dots, perhaps into /models.
        if ".." not in parts and parts[:1] not in (
            (_MODELS,),
            (f"{_WHITEOUT}{_MODELS}",),
            (_OPAQUE,),
        ):
            continue
        parts = _safe(member, kept.what)
        name = parts[-1]
        if name == _OPAQUE:
            changes.emptied.add(parts[1:-1])
        elif name.startswith(_METADATA):
            continue  # AUFS's own, as every runtime skips them
        elif name.startswith(_WHITEOUT):
            changes.removed.add((*parts[:-1], name.removeprefix(_WHITEOUT))[1:])
        elif member.kind == "link" or (member.kind == "file" and len(parts) == 1):
            raise _no_link(member, kept.what)
        elif member.kind == "folder":
            changes.folders.add(parts[1:])
        else:
            _add(changes, parts[1:], archive, member, kept)
    return changes


def _add(changes: _Changes, parts: Parts, archive: Archive, member: Member, kept: Kept) -> None:
    if parts in changes.files:
        message = f"{kept.what}: a layer holds {member.name!r} twice"
        raise SourceRefusedError(message, "build the image again")
    changes.folders.update(parts[:length] for length in range(1, len(parts)))
    changes.files[parts] = kept.file(archive, member, "/".join(parts))


def _parts(name: str) -> Parts:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _safe(member: Member, what: str) -> Parts:
    """Return the parts of a member's path, which never leads out of where it is unpacked."""
    name = member.name
    if len(name) > _MAX_PATH or name.count("/") > _MAX_DEPTH:
        message = f"{what}: {name[:100]!r}… is a path too long for every system"
        raise SourceRefusedError(message, "give the file a shorter path")
    if name.startswith("/") or ".." in name.split("/") or "\0" in name:
        message = f"{what}: {name[:200]!r} in a layer leads out of the model's folder"
        raise SourceRefusedError(message, "push the layer again with paths inside of the model")
    return _parts(name)


def _no_link(member: Member, what: str) -> SourceRefusedError:
    message = f"{what}: {member.name!r} in a layer is a link or a device, not a file"
    return SourceRefusedError(message, _LINK)
