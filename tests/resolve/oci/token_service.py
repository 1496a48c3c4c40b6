"""A token service as distribution's specification has it: real tokens, signed with a real key."""

from __future__ import annotations

import base64
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

SERVICE = "registry of the tests"
ISSUER = "tests"


class Asked(NamedTuple):
    """A request that came: its method, the values asked for, the Authorization header."""

    method: str
    values: dict[str, str]
    authorization: str


class TokenService:
    """Gives tokens to ``user`` with ``password`` or with ``refresh``, and refuses all others."""

    def __init__(self, folder: Path, user: str, password: str, refresh: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = folder / "certificate.pem"
        self._certificate = self._own_certificate()
        pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        self.certificate.write_bytes(pem)
        self._basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._refresh = refresh
        self.asked: list[Asked] = []
        self.life = 300
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                values = parse_qs(urlsplit(self.path).query)
                service._answer(self, {key: value[0] for key, value in values.items()})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                service._answer(self, {key: value[0] for key, value in parse_qs(body).items()})

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.realm = f"http://127.0.0.1:{self._server.server_port}/token"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def config(self) -> str:
        """What makes a registry trust this service."""
        return (
            f'auth:\n  token:\n    realm: "{self.realm}"\n    service: "{SERVICE}"\n'
            f'    issuer: "{ISSUER}"\n    rootcertbundle: "{self.certificate}"\n'
        )

    def token(self, repository: str, actions: list[str]) -> str:
        """A token for what the tests themselves do."""
        chain = base64.b64encode(self._certificate.public_bytes(serialization.Encoding.DER))
        now = int(time.time())
        head = {"typ": "JWT", "alg": "ES256", "x5c": [chain.decode()]}
        access = [{"type": "repository", "name": repository, "actions": actions}]
        claims = {
            "iss": ISSUER,
            "sub": "",
            "aud": SERVICE,
            "exp": now + 300,
            "nbf": now - 60,
            "iat": now,
            "jti": str(now),
            "access": access,
        }
        text = b".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
        return (text + b"." + _encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))).decode()

    def _answer(self, request: BaseHTTPRequestHandler, values: dict[str, str]) -> None:
        authorization = request.headers.get("Authorization", "")
        self.asked.append(Asked(request.command, values, authorization))
        known = authorization == self._basic or values.get("refresh_token") == self._refresh
        _, repository, actions = values["scope"].split(":")
        body: dict[str, object] = {"errors": []}
        if known:
            token = self.token(repository, actions.split(","))
            body = {"access_token": token, "token": token, "expires_in": self.life}
        data = json.dumps(body).encode()
        request.send_response(200 if known else 401)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _own_certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
