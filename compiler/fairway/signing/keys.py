"""Keys that sign and verify: elliptic curves P-256, P-384 and P-521, in PEM files.

These are the curves of the OpenSSF Model Signing specification v1.0 (section 4, method "key").
The hash is fixed by the curve: SHA-256, SHA-384 and SHA-512.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fairway.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_LARGEST = 64 << 10
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_NEEDED = "only elliptic-curve keys on P-256, P-384 or P-521 sign models"
_MAKE = (
    "make a key with `openssl ecparam -genkey -name prime256v1 -noout -out model.key`, "
    "and its public key with `openssl ec -in model.key -pubout -out model.pub`"
)
_PUBLIC = "give the public key: `openssl ec -in PRIVATE.key -pubout -out model.pub`"
_CERTIFICATE = "give its public key: `openssl x509 -in CERTIFICATE -pubkey -noout > model.pub`"


class PublicKey(NamedTuple):
    """A key that verifies; ``key_id`` is ``sha256:<hex>`` over its DER SubjectPublicKeyInfo.

    ``name`` is what people know the key by: its path as the project file gives it.
    """

    path: Path
    key_id: str
    key: ec.EllipticCurvePublicKey
    name: str

    @property
    def pem(self) -> bytes:
        """The key as PEM SubjectPublicKeyInfo."""
        from cryptography.hazmat.primitives import serialization

        return self.key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


class PrivateKey(NamedTuple):
    """A key that signs; ``public`` is its other half, with the same ``key_id``."""

    path: Path
    key: ec.EllipticCurvePrivateKey
    public: PublicKey

    @property
    def key_id(self) -> str:
        """``sha256:<hex>`` over the public key's DER SubjectPublicKeyInfo."""
        return self.public.key_id


def load_public_key(path: Path, name: str = "") -> PublicKey:
    """Return the public key in a PEM file; ``name`` is the file's own name when not given.

    Raises ``UsageError`` when the file cannot be read or holds anything else.
    """
    require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    data = _read(path, "the public key")
    if b"PRIVATE KEY-----" in data:
        raise UsageError(f"{path} holds a private key, where a public key is needed", _PUBLIC)
    if b"-----BEGIN CERTIFICATE-----" in data:
        raise UsageError(f"{path} holds a certificate, where a public key is needed", _CERTIFICATE)
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path} holds no public key in PEM that can be read", _MAKE) from error
    return _public(path, key, name or path.name)


def load_private_key(path: Path, password: bytes | None = None) -> PrivateKey:
    """Return the private key in a PEM file, decrypted with ``password`` where it is encrypted.

    Raises ``UsageError`` when the file cannot be read or holds anything else, when the password
    is wrong or missing, and when one is given for a key that is not encrypted.
    """
    require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    data = _read(path, "the private key")
    if b"PRIVATE KEY-----" not in data:
        what = "a public key" if b"PUBLIC KEY-----" in data else "no private key in PEM"
        raise UsageError(f"{path} holds {what}, and signing needs a private key", _MAKE)
    encrypted = b"ENCRYPTED" in data
    if encrypted and not password:
        fix = "give --key-password-file FILE, or set FAIRWAY_KEY_PASSWORD"
        raise UsageError(f"{path} is encrypted, and no password was given", fix)
    if password and not encrypted:
        fix = "leave the password out, or check that this is the key you mean"
        raise UsageError(f"{path} is not encrypted, but a password was given", fix)
    try:
        key = serialization.load_pem_private_key(data, password if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            message = f"{path} cannot be decrypted: the password is wrong, or the file is damaged"
            raise UsageError(message, "check the password and the file") from error
        raise UsageError(f"{path} holds no private key in PEM that can be read", _MAKE) from error
    from cryptography.hazmat.primitives.asymmetric import ec

    public = _public(path, key.public_key(), path.name)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - its public half is one
    return PrivateKey(path, key, public)


def algorithm(key: ec.EllipticCurvePublicKey) -> ec.ECDSA:
    """Return ECDSA with the hash that belongs to the key's curve."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    by_size = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
    return ec.ECDSA(by_size[key.curve.key_size])


def require_cryptography() -> None:
    """Raise ``UsageError`` when the package that signs and verifies is not installed."""
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        message = "signatures need the cryptography package"
        raise UsageError(message, "pip install 'fairway[lock]'") from error


def _public(path: Path, key: object, name: str) -> PublicKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise UsageError(f"{path} holds {_kind(key)}; {_NEEDED}", _MAKE)
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return PublicKey(path, f"sha256:{hashlib.sha256(der).hexdigest()}", key, name)


def _kind(key: object) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return f"an RSA key of {key.key_size} bits"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "an Ed25519 key"
    if isinstance(key, ed448.Ed448PublicKey):
        return "an Ed448 key"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"an elliptic-curve key on {key.curve.name}"
    return "a key of another kind"


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"{path}: {what} cannot be read: {why}", "correct the path") from error
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is larger than {_LARGEST >> 10} KiB, so it is no key", _MAKE)
    return data
