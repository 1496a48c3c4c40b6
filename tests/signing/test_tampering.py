"""A signature counts for exactly the files that were signed, by exactly the trusted keys."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signing.keypairs import KeyPair

from fairway.lock.digest import SourceRefusedError
from fairway.signing import dsse
from fairway.signing.bundle import bundle_text, read_bundle
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.model import find_signature, model_files, sign_model, verify_model


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(model: Path) -> None:
    first, second = model / "data/categories.txt", model / "data/columns.txt"
    first.rename(model / "third")
    second.rename(first)
    (model / "third").rename(second)


def rename_in_order(model: Path) -> None:
    """Rename without moving the file in the order of names: the root digest stays the same."""
    (model / "data/columns.txt").rename(model / "data/kolumns.txt")


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "flipped byte": (
        lambda model: flip(model / "model.skops"),
        "model.skops has other bytes than were signed",
    ),
    "renamed file": (
        lambda model: (model / "model.skops").rename(model / "other.skops"),
        "other.skops was signed as model.skops",
    ),
    "renamed file, same root digest": (
        rename_in_order,
        "data/kolumns.txt was signed as data/columns.txt",
    ),
    "added file": (lambda model: (model / "extra.py").touch(), "extra.py was not signed"),
    "added hidden file": (lambda model: (model / ".pth").touch(), ".pth was not signed"),
    "removed file": (
        lambda model: (model / "MLmodel").unlink(),
        "MLmodel was signed and is missing",
    ),
    "swapped names": (
        swap,
        "data/categories.txt has other bytes than were signed; "
        "data/columns.txt has other bytes than were signed",
    ),
    "emptied file": (
        lambda model: (model / "MLmodel").write_bytes(b""),
        "MLmodel has other bytes than were signed",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_files_that_changed_are_refused(change: str, model: Path, keys: KeyPair) -> None:
    sign_model(model, keys.private)
    alter, message = CHANGES[change]
    alter(model)
    with pytest.raises(SignatureRefusedError) as refused:
        verify_model(model, model_files(model), [keys.public])
    assert str(refused.value) == f"3.1.0.sig: its signature is over other files: {message}"
    assert "fairway sign" in refused.value.fix


def test_many_differences_are_counted(model: Path, keys: KeyPair) -> None:
    sign_model(model, keys.private)
    for number in range(9):
        (model / f"extra{number}").write_text(str(number))
    with pytest.raises(SignatureRefusedError, match=r"extra2 was not signed; and 6 more$"):
        verify_model(model, model_files(model), [keys.public])


def test_a_link_in_the_model_is_refused(model: Path, keys: KeyPair) -> None:
    sign_model(model, keys.private)
    (model / "MLmodel").rename(model.with_name("MLmodel"))
    (model / "MLmodel").symlink_to(model.with_name("MLmodel"))
    with pytest.raises(SourceRefusedError, match="MLmodel is a symbolic link"):
        model_files(model)


def test_no_signature_is_no_signer(model: Path, keys: KeyPair) -> None:
    assert find_signature(model) is None
    assert verify_model(model, model_files(model), [keys.public]) is None


def test_a_key_that_is_not_trusted_is_refused(
    model: Path, keys: KeyPair, stranger: KeyPair
) -> None:
    sign_model(model, stranger.private)
    with pytest.raises(SignatureRefusedError, match=r"not by a trusted key \(risk\.pub\)"):
        verify_model(model, model_files(model), [keys.public])
    with pytest.raises(SignatureRefusedError, match="no key is trusted"):
        verify_model(model, model_files(model), [])
    signer = verify_model(model, model_files(model), [keys.public, stranger.public])
    assert signer is not None
    assert signer.name == "stranger.pub"


def test_a_signature_over_another_model_is_refused(model: Path, keys: KeyPair) -> None:
    other = model.with_name("3.0.0")
    other.mkdir()
    (other / "model.skops").write_bytes(b"another")
    sign_model(other, keys.private).path.rename(model.with_name("3.1.0.sig"))
    with pytest.raises(SignatureRefusedError, match=r"other files: model\.skops has other bytes"):
        verify_model(model, model_files(model), [keys.public])


def test_the_claim_of_a_key_changes_nothing(model: Path, keys: KeyPair, stranger: KeyPair) -> None:
    """The ids in an envelope and a bundle are not signed, so nothing may rely on them."""
    path = sign_model(model, stranger.private).path
    bundle = json.loads(path.read_text())
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = keys.public.key_id
    path.write_text(json.dumps(bundle))
    with pytest.raises(SignatureRefusedError, match="not by a trusted key"):
        verify_model(model, model_files(model), [keys.public])


STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "m", "digest": {"sha256": "0" * 64}}],
    "predicateType": "https://model_signing/signature/v1.0",
    "predicate": {
        "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
        "resources": [{"name": "MLmodel", "algorithm": "sha256", "digest": "0" * 64}],
    },
}
STATEMENT_FAULTS = {
    "another predicate": ({"predicateType": "https://slsa.dev/provenance/v1"}, "another kind"),
    "before version 1": ({"predicateType": "https://model_signing/Digests/v0.1"}, "another kind"),
    "no subject": ({"subject": []}, "not one subject"),
    "two subjects": ({"subject": STATEMENT["subject"] * 2}, "not one subject"),
    "a subject of no object": ({"subject": ["m"]}, "not one subject"),
    "no predicate": ({"predicate": None}, "no `predicate`"),
    "no serialization": ({"predicate": {"resources": []}}, "no `serialization`"),
}


@pytest.mark.parametrize("fault", STATEMENT_FAULTS)
def test_a_well_signed_statement_of_another_shape_is_refused(
    fault: str, model: Path, keys: KeyPair
) -> None:
    change, message = STATEMENT_FAULTS[fault]
    refused = signed_statement(json.dumps({**STATEMENT, **change}).encode(), model, keys)
    assert message in refused


RESOURCE_FAULTS = {
    "twice": ([{"name": "a", "algorithm": "sha256", "digest": "0" * 64}] * 2, "lists a twice"),
    "none": ([], "lists no files"),
    "no name": ([{"algorithm": "sha256", "digest": "0" * 64}], "no name or digest"),
    "upper case": ([{"name": "a", "algorithm": "sha256", "digest": "A" * 64}], "no name or"),
    "other hash": ([{"name": "a", "algorithm": "blake3", "digest": "0" * 64}], "not a sha256"),
    "no object": (["a"], "no name or digest"),
}


@pytest.mark.parametrize("fault", RESOURCE_FAULTS)
def test_resources_of_another_shape_are_refused(fault: str, model: Path, keys: KeyPair) -> None:
    resources, message = RESOURCE_FAULTS[fault]
    predicate = {**STATEMENT["predicate"], "resources": resources}  # type: ignore[dict-item]
    refused = signed_statement(
        json.dumps({**STATEMENT, "predicate": predicate}).encode(), model, keys
    )
    assert message in refused


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"a": 1, "a": 2}', "a key is given twice"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"\xff", "it is not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_a_payload_that_is_no_statement_is_refused(
    payload: bytes, message: str, model: Path, keys: KeyPair
) -> None:
    assert message in signed_statement(payload, model, keys)


def test_a_subject_that_is_not_the_root_digest_is_refused(model: Path, keys: KeyPair) -> None:
    resources = [
        {"name": file.path, "algorithm": "sha256", "digest": file.sha256}
        for file in model_files(model)
    ]
    predicate = {**STATEMENT["predicate"], "resources": resources}  # type: ignore[dict-item]
    value = {**STATEMENT, "predicate": predicate}
    refused = signed_statement(json.dumps(value).encode(), model, keys)
    assert "subject is not the root digest" in refused


def signed_statement(payload: bytes, model: Path, keys: KeyPair) -> str:
    """Sign any bytes as a model's signature, and return why they are refused."""
    path = model.with_name("3.1.0.sig")
    path.write_text(bundle_text(payload, "application/vnd.in-toto+json", keys.private))
    with pytest.raises(SignatureRefusedError) as refused:
        verify_model(model, model_files(model), [keys.public])
    return str(refused.value)


