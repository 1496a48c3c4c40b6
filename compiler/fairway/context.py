"""Making a build context: the files that ``context.json`` lists, fetched and verified by digest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from fairway import rule
from fairway.errors import FairwayError, UsageError
from fairway.finding import Finding
from fairway.location import Location, Route
from fairway.lock.digest import FileDigest, SourceRefusedError, root_digest
from fairway.plan.model import ContextFile
from fairway.project import LoadedProject
from fairway.recipe import source_file
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode

CONTEXT_FILE = "context.json"
DOCKERFILE = "Dockerfile"


class ContextRun:
    """Makes the context of one image; every file that is not what was locked is a finding."""

    def __init__(self, folder: Path, loaded: LoadedProject) -> None:
        self.folder = folder
        self.loaded = loaded
        self.findings: list[Finding] = []
        self.shown = os.path.relpath(folder / CONTEXT_FILE).replace(os.sep, "/")
        self.document, self.description = self._read()

    def default_out(self) -> Path:
        """Return the folder that is made unless another is given: ``build/<name>-<version>``."""
        return Path("build") / f"{self.description['deployment']}-{self.description['version']}"

    def make(self, out: Path) -> bool:
        """Write the context to ``out``, all of it or nothing; return whether it was made."""
        beside = out.with_name(f".{out.name}.{os.getpid()}")
        _refuse_foreign(out)
        try:
            shutil.rmtree(beside, ignore_errors=True)
            self._fill(beside)
            if self.findings:
                return False
            shutil.rmtree(out, ignore_errors=True)
            beside.rename(out)
        except OSError as error:
            raise FairwayError(f"{out}: cannot be written: {error.strerror}") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return True

    def _read(self) -> tuple[Document, Mapping[str, Any]]:
        path = self.folder / CONTEXT_FILE
        try:
            data = path.read_bytes()
        except OSError as error:
            fix = "give a folder that `fairway compile` made, such as rendered/images/NAME/VERSION"
            raise UsageError(f"{path}: {(error.strerror or '').lower()}", fix) from error
        source, _ = decode(self.shown, data)
        if source is None:
            raise UsageError(f"{path}: not a context that Fairway wrote")
        document, _ = parse(source)
        try:
            description = json.loads(data)
            for file in description["files"]:
                ContextFile(**file)
            description["model"]["digest"], description["deployment"], description["version"]
            known = description["contextVersion"] == 1
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path}: not a context that Fairway wrote") from error
        if not known:
            raise UsageError(f"{path}: made by a newer Fairway")
        return document, description

    def _fill(self, out: Path) -> None:
        out.mkdir(parents=True)
        digests: list[FileDigest] = []
        for index, entry in enumerate(self.description["files"]):
            file = ContextFile(**entry)
            data = self._fetch(file, ("files", index))
            if data is None:
                continue
            if file.source == "model":
                digests.append(FileDigest(file.name, len(data), hashlib.sha256(data).hexdigest()))
            target = out / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        expected = self.description["model"]["digest"]
        if not self.findings and root_digest(digests) != expected:
            message = f"the model's files do not make up its digest, {expected}"
            self._report(message, ("model", "digest"), "run `fairway lock` and `fairway compile`")
        for name in (DOCKERFILE, CONTEXT_FILE):
            shutil.copyfile(self.folder / name, out / name)

    def _fetch(self, file: ContextFile, route: Route) -> bytes | None:
        if file.path.startswith("/") or ".." in file.path.split("/"):
            self._report(f"{file.path} leads out of the context", (*route, "path"), "compile again")
            return None
        try:
            path = self._source(file)
            data = path.read_bytes()
        except SourceRefusedError as error:
            self._report(str(error), ("model", "uri"), error.fix)
            return None
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self._report(f"{file.path}: {path}: {why}", (*route, "name"), "restore the file")
            return None
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if digest == file.digest:
            return data
        fix = (
            "restore the file, or lock the new bytes with `fairway lock` and compile again"
            if file.source in ("model", "spec")
            else "run `fairway compile` with this version of Fairway"
        )
        shown = os.path.relpath(path).replace(os.sep, "/")
        message = f"{file.path}: the bytes of {shown} are {digest}, not those that were compiled"
        self._report(message, (*route, "digest"), fix)
        return None

    def _source(self, file: ContextFile) -> Path:
        root = Path(self.loaded.root)
        if file.source == "spec":
            return root / file.name
        if file.source != "model":
            return source_file(file, self.loaded.targets)
        return self._model if self._model.is_file() else self._model / file.name

    @cached_property
    def _model(self) -> Path:
        """The model's folder or file: beside the spec, or fetched from its registry."""
        uri = str(self.description["model"]["uri"])
        folder = Path(self.loaded.root) / str(self.description["model"]["folder"])
        if uri.startswith("./"):
            return folder / uri
        from fairway.resolve.source import Wanted
        from fairway.resolve.sources import Sources
        from fairway.spec.lock import LockedFile, Resolved

        files = tuple(
            LockedFile(path=file["name"], size=file["size"], digest=file["digest"])
            for file in self.description["files"]
            if file["source"] == "model"
        )
        project = self.loaded.project
        mlflow = project.mlflow if project is not None else None
        with Sources(tracking=mlflow.tracking if mlflow is not None else None) as sources:
            return sources.source_for(uri, folder).fetch(Wanted(Resolved(uri=uri), files))

    def _report(self, message: str, route: Route, fix: str) -> None:
        self.findings.append(rule.LOCK_CONTENT(message, Location(self.shown, route), fix=fix))


def _refuse_foreign(out: Path) -> None:
    """Refuse to replace a folder that is not a context: it may hold somebody's work."""
    if out.is_dir() and any(out.iterdir()) and not (out / CONTEXT_FILE).is_file():
        raise UsageError(f"{out} holds files that are not a build context", "give another --out")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file", "give another --out")
