"""Making the lock: versions resolved to bytes, digested, and written beside the spec."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from fairway import rule
from fairway.contract import check_contract
from fairway.finding import Finding
from fairway.lock.digest import FileDigest, SourceRefusedError, digest_files, root_digest
from fairway.lock.format import found_format
from fairway.source.document import Document
from fairway.source.folder import Folder
from fairway.source.layers import Merged
from fairway.spec.deployment import DeploymentSpec
from fairway.spec.lock import Lock, LockedContract, LockedFile, LockedVersion
from fairway.spec.model import Version

_CORRECT = "correct the path, or add the files"


class Locking(NamedTuple):
    """What came of locking one spec: the new lock, or findings and the files they point into."""

    lock: Lock | None
    findings: tuple[Finding, ...]
    documents: tuple[Document, ...]


def make_lock(spec: DeploymentSpec, merged: Merged, folder: Folder, old: Lock) -> Locking:
    """Digest every version of ``spec`` and return its lock; images and history are kept.

    A version that cannot be read is a finding at its line, and then there is no new lock.
    """
    findings: list[Finding] = []
    documents: list[Document] = []
    versions: dict[str, LockedVersion] = {}
    for name, version in spec.versions.items():
        contract = _contract(spec, version, name, merged, folder, findings, documents)
        locked = _version(name, version, merged, folder, contract, findings, old)
        if locked is not None:
            versions[name] = locked
    if findings:
        return Locking(None, tuple(dict.fromkeys(findings)), tuple(documents))
    images = {name: image for name, image in old.images.items() if name in versions}
    lock = Lock.model_construct(lock_version=1, versions=versions, images=images, served=old.served)
    return Locking(lock, (), ())


def lock_text(lock: Lock) -> str:
    """Return the lock as it is written: JSON of two blanks, nothing that is not known."""
    value = lock.model_dump(mode="json", by_alias=True, exclude_none=True)
    for version in value["versions"].values():
        if not version.get("evidence"):
            version.pop("evidence", None)
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_beside(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a part of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _contract(
    spec: DeploymentSpec,
    version: Version,
    name: str,
    merged: Merged,
    folder: Folder,
    findings: list[Finding],
    documents: list[Document],
) -> LockedContract | None:
    path = version.contract or spec.model.contract
    own = ("versions", name, "contract")
    route = own if merged.origin(own).exact else ("model", "contract")
    content = folder.file(path)
    if isinstance(content, str):
        at = merged.locate(route)
        findings.append(rule.REFERENCE(f"`contract`: {content}", at, fix="add the file"))
        return None
    document, found = check_contract(content.data, folder.shown_path(path))
    findings += found
    if document is not None:
        documents.append(document)
    return None if found else LockedContract(path=path, digest=content.digest)


def _version(
    name: str,
    version: Version,
    merged: Merged,
    folder: Folder,
    contract: LockedContract | None,
    findings: list[Finding],
    old: Lock,
) -> LockedVersion | None:
    source = Path(folder.path) / version.uri
    try:
        files = _files(version.uri, source, Path(folder.path))
    except SourceRefusedError as error:
        at = merged.locate(("versions", name))
        findings.append(rule.MODEL_SOURCE(f"version {name}: {error}", at, fix=error.fix))
        return None
    if contract is None:
        return None
    before = old.versions.get(name)
    digest = root_digest(files)
    same = before is not None and before.digest == digest
    return LockedVersion(
        uri=version.uri,
        digest=digest,
        files=[LockedFile(path=f.path, size=f.size, digest=f"sha256:{f.sha256}") for f in files],
        format=found_format(source, files),
        contract=contract,
        evidence=before.evidence if same and before is not None else [],
    )


def _files(uri: str, source: Path, folder: Path) -> tuple[FileDigest, ...]:
    """Return a version's files; ``SourceRefusedError`` says why they cannot be locked."""
    if not uri.startswith("./"):
        scheme = uri.split(":", 1)[0]
        raise SourceRefusedError(
            f"{scheme}: sources cannot be locked yet, only ./paths", "put the files beside the spec"
        )
    try:
        _inside(source, folder)
        return digest_files(source)
    except FileNotFoundError:
        raise SourceRefusedError(f"{uri} does not exist", _CORRECT) from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SourceRefusedError(f"{uri}: {why}", _CORRECT) from error


def _inside(source: Path, folder: Path) -> None:
    if not source.resolve().is_relative_to(folder.resolve()):
        raise SourceRefusedError("the path leads out of the deployment's folder", _CORRECT)
