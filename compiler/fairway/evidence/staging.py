"""Staging: a copy of exactly the locked bytes of a version, which is all that is ever loaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from fairway.deployment import ModelVersion
from fairway.errors import FairwayError
from fairway.lock.digest import digest_files, root_digest

if TYPE_CHECKING:
    from fairway.evidence.subject import Subject
    from fairway.spec.project import Project

PathOf: TypeAlias = Callable[[ModelVersion], Path]
"""Gives the folder, or the one file, of a version's bytes; raises ``SourceRefusedError``."""

FORMATS: Final[Mapping[str, str]] = {
    "skops": "skops",
    "onnx": "onnx",
    "joblib": "joblib",
    "pickle": "joblib",
    "python": "python",
}
"""The model server's name of each format that it serves."""


class OtherBytesError(Exception):
    """The bytes are not those that were locked; the message names the files."""


class Staged(NamedTuple):
    """A version ready to be served: the server's flags, and its contract's path."""

    flags: tuple[str, ...]
    contract: Path


def source_path(folder: Path, project: Project | None) -> PathOf:
    """Return what finds versions beside a spec, in the cache, or where their sources say."""

    def path_of(version: ModelVersion) -> Path:
        # Imported for the versions that are tested, not for those that are only checked.
        from fairway.resolve.source import Wanted
        from fairway.resolve.sources import Sources
        from fairway.spec.lock import Resolved

        locked = version.locked
        tracking = project.mlflow.tracking if project is not None and project.mlflow else None
        with Sources(tracking=tracking) as sources:
            # What is beside the spec is verified as a copy, below; here only what is fetched.
            files = () if version.uri.startswith("./") else tuple(locked.files)
            wanted = Wanted(locked.resolved or Resolved(uri=version.uri), files)
            return sources.source_for(version.uri, folder).fetch(wanted)

    return path_of


def stage(subject: Subject, into: Path) -> Staged:
    """Copy a version's bytes to ``into``, verify the copy, and return how to serve it.

    The copy is verified, not the original, so that nothing can change in between. Raises
    ``OtherBytesError``, ``SourceRefusedError``, or ``FairwayError`` when it cannot be written.
    """
    version = subject.version
    source = subject.path_of(version)
    model = into / "model"
    try:
        if source.is_file() and not source.is_symlink():
            model.mkdir()
            shutil.copyfile(source, model / source.name)
        else:
            # Links stay links, which are then refused as in a lock.
            shutil.copytree(source, model, symlinks=True)
        signer = version.locked.signer
        if signer is not None and signer.file is not None:
            # The model's signature, which is beside its files and none of them.
            (model / signer.file.path).unlink(missing_ok=True)
        _verify(version, model)
        for own, _ in version.entrypoint:
            target = model / own.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(subject.files[own.path])
        contract = into / "contract.json"
        contract.write_bytes(subject.files[version.contract.path])
    except OSError as error:
        raise FairwayError(f"{source}: cannot be copied: {error.strerror or error}") from error
    return Staged(tuple(_flags(subject, model, contract)), contract)


def _verify(version: ModelVersion, model: Path) -> None:
    found = digest_files(model)
    now = {file.path: (file.size, f"sha256:{file.sha256}") for file in found}
    locked = {file.path: (file.size, file.digest) for file in version.locked.files}
    differing = sorted(path for path in now.keys() | locked if now.get(path) != locked.get(path))
    if differing:
        raise OtherBytesError(f"not the bytes that were locked: {', '.join(differing[:10])}")
    if root_digest(found) != version.locked.digest:
        raise OtherBytesError("the files in the lock do not make up its digest")


def _flags(subject: Subject, model: Path, contract: Path) -> list[str]:
    """Return the flags of the image's command, with this machine's paths."""
    version = subject.version
    flags = ["--name", subject.deployment, "--version", version.name]
    flags += ["--format", FORMATS[version.format], "--model", str(model)]
    flags += ["--contract", str(contract)]
    for file, class_name in version.entrypoint:
        flags += ["--entrypoint", f"{file.path}:{class_name}"]
    for pattern in subject.trusted if version.format == "skops" else ():
        flags += ["--trusted-type", pattern]
    return flags
