"""The output folder: artifacts written beside and renamed, and an index of all of them.

The index is how a later run knows which files are Fairway's: only those are ever removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from fairway.artifact import Artifact
from fairway.compile import Selection
from fairway.errors import FairwayError, UsageError
from fairway.indented_json import indented_json
from fairway.plan.model import Plan

INDEX = "index.json"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Difference:
    """A file of the output that is not what the specs compile to.

    ``expected`` is None for a file that should not be there, ``actual`` for one that is missing.
    """

    path: str
    expected: str | None
    actual: str | None


class _Folder(NamedTuple):
    """Where a folder's files are written; ``fresh`` until it is renamed to its place."""

    path: str
    fresh: bool


class Output:
    """One run's view of the output folder ``root``; nothing is removed before ``finish``."""

    def __init__(self, root: str, *, check: bool = False) -> None:
        self.root = root.rstrip("/") or root
        self.differences: list[Difference] = []
        self._check = check
        self._old = _read_index(os.path.join(root, INDEX))
        self._before: dict[tuple[str, str], dict[str, Any]] = {
            (entry["name"], entry["environment"]): entry for entry in self._old["deployments"]
        }
        self._new: dict[str, dict[str, Any]] = {}
        self._plans: dict[tuple[str, str], dict[str, Any]] = {}
        self._folders: dict[str, _Folder] = {}
        self._beside: list[tuple[str, str]] = []  # new folders: where they are, where they belong
        self._fresh: list[str] = []
        self._process = os.getpid()
        self._own = {entry["path"] for entry in self._old["artifacts"]} | {INDEX}
        self._refuse_foreign_folder()

    def previous(self, name: str, environment: str) -> dict[str, Any] | None:
        """Return what the index says of a deployment in an environment, or None."""
        return self._before.get((name, environment))

    def add(self, artifacts: Iterable[Artifact], plans: Iterable[Plan]) -> None:
        """Write the artifacts of one spec, or compare them when only checking.

        A folder that was not there is written beside its place and renamed when it is whole.
        """
        try:
            self._add(artifacts)
            self._place()
        finally:
            for beside, _ in self._beside:
                shutil.rmtree(beside, ignore_errors=True)
            self._beside.clear()
        for plan in plans:
            self._plans[plan.name, plan.environment] = {
                "name": plan.name,
                "environment": plan.environment,
                "spec": plan.spec,
                "strategy": plan.strategy,
                "serves": plan.active,
                "workloads": [workload.name for workload in plan.workloads],
            }

    def _add(self, artifacts: Iterable[Artifact]) -> None:
        for artifact in artifacts:
            _refuse_path(artifact.path)
            if artifact.path in self._new:
                other = self._new[artifact.path]["spec"]
                raise UsageError(
                    f"{artifact.path} would be written for {other} and {artifact.spec}"
                )
            data = artifact.text.encode()
            self._new[artifact.path] = {
                "path": artifact.path,
                "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
                "targets": artifact.targets,
                "environment": artifact.environment or None,
                "spec": artifact.spec,
            }
            self._put(artifact.path, data)

    def finish(
        self, specs: Iterable[str], failed: Iterable[str], all_specs: bool, selection: Selection
    ) -> int:
        """Remove what is stale, write the index, and return how many files were removed.

        ``specs`` are those compiled in this run and ``failed`` those with findings, whose old
        files stay. With ``all_specs`` the files of specs that are gone are stale as well.
        """
        done, kept_specs = set(specs), set(failed)
        removed = 0
        for entry in self._old["artifacts"]:
            path = entry["path"]
            if path in self._new:
                continue
            covered = entry["spec"] in done or (all_specs and entry["spec"] not in kept_specs)
            wanted = selection.environment(entry["environment"] or "")
            if covered and wanted and selection.made_by(entry["targets"]):
                removed += self._remove(path)
            else:
                self._new[path] = entry
        there = {(entry["spec"], entry["environment"]) for entry in self._new.values()}
        there -= {(plan["spec"], plan["environment"]) for plan in self._plans.values()}
        for plan in self._old["deployments"]:
            if (plan["spec"], plan["environment"]) in there:
                self._plans[plan["name"], plan["environment"]] = plan
        self._put(INDEX, self._index().encode())
        return removed

    def _index(self) -> str:
        index = {
            "indexVersion": 1,
            "artifacts": [self._new[path] for path in sorted(self._new)],
            "deployments": [self._plans[key] for key in sorted(self._plans)],
        }
        return indented_json(index, 1) + "\n"

    def _put(self, name: str, data: bytes) -> None:
        path = os.path.join(self.root, name)
        try:
            if not self._check:
                folder = self._make_folder(os.path.dirname(path))
                if folder.fresh:
                    _write(f"{folder.path}/{os.path.basename(path)}", data)
                    return
            actual = _read(path)
            if actual == data:
                return
            if self._check:
                shown = None if actual is None else actual.decode("utf-8", "replace")
                self.differences.append(Difference(path, data.decode(), shown))
                return
            if actual is not None and name not in self._own:
                raise UsageError(
                    f"{path} is there, and the index does not list it as Fairway's",
                    "move it away, or choose another --out",
                )
            _replace(path, data, f"{path}.{self._process}.tmp")
        except OSError as error:
            raise FairwayError(f"{path}: cannot be written: {error.strerror}") from error

    def _refuse_foreign_folder(self) -> None:
        """Refuse a folder that holds other things and no index: a typing error would litter it."""
        if not self.root:
            raise UsageError("--out names no folder", "give one, such as rendered")
        if self._check or not os.path.isdir(self.root):
            return
        if os.listdir(self.root) and not os.path.isfile(os.path.join(self.root, INDEX)):
            raise UsageError(
                f"{self.root} holds files, and no {INDEX} that says they are Fairway's",
                "choose an empty folder for --out",
            )

    def _make_folder(self, folder: str) -> _Folder:
        """Return a folder of the output, made beside its place if it is not there."""
        known = self._folders.get(folder)
        if known is not None:
            return known
        if folder == self.root:
            os.makedirs(folder, exist_ok=True)
            made = _Folder(folder, fresh=False)
        else:
            above = self._make_folder(os.path.dirname(folder))
            made = self._make_below(above, folder)
        self._folders[folder] = made
        return made

    def _make_below(self, above: _Folder, folder: str) -> _Folder:
        name = os.path.basename(folder)
        if above.fresh:
            path = f"{above.path}/{name}"
        elif os.path.isdir(folder):
            if os.path.islink(folder):
                message = f"{folder} is a link, and may lead out of the output"
                raise UsageError(message, "remove it")
            return _Folder(folder, fresh=False)
        else:
            path = f"{above.path}/.{name}.{self._process}"
            self._beside.append((path, folder))
        os.mkdir(path)
        self._fresh.append(folder)
        return _Folder(path, fresh=True)

    def _place(self) -> None:
        """Rename the folders that are whole now to their places."""
        try:
            while self._beside:
                path, folder = self._beside[-1]
                os.rename(path, folder)
                self._beside.pop()
        except OSError as error:
            raise FairwayError(f"{folder}: cannot be written: {error.strerror}") from error
        for folder in self._fresh:
            self._folders[folder] = _Folder(folder, fresh=False)
        self._fresh.clear()

    def _remove(self, name: str) -> int:
        _refuse_path(name)
        path = os.path.join(self.root, name)
        actual = _read(path)
        if actual is None:
            return 0
        if self._check:
            self.differences.append(Difference(path, None, actual.decode("utf-8", "replace")))
            return 0
        os.unlink(path)
        folder = os.path.dirname(path)
        while folder != self.root and not os.listdir(folder):
            os.rmdir(folder)
            folder = os.path.dirname(folder)
        return 1


