"""Reading and writing ``fairway.lock.json``, the lock beside ``fairway.yaml``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from fairway.errors import FairwayError
from fairway.lock.write import write_beside
from fairway.source.strict_json import unique
from fairway.spec.project_lock import LockedPack, ProjectLock, ResolvedImage

PROJECT_LOCK_NAME = "fairway.lock.json"
_MAX_SIZE = 16 << 20
_VERSION = 1
_RESTORE = "restore it from git, or remove it and run `fairway lock`"


class ProjectLockError(Exception):
    """The project's lock cannot be used; the message begins with its path, ``fix`` mends it."""

    def __init__(self, message: str, fix: str = _RESTORE) -> None:
        super().__init__(message)
        self.fix = fix


def read_project_lock(path: Path) -> ProjectLock:
    """Return the lock, or an empty one where there is no file.

    Raises ``ProjectLockError`` for a file that is no lock of this format, and ``FairwayError``
    when it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_SIZE + 1)
    except FileNotFoundError:
        return project_lock({})
    except OSError as error:
        raise FairwayError(f"{path}: cannot be read: {_why(error)}") from error
    if len(data) > _MAX_SIZE:
        raise ProjectLockError(f"{path} is larger than {_MAX_SIZE >> 20} MiB")
    return _bound(_parsed(data, path), path)


def project_lock(
    images: Mapping[str, ResolvedImage], policies: Mapping[str, LockedPack] | None = None
) -> ProjectLock:
    """Return a lock of these images and policy packs, by name."""
    return ProjectLock.model_construct(
        lock_version=1, images=dict(images), policies=dict(policies or {})
    )


def project_lock_text(lock: ProjectLock) -> str:
    """Return the lock as it is written: JSON of two blanks, names in order, nothing unknown."""
    value = lock.model_dump(mode="json", by_alias=True, exclude_none=True)
    for key in ("images", "policies"):
        value[key] = dict(sorted(value[key].items()))
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_project_lock(path: Path, lock: ProjectLock) -> bool:
    """Write the lock unless the file is already the same; return whether it was written.

    A crash leaves the old file. Raises ``FairwayError`` when it cannot be written.
    """
    text = project_lock_text(lock)
    try:
        if path.is_file() and path.read_bytes() == text.encode():
            return False
        write_beside(path, text)
    except OSError as error:
        raise FairwayError(f"{path}: cannot be written: {_why(error)}") from error
    return True


def _parsed(data: bytes, path: Path) -> dict[str, object]:
    try:
        value = json.loads(data, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        conflict = b"\n<<<<<<< " in b"\n" + data
        what = "holds an unresolved merge conflict" if conflict else "is not JSON"
        raise ProjectLockError(f"{path} {what} ({where}: {error.msg.lower()})") from None
    except UnicodeDecodeError:
        raise ProjectLockError(f"{path} is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise ProjectLockError(f"{path} is not JSON that can be read: {error}") from None
    if not isinstance(value, dict):
        raise ProjectLockError(f"{path} is no JSON object")
    version = value.get("lockVersion")
    if type(version) is int and version > _VERSION:
        message = f"{path} has version {version}, and this Fairway reads {_VERSION}"
        raise ProjectLockError(message, "update Fairway")
    return value


def _bound(value: dict[str, object], path: Path) -> ProjectLock:
    try:
        return ProjectLock.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        first = faults[0]
        where = ".".join(str(part) for part in first["loc"])
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        reason = first["msg"][:1].lower() + first["msg"][1:]
        raise ProjectLockError(f"{path}: {where}: {reason}{more}") from None


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
