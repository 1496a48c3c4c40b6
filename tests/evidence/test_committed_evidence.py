"""Whether evidence that was committed counts, and what is said where it does not."""

from __future__ import annotations

import base64
import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from evidence.deployments import Deployment, Run

from fairway.bound import read_spec
from fairway.evidence.check import Asked, EvidenceCheck, check_evidence
from fairway.evidence.trial import PAYLOAD_TYPE
from fairway.lock.read import read_lock
from fairway.project import load_project
from fairway.signing import dsse
from fairway.signing.keys import PrivateKey, PublicKey, load_private_key
from fairway.versions import resolve_versions

pytestmark = pytest.mark.slow
SOON = datetime(2026, 11, 10, tzinfo=UTC)
TODAY = Asked(now=SOON)


@pytest.fixture
def copy(tested: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The tested deployment, to change at will."""
    shutil.copytree(tested.deployment.root / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    made = tested.deployment
    return Deployment(Path(), made.name, made.metrics, release=made.release, versions=made.versions)


def check(made: Deployment, asked: Asked = TODAY) -> EvidenceCheck:
    """Check a deployment's evidence as a validation does."""
    loaded = load_project(str(made.root / "specs" / "fairway.yaml"))
    bound = read_spec(str(made.folder / "deployment.yaml"), loaded)
    lock, _, _ = read_lock(bound.folder)
    assert bound.spec is not None
    assert bound.merged is not None
    assert bound.spec.evidence is not None
    assert lock is not None
    versions, findings, _ = resolve_versions(bound.spec, bound.merged, lock, bound.folder)
    assert [f.message for f in findings if f.rule != "lock/stale"] == []
    name = bound.spec.metadata.name
    return check_evidence(name, bound.spec.evidence, versions, bound.merged, bound.folder, asked)


def about(found: EvidenceCheck, version: str = "1.1.0") -> list[tuple[str, str]]:
    """The rules and messages of one version's findings, each at its line."""
    chosen = [f for f in found.findings if f.at.route == ("versions", version)]
    assert all(f"version {version} does not count: " in f.message for f in chosen)
    assert all(f.fix is not None for f in chosen)
    return [(f.rule, f.message.partition("does not count: ")[2]) for f in chosen]


def test_evidence_counts_when_the_test_passed(copy: Deployment) -> None:
    found = check(copy)
    assert found.counting("1.1.0")
    assert about(found) == []
    passed = found.versions["1.1.0"]
    assert (passed.present, passed.result) == (True, "PASSED")
    assert passed.time == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert not found.counting("1.0.0")
    assert about(found, "1.0.0") == [
        ("evidence/failed", "its test failed: roc_auc (positive 1) >= 0.85")
    ]


def test_a_version_without_evidence_has_no_finding(copy: Deployment) -> None:
    shutil.rmtree(copy.evidence)
    found = check(copy)
    assert found.findings == ()
    assert not found.counting("1.1.0")
    assert not found.versions["1.1.0"].present


Change = Callable[[Deployment], None]


def other_model(made: Deployment) -> None:
    # The lock then holds the other version's bytes.
    shutil.copy(made.model("1.0.0") / "model.joblib", made.model("1.1.0") / "model.joblib")
    made.write_lock((made.folder / "contract.json").read_bytes())


def of_another_version(made: Deployment) -> None:
    for end in ("report.html", "report.json", "test-result.json"):
        (made.evidence / f"1.1.0.{end}").write_bytes((made.evidence / f"1.0.0.{end}").read_bytes())


def other_data(made: Deployment) -> None:
    with (made.folder / "data/holdout.csv").open("a") as stream:
        stream.write("1,1,DE,30,0\n")


def other_contract(made: Deployment) -> None:
    path = made.folder / "contract.json"
    path.write_text(path.read_text().replace('"max": 50', '"max": 60'))
    made.write_lock(path.read_bytes())


def edited_report(made: Deployment) -> None:
    path = made.evidence / "1.1.0.report.json"
    path.write_text(path.read_text().replace('"value": 0.', '"value": 0.9', 1))


def edited_page(made: Deployment) -> None:
    path = made.evidence / "1.1.0.report.html"
    path.write_text(path.read_text().replace("PASSED", "WARNED"))


def without_report(made: Deployment) -> None:
    (made.evidence / "1.1.0.report.json").unlink()


def truncated(made: Deployment) -> None:
    path = made.evidence / "1.1.0.test-result.json"
    path.write_bytes(path.read_bytes()[:200])


def another_predicate(made: Deployment) -> None:
    path = made.evidence / "1.1.0.test-result.json"
    path.write_text(path.read_text().replace("test-result/v0.1", "provenance/v1"))


def strange(made: Deployment) -> None:
    value = made.statement("1.1.0")
    value["subject"] = 7
    (made.evidence / "1.1.0.test-result.json").write_text(json.dumps(value))


def raised_bound(made: Deployment) -> None:
    path = made.folder / "deployment.yaml"
    path.write_text(path.read_text().replace('"min": 0.85', '"min": 0.999'))
    assert "0.999" in path.read_text()


def raised(text: str, by: str) -> Change:
    def change(made: Deployment) -> None:
        path = made.folder / "deployment.yaml"
        assert text in path.read_text()
        path.write_text(path.read_text().replace(text, by))

    return change


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        (other_model, "evidence/other-model", "it is about other bytes, sha256:"),
        (of_another_version, "evidence/other-model", "it is about credit/1.0.0, not credit/1.1.0"),
        (other_data, "evidence/other-dataset", "data/holdout.csv is not the data set"),
        (other_contract, "evidence/other-contract", "contract.json is not the contract"),
        (edited_report, "evidence/edited", "evidence/1.1.0.report.json is not as the test wrote"),
        (edited_page, "evidence/edited", "evidence/1.1.0.report.html is not as the test wrote"),
        (without_report, "evidence/edited", "1.1.0.report.json does not exist"),
        (truncated, "evidence/format", "it is not JSON"),
        (another_predicate, "evidence/format", "no in-toto test result of version 0.1"),
        (strange, "evidence/format", "no in-toto test result"),
        (raised("min: 0.85", "min: 0.999"), "evidence/bound", "must be at least 0.999"),
        (raised('max: "5s"', 'max: "0ms"'), "evidence/bound", "ms, and must be at most 0ms"),
        (raised('"age"', '"income"'), "evidence/bound", "the report has no groups by income"),
        (raised("balanced_accuracy", "cohen_kappa"), "evidence/bound", "does not have it"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_evidence_of_something_else_does_not_count(
    copy: Deployment, change: Change, rule: str, words: str
) -> None:
    spec = copy.folder / "deployment.yaml"
    # Quotes of keys and values are the writer's; the bounds are changed as people write them.
    spec.write_text(spec.read_text().replace('"min":', "min:").replace('"max":', "max:"))
    change(copy)
    found = check(copy)
    assert not found.counting("1.1.0")
    said = about(found)
    assert rule in [each for each, _ in said]
    assert any(words in message for _, message in said), said


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (datetime(2026, 12, 2, tzinfo=UTC), "it is 30.6 days old, and maxAge is 720h"),
        (datetime(2026, 10, 1, tzinfo=UTC), "it is dated 2026-11-01, which is still to come"),
    ],
)
def test_evidence_that_is_too_old_does_not_count(
    copy: Deployment, now: datetime, words: str
) -> None:
    found = check(copy, Asked(now=now))
    assert about(found) == [("evidence/expired", words)]
    assert check(copy, Asked(now=None)).counting("1.1.0")


