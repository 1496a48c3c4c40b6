"""The folders of the packs that a project names, as its rules are read from them.

Nothing is fetched here: a pack from elsewhere comes from the cache, as ``fairway lock`` left it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fairway.errors import UsageError
from fairway.pack.source import PackRefusedError, RemotePack, is_remote, parse_pack, without_secret
from fairway.packs import pack_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fairway.spec.project_lock import LockedPack, ProjectLock

_RUN = "run `fairway lock`"


class PackFolder(NamedTuple):
    """A pack's folder: ``name`` as it is written, ``digest`` of a locked one (``sha256:<hex>``)."""

    name: str
    folder: str
    digest: str | None = None


def pack_folders(names: Sequence[str], root: str, lock: ProjectLock | None) -> list[PackFolder]:
    """Return the folder of each pack of ``policies``; ``root`` is where ``fairway.yaml`` is.

    Raises ``UsageError`` for a path where nothing is, for a name that means nothing, and for a
    pack that is not locked or whose locked bytes are not in the cache.
    """
    return [_folder(name, root, lock) for name in names]


def misnamed(names: Sequence[str]) -> Iterator[tuple[int, PackRefusedError]]:
    """Yield the index of every name that means no pack, and why."""
    for index, name in enumerate(names):
        if is_remote(name):
            try:
                parse_pack(name)
            except PackRefusedError as error:
                yield index, error


def locked_pack(pack: RemotePack, lock: ProjectLock | None) -> LockedPack | None:
    """Return what a lock holds of a pack, unless it contradicts what the name itself pins."""
    found = lock.policies.get(pack.name) if lock is not None else None
    if found is None:
        return None
    revision = found.commit if pack.name.startswith("git+") else found.manifest
    if revision is None or (pack.pinned is not None and pack.pinned != revision):
        return None
    return found


def _folder(name: str, root: str, lock: ProjectLock | None) -> PackFolder:
    if name == "builtin":
        return PackFolder(name, pack_folder("policies"))
    where = os.path.join(root, "fairway.yaml")
    if not is_remote(name):
        folder = os.path.join(root, name)
        if not os.path.isdir(folder):
            message = f"{where}: the policy pack {name} does not exist"
            raise UsageError(message, "correct `policies`, or create the folder")
        return PackFolder(name, folder)
    try:
        pack = parse_pack(name)
    except PackRefusedError as error:
        raise UsageError(f"{where}: {error}", error.fix) from None
    locked = locked_pack(pack, lock)
    if locked is None:
        raise UsageError(f"{where}: the policy pack {without_secret(name)} is not locked", _RUN)
    from fairway.pack.cache import is_kept, pack_path

    folder = pack_path(locked.digest)
    if not is_kept(locked.digest):
        state = "is damaged" if os.path.lexists(folder) else "is missing"
        message = f"{where}: the policy pack {name} {state} in the cache ({folder})"
        raise UsageError(message, _RUN)
    return PackFolder(name, folder, locked.digest)
