"""Locking one version: its files digested, judged, verified, and held against the lock."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from fairway import rule
from fairway.finding import Finding
from fairway.lock.digest import FileDigest, SourceRefusedError, root_digest
from fairway.locking.difference import changed_files
from fairway.locking.fetch import Fetched, Outcome
from fairway.locking.judge import Judge, Judgement, Subject
from fairway.locking.trust import Trusted
from fairway.rule import Rule
from fairway.scan import SCANNER
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.model import SIGNATURE_NAME, model_files, signature_path
from fairway.source.document import Document
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
        self._findings: list[Finding] = []
        self._judge = Judge(folder, trusted.allowed)

    @property
    def findings(self) -> list[Finding]:
        """What was found so far."""
        return [*self._findings, *self._judge.findings]

    @property
    def documents(self) -> list[Document]:
        """The files, besides the spec, that findings point into."""
        return self._judge.documents

    def lock(self, name: str, version: Version, outcome: Outcome) -> LockedVersion | None:
        """Return the version as it is locked, or None when a finding says why not."""
        content = self._contract(name, version)
        if isinstance(outcome, SourceRefusedError):
            self._report(rule.MODEL_SOURCE, name, str(outcome), outcome.fix)
            return None
        if outcome.moved is not None:
            self._moved(name, version, outcome)
        subject = self._subject(name, version, outcome.path)
        if subject is None or content is None:
            return None
        path = version.contract or self.spec.model.contract
        judged = self._judge.judge(
            subject, path, content, lambda kind, text, fix: self._report(kind, name, text, fix)
        )
        try:
            signer = self._signer(subject)
        except SignatureRefusedError as error:
            self._report(rule.SIGNATURE, name, str(error), error.fix)
            return None
        if judged is None:
            return None
        contract = LockedContract(path=path, digest=content.digest)
        return self._locked(name, subject, judged, outcome, contract, signer)

    def _locked(
        self,
        name: str,
        subject: Subject,
        judged: Judgement,
        outcome: Fetched,
        contract: LockedContract,
        signer: Signer | None,
    ) -> LockedVersion:
        return LockedVersion(
            uri=self.spec.versions[name].uri,
            resolved=outcome.resolved,
            digest=root_digest(subject.files),
            files=[_file(each) for each in subject.files],
            format=judged.format,
            contract=contract,
            flavor=judged.flavor,
            signature=Signature(**judged.signature),
            signer=signer,
            scan=Scan(
                result="clean", scanner=SCANNER, types=judged.types, operators=judged.operators
            ),
            evidence=self._evidence(name),
        )

    def _contract(self, name: str, version: Version) -> FileContent | None:
        own = ("versions", name, "contract")
        route = own if self.merged.origin(own).exact else ("model", "contract")
        content = self.folder.file(version.contract or self.spec.model.contract)
        if isinstance(content, FileContent):
            return content
        at = self.merged.locate(route)
        finding = rule.REFERENCE(f"`contract`: {content}", at, fix="add the file")
        if finding not in self._findings:
            self._findings.append(finding)
        return None

    def _subject(self, name: str, version: Version, path: Path) -> Subject | None:
        try:
            files = model_files(path)
        except SourceRefusedError as error:
            self._report(rule.MODEL_SOURCE, name, str(error), error.fix)
            return None
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self._report(rule.MODEL_SOURCE, name, why, "make the files readable")
            return None
        if self._differs(name, files):
            return None
        return Subject(path, files, (version.format or self.spec.model.format) == "python")

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

    def _signer(self, subject: Subject) -> Signer | None:
        signer = self.trusted.signer(subject.path, subject.files)
        inside = subject.path / SIGNATURE_NAME
        if signer is None or signature_path(subject.path).is_file() or not inside.is_file():
            return signer
        data = inside.read_bytes()
        digest = f"sha256:{sha256(data).hexdigest()}"
        file = LockedFile(path=SIGNATURE_NAME, size=len(data), digest=digest)
        return signer.model_copy(update={"file": file})

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
        self._findings.append(kind(f"version {name}: {message}", at, fix=fix))


def _file(digest: FileDigest) -> LockedFile:
    return LockedFile(path=digest.path, size=digest.size, digest=f"sha256:{digest.sha256}")
