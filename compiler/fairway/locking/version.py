"""Locking one version: its files digested, scanned, verified and held against the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from fairway import rule
from fairway.contract import check_contract
from fairway.finding import Finding
from fairway.location import Location
from fairway.lock.digest import FileDigest, SourceRefusedError, root_digest
from fairway.locking.difference import changed_files
from fairway.locking.fetch import Fetched, Outcome
from fairway.locking.scanned import scanned
from fairway.locking.trust import Trusted
from fairway.rule import Rule
from fairway.scan import SCANNER
from fairway.scan.report import ScanReport
from fairway.serve.contract import Contract
from fairway.signature.compare import disagreements
from fairway.signature.contract import contract_schema
from fairway.signature.errors import OwnSignatureError
from fairway.signature.own import OwnSignature
from fairway.signature.read import own_signature
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.model import SIGNATURE_NAME, model_files, signature_path
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.source.folder import FileContent, Folder
from fairway.source.layers import Merged
from fairway.spec.deployment import DeploymentSpec
from fairway.spec.lock import (
    Lock,
    LockedContract,
    LockedEvidence,
    LockedFile,
    LockedVersion,
    Scan,
    Signature,
    Signer,
)
from fairway.spec.model import Version


class Read(NamedTuple):
    """A version's bytes as they were read: where, which files, and what is in them."""

    path: Path
    files: tuple[FileDigest, ...]
    report: ScanReport
    own: OwnSignature | None
    signer: Signer | None