def test_another_type_of_payload_is_refused(model: Path, keys: KeyPair) -> None:
    path = model.with_name("3.1.0.sig")
    path.write_text(bundle_text(json.dumps(STATEMENT).encode(), "text/plain", keys.private))
    with pytest.raises(SignatureRefusedError, match="text/plain, not an in-toto statement"):
        verify_model(model, model_files(model), [keys.public])


def why_refused(model: Path, keys: KeyPair) -> SignatureRefusedError | None:
    try:
        verify_model(model, model_files(model), [keys.public])
    except SignatureRefusedError as refused:
        return refused
    return None


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_changed_byte_of_a_bundle_never_changes_what_is_signed(
    data: st.DataObject, model: Path, keys: KeyPair
) -> None:
    path = model.with_name("3.1.0.sig")
    if not path.exists():
        sign_model(model, keys.private)
        path.with_suffix(".original").write_bytes(path.read_bytes())
    original = path.with_suffix(".original").read_bytes()
    changed = bytearray(original)
    position = data.draw(st.integers(0, len(changed) - 1))
    kind = data.draw(st.sampled_from(["flip", "insert", "cut", "truncate"]))
    if kind == "flip":
        changed[position] ^= data.draw(st.integers(1, 255))
    elif kind == "insert":
        changed[position:position] = data.draw(st.binary(min_size=1, max_size=3))
    elif kind == "cut":
        del changed[position : position + data.draw(st.integers(1, 40))]
    else:
        del changed[position:]
    path.write_bytes(changed)
    refused = why_refused(model, keys)
    if refused is not None:
        assert str(refused).startswith("3.1.0.sig")
        assert refused.fix
    else:
        before, now = (
            dsse.verify(json.loads(text)["dsseEnvelope"], [keys.public])
            for text in (original, bytes(changed))
        )
        assert before == now


