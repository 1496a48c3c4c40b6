"""A private Sigstore: a certificate authority, a certificate log and a transparency log, in memory.

Everything is signed for real, in the formats of Fulcio (RFC 5280, RFC 6962 for the timestamp of the
certificate log) and Rekor version 1 (an entry ``dsse`` 0.0.1 with promise, proof and checkpoint).
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairway.signing import dsse

EC = ec.EllipticCurvePrivateKey
START = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED_AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
_ISSUER_V1 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ORIGIN = "rekor.example.com - 1"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def spki(key: EC) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def log_id(key: EC) -> bytes:
    return hashlib.sha256(spki(key)).digest()


def signed(key: EC, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


class PrivateSigstore:
    """One instance: its three keys, and the entries that its log holds."""

    def __init__(self) -> None:
        self.ca, self.ct_log, self.rekor = (ec.generate_private_key(ec.SECP256R1()) for _ in "123")
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "private-fulcio")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        key_identifier = x509.SubjectKeyIdentifier.from_public_key(self.ca.public_key())
        self.root = (
            x509.CertificateBuilder(name, name, self.ca.public_key(), x509.random_serial_number())
            .not_valid_before(START)
            .not_valid_after(START + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(usage, True)
            .add_extension(key_identifier, False)
            .sign(self.ca, hashes.SHA256())
        )

    def trusted_root(self) -> dict[str, Any]:
        """Return the instance's trusted root as JSON."""
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self._log("https://rekor.example.com", self.rekor)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "example.com", "commonName": "private-fulcio"},
                    "uri": "https://fulcio.example.com",
                    "certChain": {"certificates": [{"rawBytes": encoded(self._der(self.root))}]},
                    "validFor": {"start": "2026-01-01T00:00:00Z"},
                }
            ],
            "ctlogs": [self._log("https://ct.example.com", self.ct_log)],
            "timestampAuthorities": [],
        }

    def sign(
        self,
        payload: bytes,
        subject: str,
        issuer: str,
        *,
        payload_type: str = "application/vnd.in-toto+json",
        signed_at: datetime = SIGNED_AT,
    ) -> dict[str, Any]:
        """Return the bundle of a signature by an identity, made at ``signed_at``."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.certificate(key, subject, issuer)
        signature = encoded(signed(key, dsse.encoding(payload, payload_type)))
        envelope = {
            "payload": encoded(payload),
            "payloadType": payload_type,
            "signatures": [{"sig": signature}],
        }
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        entry = {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                "payloadHash": {
                    "algorithm": "sha256",
                    "value": hashlib.sha256(payload).hexdigest(),
                },
                "signatures": [{"signature": signature, "verifier": encoded(pem)}],
            },
        }
        body = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": encoded(self._der(certificate))},
                "tlogEntries": [self._entry(body, int(signed_at.timestamp()))],
            },
            "dsseEnvelope": envelope,
        }

    def certificate(self, key: EC, subject: str, issuer: str) -> x509.Certificate:
        """Return the short-lived certificate of an identity, with its log's timestamp inside."""
        plain = self._leaf(key, subject, issuer)
        tbs = plain.sign(self.ca, hashes.SHA256()).tbs_certificate_bytes
        moment = int(SIGNED_AT.timestamp()) * 1000
        entry = log_id(self.ca) + len(tbs).to_bytes(3, "big") + tbs
        # RFC 6962, section 3.2: version, signature type, time, precert_entry, no extensions.
        content = struct.pack("!BBQH", 0, 0, moment, 1) + entry + struct.pack("!H", 0)
        signature = signed(self.ct_log, content)
        # Section 3.3: ECDSA (3) with SHA-256 (4), in a list of one inside an octet string.
        sct = struct.pack("!B", 0) + log_id(self.ct_log) + struct.pack("!QH", moment, 0)
        sct += struct.pack("!BBH", 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(sct) + 2, len(sct)) + sct
        octets = b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else b"\x81"
                            + bytes([len(listed)])) + listed  # fmt: skip
        timestamp = x509.UnrecognizedExtension(_SCT_LIST, octets)
        return plain.add_extension(timestamp, False).sign(self.ca, hashes.SHA256())

    def _leaf(self, key: EC, subject: str, issuer: str) -> x509.CertificateBuilder:
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        name: x509.GeneralName = x509.UniformResourceIdentifier(subject)
        if "://" not in subject:
            name = x509.RFC822Name(subject)
        text = issuer.encode()
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca.public_key())
        serial = x509.random_serial_number()
        return (
            x509.CertificateBuilder(self.root.subject, x509.Name([]), key.public_key(), serial)
            .not_valid_before(SIGNED_AT - timedelta(minutes=1))
            .not_valid_after(SIGNED_AT + timedelta(minutes=9))
            .add_extension(usage, True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
            .add_extension(x509.SubjectAlternativeName([name]), True)
            .add_extension(identifier, False)
            .add_extension(x509.UnrecognizedExtension(_ISSUER_V1, text), False)
            .add_extension(
                x509.UnrecognizedExtension(_ISSUER_V2, b"\x0c" + bytes([len(text)]) + text), False
            )
        )

    def _entry(self, body: bytes, moment: int) -> dict[str, Any]:
        """Return a log of two entries' proof that ``body`` is the second."""
        other = hashlib.sha256(b"\x00another entry").digest()
        leaf = hashlib.sha256(b"\x00" + body).digest()
        root = hashlib.sha256(b"\x01" + other + leaf).digest()
        note = f"{_ORIGIN}\n2\n{encoded(root)}\n"
        mark = encoded(log_id(self.rekor)[:4] + signed(self.rekor, note.encode()))
        promised = {
            "body": encoded(body),
            "integratedTime": moment,
            "logID": log_id(self.rekor).hex(),
            "logIndex": 1,
        }
        promise = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
        return {
            "logIndex": "1",
            "logId": {"keyId": encoded(log_id(self.rekor))},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": encoded(signed(self.rekor, promise))},
            "inclusionProof": {
                "logIndex": "1",
                "rootHash": encoded(root),
                "treeSize": "2",
                "hashes": [encoded(other)],
                "checkpoint": {"envelope": f"{note}\n\u2014 rekor.example.com {mark}\n"},
            },
            "canonicalizedBody": encoded(body),
        }

    def _log(self, url: str, key: EC) -> dict[str, Any]:
        return {
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": encoded(spki(key)),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": "2026-01-01T00:00:00Z"},
            },
            "logId": {"keyId": encoded(log_id(key))},
        }

    @staticmethod
    def _der(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(serialization.Encoding.DER)


def write(path: Path, value: dict[str, Any]) -> Path:
    """Write JSON and return its path."""
    path.write_text(json.dumps(value), "utf-8")
    return path
