"""Which files of a source are a pack, how many they may be, and the digest over them.

The digest is the sha256 over a line for each file, ``<sha256 in hex>  <path>``, in the order of
the paths: what ``sha256sum`` prints, and Go's directory hash (golang.org/x/mod v0.20,
``sumdb/dirhash``, Hash1) before base64. Unlike the digest of a model's files it covers the names,
because a rule's id is its path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from fairway.pack.source import PackRefusedError

MAX_FILES = 2_000
MAX_BYTES = 16 << 20
PACK_FILE = "pack.yaml"
_READMES = frozenset({"readme", "readme.md", "readme.rst", "readme.txt"})
_OWN_FOLDER = "keep the rules in a folder of their own, and name it after `#`"


def select(paths: Iterable[str], folder: str, what: str) -> dict[str, str]:
    """Return the paths of a pack's files, by what they are called inside of ``folder``.

    Those are ``FAMILY/RULE.yaml``, ``pack.yaml`` and a README; whatever else a repository holds
    is no part of it. Raises ``PackRefusedError`` for none or too many, for a path that leads out
    of the source, for names that differ in case only, and for rules that end in ``.yml``.
    """
    inside = f"{folder}/" if folder else ""
    found: dict[str, str] = {}
    for path in paths:
        if path.startswith("/") or not {"", ".", ".."}.isdisjoint(path.split("/")):
            message = f"{what}: {path[:200]!r} leads out of the pack"
            raise PackRefusedError(message, "do not use it; find out who made it")
        if path.startswith(inside) and belongs(name := path[len(inside) :], what):
            found[name] = path
            if len(found) > MAX_FILES:
                raise too_many(what)
    lower: dict[str, str] = {}
    for name in sorted(found):
        other = lower.setdefault(name.lower(), name)
        if other != name:
            message = f"{what}: {other} and {name} are one file on some systems"
            raise PackRefusedError(message, "rename one of them")
    if not any("/" in name for name in found):
        message = f"{what} holds no rules: no file is called FAMILY/RULE.yaml"
        raise PackRefusedError(message, "name the folder that holds the families after `#`")
    return found


def belongs(name: str, what: str) -> bool:
    """Return whether a path, from the pack's folder, is that of a file of the pack."""
    family, slash, file = name.partition("/")
    if not slash:
        return name == PACK_FILE or name.lower() in _READMES
    if "/" in file or family.startswith(".") or file.startswith("."):
        return False
    if not name.isprintable() or "\\" in name:
        message = f"{what}: {name[:200]!r} is not a file's path on every system"
        raise PackRefusedError(message, "rename it")
    if file.endswith(".yml"):
        message = f"{what}: {name} would be no rule, because rules end in .yaml"
        raise PackRefusedError(message, f"rename it; if it is no rule, {_OWN_FOLDER}")
    return file.endswith(".yaml")


def digests(files: Mapping[str, bytes], what: str) -> dict[str, str]:
    """Return ``sha256:<hex>`` of each file by its name, in order; refuse more than 16 MiB."""
    if sum(map(len, files.values())) > MAX_BYTES:
        raise too_large(what)
    return {name: f"sha256:{hashlib.sha256(files[name]).hexdigest()}" for name in sorted(files)}


def too_large(what: str) -> PackRefusedError:
    """Return the error for a pack of too many bytes."""
    message = f"{what} is larger than {MAX_BYTES >> 20} MiB"
    return PackRefusedError(message, "keep only rules in it")


def too_many(what: str) -> PackRefusedError:
    """Return the error for a pack of too many files."""
    return PackRefusedError(f"{what} has more than {MAX_FILES:,} files", _OWN_FOLDER)


def pack_digest(files: Mapping[str, str]) -> str:
    """Return ``sha256:<hex>`` over the names and digests (``sha256:<hex>``) of a pack's files."""
    lines = (f"{files[name].removeprefix('sha256:')}  {name}\n" for name in sorted(files))
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"
