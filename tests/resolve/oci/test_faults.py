"""Registries that fail or lie: one clear error, and nothing that was not checked is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from resolve.oci.registry_server import (
    OCI_INDEX,
    OCI_MANIFEST,
    TAR,
    TITLE,
    Pusher,
    RegistryServer,
    digest_of,
    files_below,
)

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.http import Http
from fairway.resolve.oci.docker_config import DockerConfig
from fairway.resolve.oci.reference import Reference
from fairway.resolve.oci.registry import Registry
from fairway.resolve.oci.source import OciSource
from fairway.resolve.source import Wanted
from fairway.resolve.store import Store

WEIGHTS = bytes(range(256)) * 8000
BLOB = f"/v2/team/model/blobs/{digest_of(WEIGHTS)}"
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "x/y", "digest": digest_of(b"{}"), "size": 2},
        "layers": [
            {
                "mediaType": TAR,
                "digest": digest_of(WEIGHTS),
                "size": len(WEIGHTS),
                "annotations": {TITLE: "model.skops"},
            }
        ],
    }
).encode()


class Reply(NamedTuple):
    """What a path answers; ``cut`` ends the connection after so many bytes of the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    cut: int | None = None


class Liar:
    """A real HTTP server that answers whatever a test wants."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {key.lower(): value for key, value in self.headers.items()}
                liar.asked.append((self.path, headers))
                waiting = liar.replies.get(self.path, [Reply(status=404)])
                reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                begin = 0
                if reply.status == 206:
                    begin = int(headers["range"].removeprefix("bytes=").removesuffix("-"))
                    self._head(reply, begin)
                else:
                    self._head(reply, 0)
                if self.command != "HEAD":
                    self.wfile.write(reply.body[begin : reply.cut])

            do_HEAD = do_GET  # noqa: N815

            def _head(self, reply: Reply, begin: int) -> None:
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(reply.body) - begin))
                if begin:
                    length = len(reply.body)
                    self.send_header("Content-Range", f"bytes {begin}-{length - 1}/{length}")
                for key, value in reply.headers.items():
                    self.send_header(key, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def manifest(self, *replies: Reply, name: str = "1") -> None:
        self.replies[f"/v2/team/model/manifests/{name}"] = list(replies)

    def sound(self, *blobs: Reply) -> str:
        """Answer a sound manifest, and ``blobs`` for its layer; return the model's URI."""
        self.manifest(Reply(MANIFEST, headers={"Content-Type": OCI_MANIFEST}))
        kind = {"Content-Type": OCI_MANIFEST}
        self.manifest(Reply(MANIFEST, headers=kind), name=digest_of(MANIFEST))
        self.replies[BLOB] = list(blobs)
        return f"oci://{self.host}/team/model:1"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def liar() -> Iterator[Liar]:
    running = Liar()
    yield running
    running.stop()


def reference(liar: Liar, **more: Any) -> Reference:
    return Reference(liar.host, "team/model", **(more or {"tag": "1"}))


def test_digest_that_lies(liar: Liar, registry: Registry):
    said = {"Docker-Content-Digest": digest_of(b"other"), "Content-Type": OCI_MANIFEST}
    liar.manifest(Reply(MANIFEST, headers=said))
    with pytest.raises(FairwayError, match="the registry says sha256:") as failed:
        registry.manifest(reference(liar))
    assert failed.value.fix


def test_manifest_that_is_not_the_one_asked_for(liar: Liar, registry: Registry):
    asked = digest_of(b"other")
    said = {"Docker-Content-Digest": asked, "Content-Type": OCI_MANIFEST}
    liar.manifest(Reply(MANIFEST, headers=said), name=asked)
    with pytest.raises(SourceRefusedError, match="sends a manifest with the digest"):
        registry.manifest(reference(liar, digest=asked))


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"{", OCI_MANIFEST, "is not a JSON object"),
        (b"[]", OCI_MANIFEST, "is not a JSON object"),
        (b"[" * 100_000, OCI_MANIFEST, "is not a JSON object"),
        (b'{"schemaVersion": 2, "schemaVersion": 2}', OCI_MANIFEST, "is not a JSON object"),
        (b"<html></html>", "text/html", "is not a JSON object"),
        (b'{"schemaVersion": 1, "name": "a"}', "application/vnd.docker.distribution.manifest."
         "v1+prettyjws", "which is no manifest"),
        (b'{"schemaVersion": 1}', OCI_MANIFEST, "no clear manifest"),
        (b'{"schemaVersion": 2, "layers": [], "manifests": []}', OCI_MANIFEST, "no clear"),
        (MANIFEST, OCI_INDEX, "the registry calls it"),
    ],
)  # fmt: skip
def test_documents_that_are_no_manifest(
    liar: Liar, registry: Registry, body: bytes, content_type: str, message: str
):
    liar.manifest(Reply(body, headers={"Content-Type": content_type}))
    with pytest.raises(SourceRefusedError, match=message) as refused:
        registry.manifest(reference(liar))
    assert refused.value.fix


