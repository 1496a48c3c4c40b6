"""Keyless signatures are verified offline, against a private Sigstore that signs for real."""

from __future__ import annotations

import base64
import copy
import functools
import json
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signing.keypairs import KeyPair
from signing.private_sigstore import SIGNED_AT, PrivateSigstore, write

from fairway.errors import UsageError
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.keyless import Identity, verify_keyless
from fairway.signing.model import model_files, sign_model, verify_model
from fairway.signing.statement import statement_text
from fairway.spec.lock import Signer

ISSUER = "https://token.actions.example.com"
WORKFLOW = "https://git.example.com/models/.ci/train.yml@refs/heads/main"
TRUSTED = Identity(WORKFLOW, ISSUER)
Json = dict[str, Any]


@pytest.fixture(scope="module")
def sigstore() -> PrivateSigstore:
    return PrivateSigstore()


@pytest.fixture
def trust_root(sigstore: PrivateSigstore, tmp_path: Path) -> Path:
    return write(tmp_path / "trusted_root.json", sigstore.trusted_root())


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"the network was used: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def bundle_of(sigstore: PrivateSigstore, model: Path, identity: Identity = TRUSTED) -> Json:
    payload = statement_text(model.name, model_files(model), folder=True, inside="")
    return sigstore.sign(payload, *identity)


def verify(model: Path, trust_root: Path, *identities: Identity) -> Signer:
    path = model.with_name("3.1.0.sig")
    trusted = identities or (TRUSTED,)
    return verify_keyless(path, model_files(model), trusted, trust_root, folder=True)


def refusal(model: Path, bundle: Json, trust_root: Path, *identities: Identity) -> str:
    write(model.with_name("3.1.0.sig"), bundle)
    with pytest.raises(SignatureRefusedError) as refused:
        verify(model, trust_root, *identities)
    assert str(refused.value).startswith("3.1.0.sig")
    assert refused.value.fix
    return str(refused.value)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("subject", [WORKFLOW, "risk@example.com"])
def test_a_trusted_identity_is_the_signer(
    subject: str, sigstore: PrivateSigstore, model: Path, trust_root: Path
) -> None:
    signer = Identity(subject, ISSUER)
    write(model.with_name("3.1.0.sig"), bundle_of(sigstore, model, signer))
    found = verify(model, trust_root, Identity("someone@example.com", ISSUER), signer)
    assert found.name == subject
    assert found.key_id.startswith("sha256:")


def test_another_identity_or_issuer_is_refused(
    sigstore: PrivateSigstore, model: Path, trust_root: Path
) -> None:
    bundle = bundle_of(sigstore, model)
    for identity in (
        Identity(WORKFLOW.replace("main", "other"), ISSUER),
        Identity(WORKFLOW, "https://accounts.example.com"),
    ):
        message = refusal(model, bundle, trust_root, identity)
        who = f"a signature by {identity.subject} of {identity.issuer}"
        assert f"does not verify as {who}: its certificate is of another identity" in message
    path = model.with_name("3.1.0.sig")
    with pytest.raises(SignatureRefusedError, match="no identity is trusted"):
        verify_keyless(path, model_files(model), [], trust_root, folder=True)


def test_another_instance_is_refused(
    sigstore: PrivateSigstore, model: Path, trust_root: Path
) -> None:
    bundle = bundle_of(PrivateSigstore(), model)
    assert "does not verify as a signature by" in refusal(model, bundle, trust_root)


@pytest.mark.parametrize("part", ["ca", "ct_log", "rekor"])
def test_each_of_the_three_keys_is_needed(
    part: str, sigstore: PrivateSigstore, model: Path, tmp_path: Path
) -> None:
    """A root that trusts another key in one place does not verify."""
    value, other = sigstore.trusted_root(), PrivateSigstore().trusted_root()
    field = {"ca": "certificateAuthorities", "ct_log": "ctlogs", "rekor": "tlogs"}[part]
    value[field] = other[field]
    trust_root = write(tmp_path / "mixed.json", value)
    assert "does not verify as a signature by" in refusal(
        model, bundle_of(sigstore, model), trust_root
    )


def test_files_that_changed_are_refused(
    sigstore: PrivateSigstore, model: Path, trust_root: Path
) -> None:
    bundle = bundle_of(sigstore, model)
    (model / "extra.py").touch()
    message = refusal(model, bundle, trust_root)
    assert message == ("3.1.0.sig: its signature is over other files: extra.py was not signed")


