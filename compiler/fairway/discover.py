"""Discovering specs: the files and folders that a command was given."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from fairway.check import SPEC_FILE
from fairway.errors import UsageError
from fairway.project import PROJECT_FILE
from fairway.waivers.waiver import WAIVERS_FILE

DEFAULT_FOLDER = "specs"
MISNAMED = ("deployment.yml", "deployment.YAML", "deployment.YML")
"""Names that are meant to be a spec's; they are read, and refused with the right name."""

_SKIPPED = frozenset({"node_modules", "__pycache__", "rendered"})


def discover(paths: Iterable[str]) -> list[str]:
    """Return the spec files below ``paths`` in a stable order, each once.

    A folder is searched for ``deployment.yaml``; a file is taken as it is. Without paths the
    folder ``specs`` is searched, or the working directory. ``UsageError`` when there is none.
    """
    given = list(paths) or [DEFAULT_FOLDER if os.path.isdir(DEFAULT_FOLDER) else "."]
    found: dict[str, str] = {}
    for path in given:
        if os.path.basename(path) == PROJECT_FILE and not os.path.isdir(path):
            path = os.path.dirname(path) or "."
        if os.path.isdir(path) and os.path.basename(path) != SPEC_FILE:
            specs = sorted(_search(path))
            if not specs:
                raise UsageError(
                    f"{path}: no {SPEC_FILE} in this folder or below it",
                    "give a folder that holds specs, or run `fairway new NAME`",
                )
        elif not os.path.lexists(path):
            raise UsageError(f"{path}: no such file or folder")
        else:
            specs = [_spec_of(path)]
        for spec in specs:
            folder, name = os.path.split(spec)
            found.setdefault(
                os.path.join(os.path.realpath(folder or "."), name),
                spec,
            )
    return list(found.values())


def _spec_of(path: str) -> str:
    """Return the spec that a file belongs to: a lock or waivers stand for the one beside."""
    folder, name = os.path.split(path)
    beside = os.path.join(folder, SPEC_FILE)
    belongs = name.endswith(".json") or name == WAIVERS_FILE
    return beside if belongs and os.path.isfile(beside) else path


def _search(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        name = next((name for name in (SPEC_FILE, *MISNAMED) if name in files), None)
        if name is not None or SPEC_FILE in folders:
            folders.clear()
            yield os.path.join(parent, name or SPEC_FILE)
            continue
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _SKIPPED)
