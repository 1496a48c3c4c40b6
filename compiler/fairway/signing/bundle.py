"""Sigstore bundles, version 0.3: a DSSE envelope, and what its signature is to be checked with.

Source: ``dev.sigstore.bundle.v1.Bundle`` of sigstore/protobuf-specs, in its JSON form.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from fairway.signing import dsse
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.keys import PrivateKey
from fairway.signing.strict import LARGEST, read_object

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
# Version 0.3 as it was first written; both are in use.
_MEDIA_TYPES = (MEDIA_TYPE, "application/vnd.dev.sigstore.bundle+json;version=0.3")
_ANY_VERSION = "application/vnd.dev.sigstore.bundle"
_MATERIALS = ("publicKey", "certificate", "x509CertificateChain")
_AGAIN = "sign the model again"


class Bundle(NamedTuple):
    """A bundle: its envelope as JSON, and whether a bare key or a certificate verifies it."""

    envelope: dict[str, object]
    keyless: bool
    data: bytes


def read_bundle(path: Path) -> Bundle:
    """Return the bundle in a file.

    Raises ``SignatureRefusedError`` when it is no bundle of version 0.3 with one signature in a
    DSSE envelope, and ``OSError`` when it cannot be read.
    """
    data = _read(path)
    what = path.name
    value = read_object(data, what, _AGAIN)
    kind = value.get("mediaType")
    if kind not in _MEDIA_TYPES:
        found = json.dumps(kind)[:80]
        message = f"{what} is no Sigstore bundle of version 0.3: its mediaType is {found}"
        raise SignatureRefusedError(message, _AGAIN)
    material = value.get("verificationMaterial")
    named = [key for key in _MATERIALS if isinstance(material, dict) and key in material]
    if len(named) != 1:
        message = f"{what} does not say with what it is verified: a key, or a certificate"
        raise SignatureRefusedError(message, _AGAIN)
    envelope = value.get("dsseEnvelope")
    if not isinstance(envelope, dict) or "messageSignature" in value:
        raise SignatureRefusedError(f"{what} holds no DSSE envelope", _AGAIN)
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise SignatureRefusedError(f"{what} does not hold exactly one signature", _AGAIN)
    return Bundle(envelope, named[0] != "publicKey", data)


def is_bundle(path: Path) -> bool:
    """Return whether a file is a Sigstore bundle of any version, well formed or not."""
    try:
        value = read_object(_read(path), path.name, "")
    except (SignatureRefusedError, OSError):
        return False
    kind = value.get("mediaType")
    return isinstance(kind, str) and kind.startswith(_ANY_VERSION)


def bundle_text(payload: bytes, payload_type: str, key: PrivateKey) -> str:
    """Return the JSON text of a bundle that ``key`` signs.

    The hint at the key is the sha256 over its PEM, in hex, which is what model_signing writes.
    """
    value = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "publicKey": {"hint": hashlib.sha256(key.public.pem).hexdigest()},
            "tlogEntries": [],
        },
        "dsseEnvelope": dsse.sign(payload, payload_type, key),
    }
    return json.dumps(value, indent=2) + "\n"


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST + 1)
