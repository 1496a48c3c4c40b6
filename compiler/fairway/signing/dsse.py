"""DSSE envelopes: bytes, what they mean, and signatures over both.

Source: Dead Simple Signing Envelope, protocol v1.0.0. What is signed is the pre-authentication
encoding ``DSSEv1 LEN(type) type LEN(body) body``; ``keyid`` is a hint that nothing relies on.
Signatures are ECDSA in DER, with the hash of the key's curve, as Sigstore bundles have them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fairway.signing.errors import SignatureRefusedError
from fairway.signing.keys import PrivateKey, PublicKey, algorithm, require_cryptography
from fairway.signing.strict import decode_base64, read_object

_MOST_SIGNATURES = 16
_LONGEST_TYPE = 256
_AGAIN = "sign it again"


class Verified(NamedTuple):
    """What an envelope holds, and the key (``sha256:<hex>``) whose signature of it is right."""

    payload: bytes
    payload_type: str
    key_id: str


def sign(payload: bytes, payload_type: str, key: PrivateKey) -> dict[str, object]:
    """Return the JSON envelope of ``payload`` with one signature."""
    signature = key.key.sign(encoding(payload, payload_type), algorithm(key.public.key))
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": key.key_id}],
    }


def read_envelope(data: bytes, what: str = "the envelope") -> dict[str, object]:
    """Return the JSON object in ``data``, for ``verify``; raise ``SignatureRefusedError``."""
    return read_object(data, what, _AGAIN)


def verify(envelope: Mapping[str, object], keys: Sequence[PublicKey]) -> Verified:
    """Return what the envelope holds when one of ``keys`` signed it.

    Raises ``SignatureRefusedError`` when it is malformed or no key's signature is right.
    """
    require_cryptography()
    payload, payload_type, signatures = _parts(envelope)
    signed = encoding(payload, payload_type)
    for key in keys:
        if any(_is_right(key, signature, signed) for signature in signatures):
            return Verified(payload, payload_type, key.key_id)
    if not keys:
        raise SignatureRefusedError(
            "it is signed, but no key is trusted", "add the signer's public key to `trust`"
        )
    names = ", ".join(key.name for key in keys)
    raise SignatureRefusedError(
        f"its signature is not by a trusted key ({names}), or it was changed after it was signed",
        "sign it again with a trusted key, or add the signer's public key to `trust`",
    )


def encoding(payload: bytes, payload_type: str) -> bytes:
    """Return the pre-authentication encoding (PAE) of a payload and its type."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _parts(envelope: Mapping[str, object]) -> tuple[bytes, str, list[bytes]]:
    payload_type, found = envelope.get("payloadType"), envelope.get("signatures")
    if not isinstance(payload_type, str) or not 0 < len(payload_type) <= _LONGEST_TYPE:
        raise SignatureRefusedError("the envelope has no payloadType", _AGAIN)
    if not payload_type.isascii() or not payload_type.isprintable():
        raise SignatureRefusedError("the envelope's payloadType is not printable ASCII", _AGAIN)
    payload = decode_base64(envelope.get("payload"), "the envelope's payload", _AGAIN)
    if not isinstance(found, list) or not found:
        raise SignatureRefusedError("the envelope has no signatures", _AGAIN)
    if len(found) > _MOST_SIGNATURES:
        message = f"the envelope has {len(found)} signatures, more than {_MOST_SIGNATURES}"
        raise SignatureRefusedError(message, _AGAIN)
    signatures = []
    for each in found:
        if not isinstance(each, dict):
            raise SignatureRefusedError("a signature of the envelope is no object", _AGAIN)
        signatures.append(decode_base64(each.get("sig"), "a signature of the envelope", _AGAIN))
    return payload, payload_type, signatures


def _is_right(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.key.verify(signature, signed, algorithm(key.key))
    except InvalidSignature:
        return False
    return True
