"""Keys of elliptic curves sign and verify; every other file says what it is and what is needed."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from signing.keypairs import CURVES, AnyPrivateKey, KeyPair, write_keys

from fairway.errors import UsageError
from fairway.signing import dsse
from fairway.signing.keys import load_private_key, load_public_key


def test_the_key_id_is_the_digest_of_the_public_key(keys: KeyPair) -> None:
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(keys.public_file), "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    assert keys.public.key_id == f"sha256:{hashlib.sha256(der).hexdigest()}"
    assert keys.private.key_id == keys.public.key_id
    assert load_public_key(keys.public_file, "keys/risk.pub").name == "keys/risk.pub"


def test_the_commands_of_the_fix_make_keys(tmp_path: Path) -> None:
    (tmp_path / "none.pub").write_text("nothing")
    with pytest.raises(UsageError) as refused:
        load_public_key(tmp_path / "none.pub")
    commands = refused.value.fix.split("`")[1::2]
    assert len(commands) == 2
    for command in commands:
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    private = load_private_key(tmp_path / "model.key")
    public = load_public_key(tmp_path / "model.pub")
    envelope = dsse.sign(b"text", "text/plain", private)
    assert dsse.verify(envelope, [public]).key_id == public.key_id


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (rsa.generate_private_key(65537, 2048), "an RSA key of 2048 bits"),
        (ed25519.Ed25519PrivateKey.generate(), "an Ed25519 key"),
        (ec.generate_private_key(ec.SECP256K1()), "an elliptic-curve key on secp256k1"),
    ],
)
def test_other_keys_are_refused(key: AnyPrivateKey, found: str, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "other", key)
    for path, load in ((private, load_private_key), (public, load_public_key)):
        with pytest.raises(UsageError) as refused:
            load(path)
        needed = "only elliptic-curve keys on P-256, P-384 or P-521 sign models"
        assert refused.value.message == f"{path} holds {found}; {needed}"
        assert "openssl ecparam" in refused.value.fix


@pytest.mark.parametrize("curve", CURVES)
def test_a_password_protects_a_key(curve: str, tmp_path: Path) -> None:
    private, public = write_keys(
        tmp_path, "model", ec.generate_private_key(CURVES[curve]), b"secret"
    )
    key = load_private_key(private, b"secret")
    assert key.key_id == load_public_key(public).key_id
    with pytest.raises(UsageError, match="no password was given"):
        load_private_key(private)
    with pytest.raises(UsageError, match="the password is wrong, or the file is damaged"):
        load_private_key(private, b"other")


def test_an_older_encrypted_form_is_read(tmp_path: Path, keys: KeyPair) -> None:
    path = tmp_path / "model.key"
    path.write_bytes(
        keys.private.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert load_private_key(path, b"secret").key_id == keys.private.key_id
    with pytest.raises(UsageError, match="no password was given"):
        load_private_key(path)


def test_a_password_for_a_key_without_one_is_refused(keys: KeyPair) -> None:
    with pytest.raises(UsageError, match="is not encrypted, but a password was given"):
        load_private_key(keys.private_file, b"secret")


def test_halves_of_a_pair_are_not_mistaken(keys: KeyPair) -> None:
    with pytest.raises(UsageError, match="holds a private key, where a public key is needed"):
        load_public_key(keys.private_file)
    with pytest.raises(UsageError, match="holds a public key, and signing needs a private key"):
        load_private_key(keys.public_file)


def test_a_certificate_is_not_a_key(tmp_path: Path, keys: KeyPair) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "risk")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, keys.private.key.public_key(), serial_number=1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(keys.private.key, hashes.SHA256())
    )
    path = tmp_path / "cert.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    with pytest.raises(UsageError, match="holds a certificate") as refused:
        load_public_key(path)
    command = refused.value.fix.split("`")[1].replace("CERTIFICATE", str(path))
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)  # noqa: S602
    assert load_public_key(tmp_path / "model.pub").key_id == keys.public.key_id


EC = b"EC PRIVATE KEY"


@pytest.mark.parametrize("load", [load_private_key, load_public_key])
def test_files_that_are_no_keys(load, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for name, data in (
        ("empty", b""),
        ("text", b"ssh-ed25519 AAAA"),
        ("cut", b"-----BEGIN PUBLIC KEY-----\nMFkwEw\n-----END PUBLIC KEY-----\n"),
        ("private", b"-----BEGIN %b-----\nAAAA\n-----END %b-----\n" % (EC, EC)),
        ("large", b"a" * (1 << 20)),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UsageError, match=name) as refused:
            load(tmp_path / name)
        assert refused.value.fix
    with pytest.raises(UsageError, match="cannot be read: no such file or directory"):
        load(tmp_path / "absent")
    with pytest.raises(UsageError, match="cannot be read: is a directory"):
        load(tmp_path)