def _replace(path: str, data: bytes, beside: str) -> None:
    """Write a file whole or not at all; what was written beside it never stays."""
    try:
        _write(beside, data)
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _write(path: str, data: bytes) -> None:
    handle = os.open(path, _NEW, 0o666)
    try:
        while data:
            data = data[os.write(handle, data) :]
    finally:
        os.close(handle)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FairwayError(f"{path}: cannot be read: {error.strerror}") from error


def _read_index(path: str) -> dict[str, Any]:
    data = _read(path)
    if data is None:
        return {"artifacts": [], "deployments": []}
    try:
        index = json.loads(data)
        if index["indexVersion"] != 1:
            raise UsageError(f"{path}: made by a newer Fairway; use that, or another --out")
        for entry in index["artifacts"]:
            entry["path"], entry["spec"], entry["environment"], entry["targets"]
        for entry in index["deployments"]:
            entry["name"], entry["environment"], entry["spec"], entry["workloads"], entry["serves"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: not an index that Fairway wrote",
            "choose another --out, or restore the file from git",
        ) from error
    return index  # type: ignore[no-any-return]


def _refuse_path(path: str) -> None:
    # A part that is empty or a dot would be another name for a path that is checked without it.
    strange = any(part in ("", ".", "..") for part in path.split("/"))
    if strange or "\\" in path or "\0" in path or path == INDEX:
        raise UsageError(f"an artifact's path must stay inside the output: {path!r}")