@pytest.mark.parametrize("field", ["payload", "payloadType", "sig"])
def test_every_signed_field_of_the_envelope_is_held(field: str, model: Path, keys: KeyPair) -> None:
    path = sign_model(model, keys.private).path
    bundle = json.loads(path.read_text())
    envelope = bundle["dsseEnvelope"]
    holder = envelope["signatures"][0] if field == "sig" else envelope
    if field == "payloadType":
        holder[field] += "x"
    else:
        raw = bytearray(base64.b64decode(holder[field]))
        raw[-1] ^= 1
        holder[field] = base64.b64encode(raw).decode()
    path.write_text(json.dumps(bundle))
    with pytest.raises(SignatureRefusedError, match="changed after it was signed"):
        verify_model(model, model_files(model), [keys.public])


def test_a_bundle_of_another_version_is_refused(model: Path, keys: KeyPair) -> None:
    path = sign_model(model, keys.private).path
    path.write_text(path.read_text().replace("bundle.v0.3+json", "bundle.v0.4+json"))
    with pytest.raises(SignatureRefusedError, match=r"no Sigstore bundle of version 0\.3"):
        verify_model(model, model_files(model), [keys.public])


BUNDLE_FAULTS = {
    "no object": (b"[]", "not a JSON object"),
    "empty": (b"", "is not JSON"),
    "binary": (b"\x80\x04\x95", "not UTF-8"),
    "another document": (b'{"kind": "Signature"}', "its mediaType is null"),
    "deep": (b'{"a":' * 50_000, "nested too deep"),
}


@pytest.mark.parametrize("fault", BUNDLE_FAULTS)
def test_a_file_that_is_no_bundle_is_refused(fault: str, model: Path, keys: KeyPair) -> None:
    data, message = BUNDLE_FAULTS[fault]
    model.with_name("3.1.0.sig").write_bytes(data)
    with pytest.raises(SignatureRefusedError, match=message):
        verify_model(model, model_files(model), [keys.public])


def test_a_huge_bundle_is_not_read(model: Path, keys: KeyPair) -> None:
    path = model.with_name("3.1.0.sig")
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(SignatureRefusedError, match="larger than 64 MiB"):
        verify_model(model, model_files(model), [keys.public])


def test_parts_of_a_bundle_that_are_missing_or_too_many(model: Path, keys: KeyPair) -> None:
    path = sign_model(model, keys.private).path
    bundle = json.loads(path.read_text())
    envelope = bundle["dsseEnvelope"]
    for change, message in (
        ({"verificationMaterial": {}}, "with what it is verified"),
        ({"verificationMaterial": {"publicKey": {}, "certificate": {}}}, "with what it is"),
        ({"dsseEnvelope": None}, "no DSSE envelope"),
        ({"messageSignature": {}}, "no DSSE envelope"),
        ({"dsseEnvelope": {**envelope, "signatures": []}}, "exactly one signature"),
        ({"dsseEnvelope": {**envelope, "signatures": envelope["signatures"] * 2}}, "exactly one"),
    ):
        path.write_text(json.dumps({**bundle, **change}))
        with pytest.raises(SignatureRefusedError, match=message):
            read_bundle(path)


def test_a_file_named_like_a_signature_is_part_of_the_model(model: Path, keys: KeyPair) -> None:
    (model / "model.sig").write_text("weights")
    assert "model.sig" in [file.path for file in model_files(model)]
    with pytest.raises(SignatureRefusedError, match=r"model\.sig is not JSON"):
        verify_model(model, model_files(model), [keys.public])


def test_the_signature_beside_comes_first_and_the_digest_depends_on_neither(
    model: Path, keys: KeyPair, stranger: KeyPair
) -> None:
    bare = model_files(model)
    sign_model(model, stranger.private, model / "model.sig")
    assert model_files(model) == bare
    sign_model(model, keys.private)
    assert model_files(model) == bare
    assert find_signature(model) == model.with_name("3.1.0.sig")
    assert verify_model(model, bare, [keys.public]) is not None