class VersionLocker:
    """Locks the versions of one spec; collects findings, and the files that they point into.

    Bytes that are not those of ``known`` are a finding, and then are not looked into.
    """

    def __init__(
        self,
        spec: DeploymentSpec,
        merged: Merged,
        folder: Folder,
        trusted: Trusted,
        known: Lock | None,
    ) -> None:
        self.spec = spec
        self.merged = merged
        self.folder = folder
        self.trusted = trusted
        self.known = known
        self.findings: list[Finding] = []
        self.documents: list[Document] = []
        self._contracts: dict[str, Contract | None] = {}

    def lock(self, name: str, version: Version, outcome: Outcome) -> LockedVersion | None:
        """Return the version as it is locked, or None when a finding says why not."""
        before = len(self.findings)
        path = version.contract or self.spec.model.contract
        contract = self._contract(name, path)
        if isinstance(outcome, SourceRefusedError):
            self._report(rule.MODEL_SOURCE, name, str(outcome), outcome.fix)
            return None
        if outcome.moved is not None:
            self._moved(name, version, outcome)
        read = self._read(name, outcome.path)
        if read is None or contract is None:
            return None
        if read.own is not None:
            self._disagreements(path, contract, read.own)
        faulty = any(found.rule != rule.MOVED.id for found in self.findings[before:])
        return None if faulty else self._locked(name, version, path, contract, read, outcome)

    def _locked(
        self,
        name: str,
        version: Version,
        path: str,
        contract: Contract,
        read: Read,
        outcome: Fetched,
    ) -> LockedVersion:
        content = self.folder.file(path)
        assert isinstance(content, FileContent)  # noqa: S101 - its contract was read
        report = read.report
        return LockedVersion(
            uri=version.uri,
            resolved=outcome.resolved,
            digest=root_digest(read.files),
            files=[_file(each) for each in read.files],
            format=report.inner or report.format,
            contract=LockedContract(path=path, digest=content.digest),
            flavor=report.flavor,
            signature=_signature(path, contract, read.own),
            signer=read.signer,
            scan=Scan(
                result="clean",
                scanner=SCANNER,
                types=list(report.types),
                operators=list(report.operators),
            ),
            evidence=self._evidence(name),
        )

    def _read(self, name: str, path: Path) -> Read | None:
        try:
            files = model_files(path)
            if self._differs(name, files):
                return None
            python = (self.spec.versions[name].format or self.spec.model.format) == "python"
            report = scanned(path, files, self.trusted.allowed, python=python)
            if report.faults:
                self._refused(name, report)
                return None
            own = own_signature(path, files)
            signer = self._signer(path, files)
        except SourceRefusedError as error:
            self._report(rule.MODEL_SOURCE, name, str(error), error.fix)
        except SignatureRefusedError as error:
            self._report(rule.SIGNATURE, name, str(error), error.fix)
        except OwnSignatureError as error:
            self._report(rule.UNSAFE, name, str(error), error.fix)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self._report(rule.MODEL_SOURCE, name, why, "make the files readable")
        else:
            return Read(path, files, report, own, signer)
        return None

    def _refused(self, name: str, report: ScanReport) -> None:
        for fault in report.faults:
            self._report(rule.UNSAFE, name, f"{fault.path}: {fault.message}", fault.fix)

    def _differs(self, name: str, files: tuple[FileDigest, ...]) -> bool:
        """Report bytes that are not those of the lock that they are held against."""
        before = self.known.versions.get(name) if self.known is not None else None
        now = [_file(each) for each in files]
        if before is None or before.uri != self.spec.versions[name].uri or before.files == now:
            return False
        message = f"the bytes differ from the lock: {changed_files(before.files, now)}"
        command = f"fairway lock {self.folder.shown}"
        fix = f"restore the files, or accept them with `{command}`"
        self._report(rule.LOCK_CONTENT, name, message, fix)
        return True

    def _signer(self, path: Path, files: tuple[FileDigest, ...]) -> Signer | None:
        signer = self.trusted.signer(path, files)
        inside = path / SIGNATURE_NAME
        if signer is None or signature_path(path).is_file() or not inside.is_file():
            return signer
        data = inside.read_bytes()
        return signer.model_copy(update={"file": _file_of(SIGNATURE_NAME, data)})

    def _contract(self, name: str, path: str) -> Contract | None:
        if path in self._contracts:
            return self._contracts[path]
        own = ("versions", name, "contract")
        route = own if self.merged.origin(own).exact else ("model", "contract")
        content = self.folder.file(path)
        contract: Contract | None = None
        if isinstance(content, str):
            at = self.merged.locate(route)
            message = f"`contract`: {content}"
            self.findings.append(rule.REFERENCE(message, at, fix="add the file"))
        else:
            document, found = check_contract(content.data, self.folder.shown_path(path))
            self.findings += found
            if document is not None:
                self.documents.append(document)
            if not found:
                contract = Contract.model_validate(json.loads(content.data))
        self._contracts[path] = contract
        return contract

    def _disagreements(self, path: str, contract: Contract, own: OwnSignature) -> None:
        shown = self.folder.shown_path(path)
        for found in disagreements(contract, own):
            at = Location(shown, found.route)
            finding = rule.DISAGREES(found.message, at, fix=found.fix)
            if finding not in self.findings:
                self.findings.append(finding)
        content = self.folder.file(path)
        if isinstance(content, FileContent):
            source, _ = decode(shown, content.data)
            if source is not None:
                self.documents.append(parse(source)[0])

    def _moved(self, name: str, version: Version, outcome: Fetched) -> None:
        now, was = outcome.moved, outcome.resolved
        if now is None or was is None:
            return
        message = f"{version.uri} is {now.uri} now, and was {was.uri} when it was locked"
        update = f"{self.spec.metadata.name}@{name}"
        fix = f"to take the new one, run `fairway lock --update {update} {self.folder.shown}`"
        self._report(rule.MOVED, name, message, fix)

    def _evidence(self, name: str) -> list[LockedEvidence]:
        path = f"evidence/{name}.test-result.json"
        content = self.folder.file(path)
        if isinstance(content, str):
            return []
        return [LockedEvidence(path=path, digest=content.digest)]

    def _report(self, kind: Rule, name: str, message: str, fix: str) -> None:
        at = self.merged.locate(("versions", name))
        self.findings.append(kind(f"version {name}: {message}", at, fix=fix))


def _signature(path: str, contract: Contract, own: OwnSignature | None) -> Signature:
    declared = contract_schema(contract)
    inputs, outputs = (declared.inputs, declared.outputs) if own is None else own.schemas()
    return Signature(
        source=path if own is None else own.source,
        inputs=inputs,
        outputs=outputs,
        examples=list(declared.examples),
    )


def _file(digest: FileDigest) -> LockedFile:
    return LockedFile(path=digest.path, size=digest.size, digest=f"sha256:{digest.sha256}")


def _file_of(path: str, data: bytes) -> LockedFile:
    from hashlib import sha256

    return LockedFile(path=path, size=len(data), digest=f"sha256:{sha256(data).hexdigest()}")
