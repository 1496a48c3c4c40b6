"""Keyless signatures: by whoever an identity provider said that it was, as a public log witnessed.

The ``sigstore`` package (extra ``keyless``) verifies the certificate, its timestamp from a
certificate log, the entry in the transparency log and the signature, against a trusted root given
as a file (``application/vnd.dev.sigstore.trustedroot+json;version=0.1``). Nothing is fetched: the
root is a file of the project, and the bundle carries its proofs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fairway.errors import UsageError
from fairway.lock.digest import FileDigest
from fairway.signing.bundle import Bundle, read_bundle
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.statement import compare, read_statement

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.verify import Verifier

    from fairway.spec.lock import Signer

_LONGEST_REASON = 300


class Identity(NamedTuple):
    """Who may sign: the certificate's subject (a mail address or a URI) and who vouched for it."""

    subject: str
    issuer: str


def verify_keyless(
    path: Path,
    files: Sequence[FileDigest],
    identities: Sequence[Identity],
    trust_root: Path,
    *,
    folder: bool,
) -> Signer:
    """Return which of ``identities`` signed exactly ``files``, by the bundle in ``path``.

    The signer's ``name`` is the subject, ``key_id`` the sha256 over the certificate's public key
    (DER SubjectPublicKeyInfo), which was used once. Raises ``SignatureRefusedError`` when the
    signature does not count, and ``UsageError`` when the trusted root or the package is missing.
    """
    verifier = _verifier(trust_root)
    try:
        bundle = read_bundle(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SignatureRefusedError(f"{path.name}: {why}", "restore the signature") from error
    if not bundle.keyless:
        message = f"{path.name} is signed with a key, not with a certificate"
        raise SignatureRefusedError(message, "trust the key: add it to `trust.modelKeys`")
    try:
        signer, kind, payload = _verified(verifier, bundle, identities)
        compare(read_statement(payload, kind), files, folder=folder)
    except SignatureRefusedError as error:
        raise SignatureRefusedError(f"{path.name}: {error}", error.fix) from error
    return signer


def _verifier(trust_root: Path) -> Verifier:
    try:
        from sigstore.models import TrustedRoot
        from sigstore.verify import Verifier
    except ImportError as error:
        message = "keyless signatures need the sigstore package"
        raise UsageError(message, "pip install 'fairway[keyless]'") from error
    fix = "give the trusted_root.json of the Sigstore instance that signs"
    try:
        return Verifier(trusted_root=TrustedRoot.from_file(str(trust_root)))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        message = f"{trust_root}: the trusted root cannot be read: {why}"
        raise UsageError(message, fix) from error
    except Exception as error:  # the library's readers raise errors of many kinds
        message = f"{trust_root} is no trusted root of Sigstore: {_reason(error)}"
        raise UsageError(message, fix) from error


def _verified(
    verifier: Verifier, bundle: Bundle, identities: Sequence[Identity]
) -> tuple[Signer, str, bytes]:
    """Return the signer, and the type and bytes of what was signed."""
    from sigstore import models
    from sigstore.errors import VerificationError
    from sigstore.verify import policy

    if not identities:
        message = "it is signed with a certificate, but no identity is trusted"
        raise SignatureRefusedError(message, "add the signer's identity to `trust`")
    policies: list[policy.VerificationPolicy] = [
        policy.Identity(identity=each.subject, issuer=each.issuer) for each in identities
    ]
    try:
        found = models.Bundle.from_json(bundle.data)
        kind, payload = verifier.verify_dsse(found, policy.AnyOf(policies))
    except Exception as error:  # what a stranger wrote is refused, whatever it breaks
        names = ", ".join(f"{each.subject} of {each.issuer}" for each in identities)
        message = f"it does not verify as a signature by {names}: {_reason(error)}"
        fix = "sign it again as a trusted identity, or add the signer's identity to `trust`"
        raise SignatureRefusedError(message, fix) from error
    for each, one in zip(identities, policies, strict=True):
        try:
            one.verify(found.signing_certificate)
        except VerificationError:
            continue
        return _signer(each, found.signing_certificate), kind, payload
    raise SignatureRefusedError("its signature is by no trusted identity", "sign it again")


def _signer(identity: Identity, certificate: Certificate) -> Signer:
    from cryptography.hazmat.primitives import serialization

    from fairway.spec.lock import Signer

    der = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key_id = f"sha256:{hashlib.sha256(der).hexdigest()}"
    return Signer.model_validate({"name": identity.subject, "keyId": key_id})


def _reason(error: Exception) -> str:
    """Return an error's text on one line, cut where it quotes the bundle at length."""
    text = " ".join(str(error).split()) or type(error).__name__
    if text.endswith("policies succeeded"):
        return "its certificate is of another identity, or by another issuer"
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"