def test_a_signature_after_the_certificate_ended_is_refused(
    sigstore: PrivateSigstore, model: Path, trust_root: Path
) -> None:
    payload = statement_text(model.name, model_files(model), folder=True, inside="")
    late = sigstore.sign(payload, *TRUSTED, signed_at=SIGNED_AT + timedelta(hours=1))
    assert "does not verify as a signature by" in refusal(model, late, trust_root)


def entry(bundle: Json) -> Json:
    found: Json = bundle["verificationMaterial"]["tlogEntries"][0]
    return found


def other_bytes(holder: Json, key: str) -> None:
    raw = bytearray(base64.b64decode(holder[key]))
    raw[-1] ^= 1
    holder[key] = base64.b64encode(raw).decode()


TAMPERING: dict[str, Callable[[Json], object]] = {
    "payload": lambda b: other_bytes(b["dsseEnvelope"], "payload"),
    "signature": lambda b: other_bytes(b["dsseEnvelope"]["signatures"][0], "sig"),
    "payload type": lambda b: b["dsseEnvelope"].update(payloadType="text/plain"),
    "certificate": lambda b: other_bytes(b["verificationMaterial"]["certificate"], "rawBytes"),
    "no log entry": lambda b: b["verificationMaterial"].update(tlogEntries=[]),
    "promise": lambda b: other_bytes(entry(b)["inclusionPromise"], "signedEntryTimestamp"),
    "time": lambda b: entry(b).update(integratedTime=str(int(SIGNED_AT.timestamp()) + 1)),
    "body": lambda b: other_bytes(entry(b), "canonicalizedBody"),
    "proof": lambda b: entry(b)["inclusionProof"].update(hashes=[]),
    "root": lambda b: other_bytes(entry(b)["inclusionProof"], "rootHash"),
    "checkpoint": lambda b: entry(b)["inclusionProof"].update(checkpoint={"envelope": "a\n\nb"}),
    "no promise": lambda b: entry(b).pop("inclusionPromise"),
    "chain": lambda b: b["verificationMaterial"].update(
        certificate=None, x509CertificateChain={"certificates": []}
    ),
}


@pytest.mark.parametrize("part", TAMPERING)
def test_every_part_of_a_bundle_is_held(
    part: str, sigstore: PrivateSigstore, model: Path, trust_root: Path
) -> None:
    bundle = bundle_of(sigstore, model)
    write(model.with_name("3.1.0.sig"), bundle)
    assert verify(model, trust_root).name == WORKFLOW
    changed = copy.deepcopy(bundle)
    TAMPERING[part](changed)
    assert changed != bundle
    refusal(model, changed, trust_root)


@functools.cache
def original_bundle(sigstore: PrivateSigstore, model: Path) -> bytes:
    return json.dumps(bundle_of(sigstore, model)).encode()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(
    data: st.DataObject, sigstore: PrivateSigstore, model: Path, trust_root: Path
) -> None:
    original = original_bundle(sigstore, model)
    changed = bytearray(original)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 127))
    model.with_name("3.1.0.sig").write_bytes(changed)
    try:
        found = verify(model, trust_root).name
    except SignatureRefusedError as refused:
        found = str(refused)
    assert found == WORKFLOW or found.startswith("3.1.0.sig")


def test_keys_and_identities_are_not_mistaken(
    sigstore: PrivateSigstore, model: Path, trust_root: Path, keys: KeyPair
) -> None:
    write(model.with_name("3.1.0.sig"), bundle_of(sigstore, model))
    with pytest.raises(SignatureRefusedError, match="signed with a certificate, not with a key"):
        verify_model(model, model_files(model), [keys.public])
    sign_model(model, keys.private)
    with pytest.raises(SignatureRefusedError, match="signed with a key, not with a certificate"):
        verify(model, trust_root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: no such file"),
        ("", "is no trusted root of Sigstore"),
        ("{}", "is no trusted root of Sigstore"),
        ('{"mediaType": "application/json", "tlogs": []}', "is no trusted root of Sigstore"),
    ],
)
def test_a_trusted_root_that_is_none(
    text: str | None, message: str, sigstore: PrivateSigstore, model: Path, tmp_path: Path
) -> None:
    write(model.with_name("3.1.0.sig"), bundle_of(sigstore, model))
    if text is not None:
        (tmp_path / "root.json").write_text(text)
    with pytest.raises(UsageError, match=message) as refused:
        verify(model, tmp_path / "root.json")
    assert refused.value.fix
