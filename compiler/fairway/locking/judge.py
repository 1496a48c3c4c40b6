"""Judging a version's bytes: what is in them, and whether they keep the contract.

A judgement without a finding is remembered by the digests that it is about, in the user's own
cache: the same files, contract and patterns, seen by the same code, are not looked into again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fairway import kept, rule
from fairway.contract import read_contract
from fairway.finding import Finding
from fairway.location import Location
from fairway.lock.digest import FileDigest
from fairway.packs import PACKAGE
from fairway.rule import Rule
from fairway.scan.model import scan_model
from fairway.scan.report import Allowed, ScanReport
from fairway.serve.contract import Contract
from fairway.signature.compare import disagreements
from fairway.signature.contract import contract_schema
from fairway.signature.errors import OwnSignatureError
from fairway.signature.own import OwnSignature
from fairway.signature.read import own_signature
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.source.folder import FileContent, Folder

_JUDGES = ("scan", "signature", "serve", "locking")

Report = Callable[[Rule, str, str], None]
"""Reports a finding about the version that is judged: its rule, its message, its fix."""


class Subject(NamedTuple):
    """A version's bytes: where they are, and their digests; ``python`` is the declared format."""

    path: Path
    files: tuple[FileDigest, ...]
    python: bool


class Judgement(NamedTuple):
    """What was found: the lock's fields of the same names, as plain data."""

    format: str | None
    flavor: str | None
    types: list[str]
    operators: list[str]
    signature: dict[str, Any]


class Judge:
    """Judges the versions of one spec; collects findings about contracts, and their files."""

    def __init__(self, folder: Folder, allowed: Allowed) -> None:
        self.folder = folder
        self.allowed = allowed
        self.findings: list[Finding] = []
        self.documents: list[Document] = []
        self._contracts: dict[str, Contract | None] = {}

    def judge(
        self, subject: Subject, contract: str, content: FileContent, report: Report
    ) -> Judgement | None:
        """Return what a version's bytes are, or None when a finding says why they may not be.

        ``contract`` is the path of the contract, and ``content`` what the file holds.
        """
        place = self._place(subject, contract, content)
        known = kept.load(place)
        if known is not None:
            return Judgement(*known)
        before = len(self.findings)
        declared = self._contract(contract, content)
        scanned = scan_model(subject.path, subject.files, self.allowed, python=subject.python)
        for fault in scanned.faults:
            report(rule.UNSAFE, f"{fault.path}: {fault.message}", fault.fix)
        if scanned.faults or declared is None:
            return None
        try:
            own = own_signature(subject.path, subject.files)
        except OwnSignatureError as error:
            report(rule.UNSAFE, str(error), error.fix)
            return None
        if own is not None:
            self._disagreements(contract, content, disagreements(declared, own))
        if len(self.findings) > before:
            return None
        found = _judgement(scanned, contract, declared, own)
        kept.store(place, tuple(found), most=0)
        return found

    def _place(self, subject: Subject, contract: str, content: FileContent) -> str:
        what = repr((self.allowed, subject.path.is_file(), subject.python, contract))
        files = (f"{file.path}\0{file.sha256}" for file in subject.files)
        code = kept.sources(*(os.path.join(PACKAGE, room) for room in _JUDGES))
        name = os.path.join("judged", "version")
        return kept.path(name, what, content.sha256, *code, *files)

    def _contract(self, path: str, content: FileContent) -> Contract | None:
        if path not in self._contracts:
            read = read_contract(content.data, self.folder.shown_path(path))
            self._contracts[path] = read.contract
            self.findings += read.findings
            if read.document is not None:
                self.documents.append(read.document)
        return self._contracts[path]

    def _disagreements(self, path: str, content: FileContent, found: Sequence[Any]) -> None:
        shown = self.folder.shown_path(path)
        for each in found:
            at = Location(shown, each.route)
            finding = rule.DISAGREES(each.message, at, fix=each.fix)
            if finding not in self.findings:
                self.findings.append(finding)
        source, _ = decode(shown, content.data) if found else (None, [])
        if source is not None:
            self.documents.append(parse(source)[0])


def _judgement(
    scanned: ScanReport, path: str, contract: Contract, own: OwnSignature | None
) -> Judgement:
    declared = contract_schema(contract)
    inputs, outputs = (declared.inputs, declared.outputs) if own is None else own.schemas()
    signature = {
        "source": path if own is None else own.source,
        "inputs": inputs,
        "outputs": outputs,
        "examples": list(declared.examples),
    }
    form = scanned.inner or scanned.format
    types, operators = list(scanned.types), list(scanned.operators)
    return Judgement(form, scanned.flavor, types, operators, signature)
