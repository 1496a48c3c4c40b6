"""Debian's ``docker-registry`` on a free port of the loopback, and a small client that pushes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import httpx

PROGRAM = shutil.which("docker-registry")
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
TAR = "application/vnd.oci.image.layer.v1.tar"
GZIP = TAR + "+gzip"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
TITLE = "org.opencontainers.image.title"
UNPACK = "io.deis.oras.content.unpack"
FILEPATH = "org.cncf.model.filepath"
EMPTY = "application/vnd.oci.empty.v1+json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RegistryServer:
    """A registry as a process, its content in a folder."""

    def __init__(self, folder: Path, auth: str = "") -> None:
        assert PROGRAM is not None
        folder.mkdir(parents=True, exist_ok=True)
        self.host = f"127.0.0.1:{free_port()}"
        config = folder / "config.yml"
        config.write_text(
            "version: 0.1\n"
            "log: {level: error}\n"
            'validation: {manifests: {urls: {allow: ["^https://"]}}}\n'
            f"storage: {{filesystem: {{rootdirectory: {json.dumps(str(folder / 'data'))}}}}}\n"
            f"http: {{addr: {self.host}}}\n{auth}"
        )
        self.data = folder / "data" / "docker" / "registry" / "v2"
        self._log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", str(config)],
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "OTEL_TRACES_EXPORTER": "none"},
        )
        self._wait(folder / "log")

    def _wait(self, log: Path) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            try:
                httpx.get(f"http://{self.host}/v2/", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the registry did not start: {log.read_text()}")

    def blob_file(self, digest: str) -> Path:
        """The file that holds a blob's bytes."""
        name = digest.removeprefix("sha256:")
        return self.data / "blobs" / "sha256" / name[:2] / name / "data"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._log.close()


class Pusher:
    """Pushes blobs and manifests with HTTP's PUT, as the distribution API has it."""

    def __init__(self, host: str, repository: str, **client: Any) -> None:
        self.host = host
        self.repository = repository
        self._client = httpx.Client(
            base_url=f"http://{host}/v2/{repository}", trust_env=False, timeout=30, **client
        )

    def close(self) -> None:
        self._client.close()

    def blob(self, data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        """Push bytes; return their descriptor."""
        digest = digest_of(data)
        begun = self._client.post("/blobs/uploads/")
        assert begun.status_code == 202, begun.text
        where = httpx.URL(begun.headers["location"]).copy_merge_params({"digest": digest})
        assert self._client.put(where, content=data).status_code == 201
        return {"mediaType": media_type, "digest": digest, "size": len(data), **more}

    def manifest(self, tag: str, content: dict[str, Any]) -> str:
        """Push a manifest under a tag; return its digest."""
        data = json.dumps(content).encode()
        kind = {"Content-Type": content["mediaType"]}
        answer = self._client.put(f"/manifests/{tag}", content=data, headers=kind)
        assert answer.status_code == 201, answer.text
        return digest_of(data)

    def artifact(
        self,
        tag: str,
        layers: list[dict[str, Any]],
        *,
        artifact_type: str = "application/vnd.example.model",
        config_type: str = EMPTY,
    ) -> str:
        config = self.blob(b"{}", config_type)
        content = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": artifact_type,
            "config": config,
            "layers": layers,
        }
        return self.manifest(tag, content)

    def file(self, title: str, data: bytes) -> dict[str, Any]:
        """Push a file as `oras push` does."""
        return self.blob(data, TAR, annotations={TITLE: title})

    def image(
        self,
        tag: str,
        layers: list[bytes],
        *,
        labels: dict[str, str] | None = None,
        architecture: str = "amd64",
    ) -> str:
        """Push an image of layers that are tars in gzip."""
        config = {
            "os": "linux",
            "architecture": architecture,
            "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
        }
        content = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": self.blob(json.dumps(config).encode(), IMAGE_CONFIG),
            "layers": [self.blob(gzip.compress(layer), GZIP) for layer in layers],
        }
        return self.manifest(tag, content)

    def index(self, tag: str, entries: list[dict[str, Any]]) -> str:
        content = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
        return self.manifest(tag, content)

    def entry(self, digest: str, platform: str, **more: Any) -> dict[str, Any]:
        """An index's entry for a manifest that was pushed."""
        size = len(
            self._client.get(f"/manifests/{digest}", headers={"Accept": OCI_MANIFEST}).content
        )
        names = ("os", "architecture", "variant")
        parts = dict(zip(names, platform.split("/"), strict=False))
        return {
            "mediaType": OCI_MANIFEST,
            "digest": digest,
            "size": size,
            "platform": parts,
            **more,
        }


class Entry(NamedTuple):
    """An entry of a tar that a test writes."""

    name: str
    data: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""


def tar_of(*entries: Entry | tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar as it comes, its names unchecked."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for each in entries:
            entry = Entry(*each)
            info = tarfile.TarInfo(entry.name)
            info.type, info.linkname, info.size = entry.kind, entry.link, len(entry.data)
            tar.addfile(info, io.BytesIO(entry.data))
    return buffer.getvalue()


def folder(name: str) -> Entry:
    return Entry(name, kind=tarfile.DIRTYPE)


def link(name: str, target: str) -> Entry:
    return Entry(name, kind=tarfile.SYMTYPE, link=target)


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def files_below(path: Path) -> dict[str, bytes]:
    """Every file of a version, by its path."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    found = (each for each in path.rglob("*") if each.is_file())
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in found}
