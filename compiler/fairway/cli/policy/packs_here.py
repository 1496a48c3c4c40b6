"""The packs that a command is about: those of the project, the built-in one, or a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from fairway.errors import UsageError
from fairway.pack.folders import pack_folders
from fairway.packs import pack_folder
from fairway.policy.pack import read_pack
from fairway.policy.rule_file import RuleFile
from fairway.project import PROJECT_FILE, LoadedProject, find_project, load_project

BUILTIN = "builtin"


class NamedPack(NamedTuple):
    """A pack as ``fairway.yaml`` names it, and its folder as people see it."""

    name: str
    folder: str


class PackedRule(NamedTuple):
    """A rule and the name of the pack that it is from."""

    rule: RuleFile
    pack: str


def project_here(folder: Path | None) -> LoadedProject | None:
    """Return the project of a folder, by default that of the working directory or its ``specs``.

    None when there is none and none was asked for. Raises ``UsageError`` for one with faults.
    """
    start = folder or (Path("specs") if (Path("specs") / PROJECT_FILE).is_file() else Path())
    path = find_project(str(start))
    if path is None:
        if folder is None:
            return None
        raise UsageError(f"no {PROJECT_FILE} in {folder} or above it", "name the project's folder")
    loaded = load_project(path)
    if loaded.project is None:
        raise UsageError(f"{_shown(path)} has errors", "run `fairway validate` to see them")
    return loaded


def packs_of(loaded: LoadedProject | None) -> list[NamedPack]:
    """Return the packs of a project; without a project the built-in one.

    Raises ``UsageError`` for a project that names none, and for a pack that is not there.
    """
    if loaded is None or loaded.project is None:
        return [NamedPack(BUILTIN, _shown(pack_folder("policies")))]
    if not loaded.project.policies:
        where = _shown(os.path.join(loaded.root, PROJECT_FILE))
        raise UsageError(f"{where} names no policy packs", "write `policies: [builtin]` there")
    folders = pack_folders(loaded.project.policies, loaded.root, loaded.project_lock)
    return [NamedPack(each.name, _shown(each.folder)) for each in folders]


def rules_of(packs: list[NamedPack]) -> list[PackedRule]:
    """Read the rules of packs. Raises ``UsageError`` with file, line and column for a fault."""
    return [PackedRule(rule, pack.name) for pack in packs for rule in read_pack(pack.folder)]


def named_pack(name: str, folder: Path | None) -> NamedPack:
    """Return the pack that an argument names: a folder, or a name as ``fairway.yaml`` has it."""
    if name == BUILTIN and not os.path.isdir(name):
        return packs_of(None)[0]
    if os.path.isdir(name):
        return NamedPack(name, _shown(name))
    packs = packs_of(project_here(folder))
    for pack in packs:
        if pack.name == name:
            return pack
    known = ", ".join(dict.fromkeys([BUILTIN, *(pack.name for pack in packs)]))
    raise UsageError(f"{name} is not a pack", f"name a folder of rules, or one of: {known}")


def _shown(path: str) -> str:
    """Return a path from the working directory when it lies below that, else the whole of it."""
    real = os.path.realpath(path)
    below = os.path.relpath(real)
    return real if below.startswith(os.pardir) else below