# -- signatures ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[PrivateKey, PrivateKey]:
    folder = tmp_path_factory.mktemp("keys")
    made = []
    for name in ("trusted", "stranger"):
        path = folder / f"{name}.key"
        path.write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        made.append(load_private_key(path))
    return made[0], made[1]


def asked_signed(*trusted: PublicKey) -> Asked:
    return Asked(now=SOON, signed=True, keys=lambda: trusted)


def sign(made: Deployment, key: PrivateKey, **changes: Any) -> dict[str, Any]:
    statement = {**made.statement("1.1.0"), **changes}
    envelope: dict[str, Any] = dsse.sign(json.dumps(statement).encode(), PAYLOAD_TYPE, key)
    (made.evidence / "1.1.0.test-result.json").write_text(json.dumps(envelope))
    return envelope


def test_a_demanded_signature_must_be_a_trusted_keys(
    copy: Deployment, keys: tuple[PrivateKey, PrivateKey]
) -> None:
    trusted, stranger = keys
    asked = asked_signed(trusted.public)
    assert about(check(copy, asked)) == [
        ("evidence/unsigned", "it is not signed, and the project demands it")
    ]
    sign(copy, trusted)
    found = check(copy, asked)
    assert found.counting("1.1.0")
    assert found.versions["1.1.0"].key_id == trusted.key_id
    ((rule, _),) = about(check(copy, asked_signed(stranger.public)))
    assert rule == "evidence/signature"
    # Where no signature is demanded, one that is there must still be right.
    ((rule, words),) = about(check(copy))
    assert rule == "evidence/signature"
    assert "no key is trusted" in words


def test_what_was_changed_after_signing_does_not_count(
    copy: Deployment, keys: tuple[PrivateKey, PrivateKey]
) -> None:
    trusted, _ = keys
    asked = asked_signed(trusted.public)
    envelope = sign(copy, trusted)
    payload = base64.b64decode(envelope["payload"]).replace(b"PASSED", b"WARNED")
    path = copy.evidence / "1.1.0.test-result.json"
    path.write_text(json.dumps({**envelope, "payload": base64.b64encode(payload).decode()}))
    assert [rule for rule, _ in about(check(copy, asked))] == ["evidence/signature"]
    path.write_text(json.dumps(envelope))
    assert check(copy, asked).counting("1.1.0")
    edited_report(copy)
    assert [rule for rule, _ in about(check(copy, asked))] == ["evidence/edited"]


def test_checking_is_fast_and_imports_nothing_heavy(copy: Deployment) -> None:
    check(copy)
    started = time.perf_counter()
    for _ in range(20):
        check(copy)
    assert (time.perf_counter() - started) / 20 < 0.1
    code = (
        "import sys, fairway.evidence.check;"
        "print([m for m in ('numpy', 'sklearn', 'cryptography', 'pydantic', 'jinja2', 'subprocess')"
        " if m in sys.modules])"
    )
    from cli.command import python

    assert python(code, folder=Path(os.curdir)).out == "[]\n"
