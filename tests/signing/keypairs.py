"""Key pairs in PEM files, and models signed by the OpenSSF library, the oracle of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from model_signing import hashing, signing, verifying

from fairway.signing.keys import PrivateKey, PublicKey, load_private_key, load_public_key

CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
AnyPrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class KeyPair(NamedTuple):
    """The files of a private and a public key, and both as Fairway reads them."""

    private_file: Path
    public_file: Path
    private: PrivateKey
    public: PublicKey


def write_keys(
    folder: Path, name: str, key: AnyPrivateKey, password: bytes | None = None
) -> tuple[Path, Path]:
    """Write ``name``.key and ``name``.pub and return their paths."""
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        protection = serialization.BestAvailableEncryption(password)
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


def make_pair(folder: Path, name: str = "model", curve: str = "P-256") -> KeyPair:
    """Make a key pair on a curve."""
    files = write_keys(folder, name, ec.generate_private_key(CURVES[curve]))
    return KeyPair(*files, load_private_key(files[0]), load_public_key(files[1]))


def oracle_signs(
    model: Path, signature: Path, key: Path, config: hashing.Config | None = None
) -> None:
    """Sign a model with model_signing, everything in it unless ``config`` says otherwise."""
    everything = hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=False)
    oracle = signing.Config().use_elliptic_key_signer(private_key=key)
    oracle.set_hashing_config(config or everything).sign(model, signature)


def oracle_verifies(
    model: Path, signature: Path, key: Path, config: hashing.Config | None = None
) -> None:
    """Verify a signature with model_signing; raise what it raises."""
    oracle = verifying.Config().use_elliptic_key_verifier(public_key=key)
    if config is not None:
        oracle.set_hashing_config(config)
    oracle.verify(model, signature)
