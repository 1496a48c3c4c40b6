"""Checking committed evidence: whether a version's test result counts, and if not, why not.

This runs in every validation, so it reads only the files of evidence and imports what verifies
signatures only for evidence that has one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from fairway.deployment import ModelVersion, VersionEvidence
from fairway.evidence import rules
from fairway.evidence.dates import parse_time
from fairway.evidence.files import page_path, report_path, statement_path
from fairway.evidence.measured import with_measures
from fairway.evidence.thresholds import judge, said, thresholds_of
from fairway.finding import Finding
from fairway.rule import Rule
from fairway.source.folder import Folder
from fairway.source.layers import Merged
from fairway.source.strict_json import unique
from fairway.spec.nearest import listed

if TYPE_CHECKING:
    from fairway.signing.keys import PublicKey
    from fairway.spec.model import Evidence

_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_PAYLOAD = "application/vnd.in-toto+json"
_AHEAD = timedelta(days=1)  # clocks and time zones of commits differ; more is a wrong date
_CHUNK = 1 << 20


class Asked(NamedTuple):
    """What a project asks of evidence.

    ``now`` is when it is looked at; without it the age is not checked. ``signed`` says that a
    signature is demanded. ``keys`` loads the trusted keys, and is called only when one is needed.
    """

    now: datetime | None = None
    signed: bool = False
    keys: Callable[[], Sequence[PublicKey]] = tuple


class EvidenceCheck(NamedTuple):
    """What was found of all versions; a version without evidence has no finding."""

    versions: Mapping[str, VersionEvidence]
    findings: tuple[Finding, ...]

    def counting(self, version: str) -> bool:
        """Whether a version has evidence that counts."""
        found = self.versions.get(version)
        return found is not None and found.counts


def check_evidence(
    deployment: str,
    evidence: Evidence,
    versions: Mapping[str, ModelVersion],
    merged: Merged,
    folder: Folder,
    asked: Asked,
) -> EvidenceCheck:
    """Return whether each version's evidence counts, and a finding for every reason against it.

    Findings are at the line of the version.
    """
    checker = _Checker(deployment, evidence, folder, asked)
    found: dict[str, VersionEvidence] = {}
    findings: list[Finding] = []
    for name, version in versions.items():
        found[name], faults = checker.check(version)
        at = merged.locate(("versions", name))
        command = f"fairway test {folder.shown} --version {name}"
        for fault in faults:
            message = f"the evidence of version {name} does not count: {fault.why}"
            findings.append(fault.rule(message, at, fix=fault.fix or f"run `{command}`"))
    return EvidenceCheck(found, tuple(findings))


class _Fault(NamedTuple):
    rule: Rule
    why: str
    fix: str = ""


class _UnreadableError(Exception):
    """Evidence that cannot be read any further, for one reason."""

    def __init__(self, rule: Rule, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fault = _Fault(rule, why, fix)


class _Read(NamedTuple):
    """A statement, taken apart: digests by name, and the key that signed it."""

    subject: Mapping[str, str]
    result: str
    failed: tuple[str, ...]
    files: Mapping[str, str]
    key_id: str


class _Checker:
    """Holds the evidence of one deployment's versions against everything that it depends on."""

    def __init__(self, deployment: str, evidence: Evidence, folder: Folder, asked: Asked) -> None:
        self._deployment = deployment
        self._evidence = evidence
        self._folder = folder
        self._asked = asked
        self._dataset: str | None = None

    def check(self, version: ModelVersion) -> tuple[VersionEvidence, list[_Fault]]:
        """Return one version's evidence and what speaks against it."""
        content = self._folder.file(statement_path(version.name))
        if isinstance(content, str):
            if content.endswith("does not exist"):
                return VersionEvidence(), []
            return VersionEvidence(present=True), [_Fault(rules.FORMAT, content)]
        try:
            read = self._read(content.data)
            faults = list(self._other(version, read))
            report, edited = self._report(version.name, read)
        except _UnreadableError as error:
            return VersionEvidence(present=True), [error.fault]
        faults += edited
        time = parse_time(report.get("time")) if report is not None else None
        if report is not None:
            faults += self._old(time)
            faults += _failed(read) if read.result == "FAILED" else self._bounds(report)
        found = VersionEvidence(True, not faults, read.result, time, read.key_id)
        return (found if report is None else with_measures(found, report)), faults

    def _read(self, data: bytes) -> _Read:
        value = _json(data)
        key_id = ""
        if "payloadType" in value:
            value, key_id = self._verified(value)
        elif self._asked.signed:
            raise _UnreadableError(
                rules.UNSIGNED, "it is not signed, and the project demands it",
                "make it again with `fairway test --sign KEYFILE`",
            )  # fmt: skip
        return _taken_apart(value, key_id)

    def _verified(self, envelope: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        from fairway.signing import dsse
        from fairway.signing.errors import SignatureRefusedError

        try:
            verified = dsse.verify(envelope, self._asked.keys())
        except SignatureRefusedError as error:
            raise _UnreadableError(rules.SIGNATURE, str(error), error.fix) from error
        if verified.payload_type != _PAYLOAD:
            raise _UnreadableError(rules.FORMAT, f"it is signed as {verified.payload_type[:80]}")
        return _json(verified.payload), verified.key_id

    def _other(self, version: ModelVersion, read: _Read) -> Iterator[_Fault]:
        """Yield what it is about that is not what is here."""
        locked = version.locked.digest.removeprefix("sha256:")
        name = f"{self._deployment}/{version.name}"
        if name not in read.subject:
            about = listed(read.subject) or "nothing"
            yield _Fault(rules.OTHER_MODEL, f"it is about {about[:200]}, not {name}")
        elif read.subject[name] != locked:
            yield _Fault(
                rules.OTHER_MODEL,
                f"it is about other bytes, sha256:{read.subject[name][:12]}…, and the lock has"
                f" sha256:{locked[:12]}…",
            )
        dataset = self._evidence.dataset
        # One that is not here, as large ones may not be, cannot be compared.
        digest = self._dataset_digest()
        if dataset not in read.files or digest not in ("?", read.files[dataset]):
            yield _Fault(rules.OTHER_DATASET, f"{dataset} is not the data set that it names")
        contract = version.contract
        if read.files.get(contract.path) != contract.digest.removeprefix("sha256:"):
            yield _Fault(rules.OTHER_CONTRACT, f"{contract.path} is not the contract that it names")

    def _dataset_digest(self) -> str | None:
        """Return the sha256 (hex) of the data set, however large, read once; None without one."""
        if self._dataset is None:
            digest = hashlib.sha256()
            path = os.path.join(self._folder.path, self._evidence.dataset)
            try:
                with open(path, "rb") as stream:
                    while chunk := stream.read(_CHUNK):
                        digest.update(chunk)
            except OSError:
                return "?"
            self._dataset = digest.hexdigest()
        return self._dataset

    def _report(self, name: str, read: _Read) -> tuple[dict[str, Any] | None, list[_Fault]]:
        """Return the report and whether it and its page are as they were written."""
        faults: list[_Fault] = []
        report: dict[str, Any] | None = None
        for path in (report_path(name), page_path(name)):
            content = self._folder.file(path)
            if isinstance(content, str):
                faults.append(_Fault(rules.EDITED, content))
            elif read.files.get(path) != content.sha256:
                why = f"{path} is not as the test wrote it: its digest is not the one in the result"
                faults.append(_Fault(rules.EDITED, why))
            elif path == report_path(name):
                report = _json(content.data)
        return report, faults

    def _old(self, time: datetime | None) -> Iterator[_Fault]:
        most, now = self._evidence.max_age, self._asked.now
        if time is None:
            yield _Fault(rules.FORMAT, "its report has no time")
        elif most is not None and now is not None:
            age = now - time
            if age < -_AHEAD:
                yield _Fault(rules.EXPIRED, f"it is dated {time:%Y-%m-%d}, which is still to come")
            elif age > timedelta(milliseconds=most.milliseconds):
                days = f"{age / timedelta(days=1):.3g} days"
                yield _Fault(rules.EXPIRED, f"it is {days} old, and maxAge is {most}")

    def _bounds(self, report: Mapping[str, Any]) -> Iterator[_Fault]:
        for threshold in thresholds_of(self._evidence):
            try:
                found = judge(threshold, report)
            except (KeyError, TypeError, ValueError, AttributeError):
                yield _Fault(rules.FORMAT, "its report is not of version 1")
                return
            if not found.passed:
                yield _Fault(rules.BOUND, said(found))


def _failed(read: _Read) -> Iterator[_Fault]:
    fix = "mend the version, or the bound that it misses, and test it again"
    yield _Fault(rules.FAILED, f"its test failed: {listed(read.failed)}", fix)


def _json(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _UnreadableError(rules.FORMAT, "it is not JSON as `fairway test` writes it")
    return value


def _taken_apart(value: Mapping[str, Any], key_id: str) -> _Read:
    try:
        if (value["_type"], value["predicateType"]) != (_STATEMENT, _PREDICATE):
            raise _UnreadableError(rules.FORMAT, "it is no in-toto test result of version 0.1")
        predicate = value["predicate"]
        return _Read(
            subject={str(each["name"]): str(each["digest"]["sha256"]) for each in value["subject"]},
            result=_result(predicate["result"]),
            failed=tuple(str(name) for name in predicate["failedTests"]),
            files={
                str(each["name"]): str(each["digest"]["sha256"])
                for each in predicate["configuration"]
            },
            key_id=key_id,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _UnreadableError(rules.FORMAT, "it is no in-toto test result") from error


def _result(value: object) -> str:
    if value not in ("PASSED", "WARNED", "FAILED"):
        raise _UnreadableError(rules.FORMAT, f"its result is {str(value)[:40]}")
    return str(value)