def test_manifest_of_more_than_four_mebibytes(liar: Liar, registry: Registry):
    liar.manifest(Reply(b" " * (4 << 20) + MANIFEST))
    with pytest.raises(FairwayError, match="longer than 4194304 bytes"):
        registry.manifest(reference(liar))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": "sha512:" + "0" * 128}, "without a type, a sha256 or a size"),
        ({"digest": 7}, "without a type"),
        ({"size": -1}, "without a type"),
        ({"size": True}, "without a type"),
        ({"size": 1.5}, "without a type"),
        ({"mediaType": None}, "without a type"),
        ({"size": 1 << 80}, "larger than the limit"),
    ],
)
def test_layers_that_make_no_sense(
    liar: Liar, registry: Registry, store: Store, change: dict[str, Any], message: str
):
    content = json.loads(MANIFEST)
    content["layers"][0] |= change
    data = json.dumps(content).encode()
    liar.manifest(Reply(data))
    liar.manifest(Reply(data), name=digest_of(data))
    source = OciSource(registry, store)
    with pytest.raises(SourceRefusedError, match=message):
        source.fetch(Wanted(source.resolve(f"oci://{liar.host}/team/model:1")))


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (403, SourceRefusedError, "access denied without credentials"),
        (404, SourceRefusedError, "the registry does not have it"),
        (429, FairwayError, "429 Too Many Requests"),
        (500, FairwayError, "500 Internal Server Error"),
        (503, FairwayError, "503 Service Unavailable"),
        (418, SourceRefusedError, "refuses it"),
    ],
)
def test_statuses(
    liar: Liar, registry: Registry, status: int, error: type[Exception], message: str
):
    errors = json.dumps({"errors": [{"code": "DENIED", "message": "s3cret"}]}).encode()
    liar.manifest(Reply(errors, status))
    with pytest.raises(error, match=message) as failed:
        registry.manifest(reference(liar))
    assert "s3cret" not in str(failed.value)
    assert failed.value.fix


def test_registry_that_is_not_there(registry: Registry):
    with pytest.raises(FairwayError, match="refused"):
        registry.manifest(Reference("127.0.0.1:9", "team/model", "1"))


def fetched(liar: Liar, registry: Registry, store: Store, *blobs: Reply) -> dict[str, bytes]:
    source = OciSource(registry, store)
    return files_below(source.fetch(Wanted(source.resolve(liar.sound(*blobs)))))


def test_blob_of_other_bytes(liar: Liar, registry: Registry, store: Store):
    for body in (WEIGHTS[:-1] + b"x", WEIGHTS[:-1], WEIGHTS + b"x"):
        with pytest.raises(SourceRefusedError, match=r"model\.skops: its bytes are"):
            fetched(liar, registry, store, Reply(body))
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_blob_that_is_cut_each_time_leaves_what_came(liar: Liar, registry: Registry, store: Store):
    with pytest.raises(FairwayError, match="broke off"):
        fetched(liar, registry, store, Reply(WEIGHTS, cut=1_000_000))
    assert list(store.root.glob("parts/*"))
    liar.asked.clear()
    assert fetched(liar, registry, store, Reply(WEIGHTS, 206)) == {"model.skops": WEIGHTS}
    ranges = [headers.get("range") for path, headers in liar.asked if path == BLOB]
    assert ranges == ["bytes=1000000-"]


def test_blob_that_is_cut_once_is_gone_on_with(liar: Liar, registry: Registry, store: Store):
    replies = (Reply(WEIGHTS, cut=1_000_000), Reply(WEIGHTS, 206))
    assert fetched(liar, registry, store, *replies) == {"model.skops": WEIGHTS}


def test_part_of_a_server_without_ranges_is_begun_anew(
    liar: Liar, registry: Registry, store: Store
):
    replies = (Reply(WEIGHTS, cut=1_000_000), Reply(WEIGHTS))
    assert fetched(liar, registry, store, *replies) == {"model.skops": WEIGHTS}


def test_part_of_other_bytes_is_begun_anew(liar: Liar, registry: Registry, store: Store):
    wrong = b"x" * len(WEIGHTS)
    replies = (Reply(wrong, cut=1_000_000), Reply(WEIGHTS, 206), Reply(WEIGHTS))
    assert fetched(liar, registry, store, *replies) == {"model.skops": WEIGHTS}


def test_credentials_do_not_follow_a_redirect_to_another_host(liar: Liar, http: Http, store: Store):
    other = Liar()
    other.replies["/storage"] = [Reply(WEIGHTS)]
    entry = {"auths": {liar.host: {"username": "someone", "password": "s3cret"}}}
    with Registry(http, DockerConfig(None, entry)) as registry:
        uri = liar.sound(
            Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'}),
            Reply(status=307, headers={"Location": f"http://{other.host}/storage"}),
        )
        source = OciSource(registry, store)
        files = files_below(source.fetch(Wanted(source.resolve(uri))))
    other.stop()
    assert files == {"model.skops": WEIGHTS}
    assert any("authorization" in headers for path, headers in liar.asked if path == BLOB)
    assert [path for path, _ in other.asked] == ["/storage"]
    assert "authorization" not in other.asked[0][1]


def test_blob_of_a_real_registry_that_was_damaged_on_its_disk(
    pusher: Pusher, server: RegistryServer, fetch: Callable[[str], Path]
):
    pusher.artifact("1.0", [pusher.file("model.skops", WEIGHTS + pusher.repository.encode())])
    path = server.blob_file(digest_of(WEIGHTS + pusher.repository.encode()))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises((SourceRefusedError, FairwayError), match=r"bytes are|has|broke off"):
        fetch(f"oci://{pusher.host}/{pusher.repository}:1.0")


def test_layers_are_reported_while_they_come(http: Http, liar: Liar, store: Store):
    seen: list[tuple[str, int, int | None]] = []
    with Registry(http, DockerConfig(None, {}), lambda *step: seen.append(step)) as registry:
        fetched(liar, registry, store, Reply(WEIGHTS))
    assert seen[-1][1:] == (len(WEIGHTS), len(WEIGHTS))
    assert seen[0][0].endswith("the layer model.skops")
