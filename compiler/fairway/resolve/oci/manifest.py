"""Manifests: what a registry says that an artifact or an image consists of.

Sources: OCI image-spec v1.1 (``manifest.md``, ``image-index.md``, ``descriptor.md``) and Docker's
image manifest version 2, schema 2, with its manifest list.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from fairway.lock.digest import SourceRefusedError
from fairway.source.strict_json import unique

MAX_MANIFEST = 4 << 20
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST_TYPES = (OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST)
_INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
_ATTESTATION = ("vnd.docker.reference.type", "attestation-manifest")
_MAX_ENTRIES = 10_000
_PUSH = "push it again with a tool that writes OCI manifests"


class Descriptor(NamedTuple):
    """A blob or manifest that another one names: ``size`` in bytes, ``digest`` as ``sha256:…``.

    ``platform`` is ``os/architecture[/variant]``, or empty; ``urls`` are places outside of the
    registry, which make it a foreign layer.
    """

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str]
    platform: str = ""
    urls: tuple[str, ...] = ()

    @property
    def is_attestation(self) -> bool:
        """Whether it says something of another image, as BuildKit's attestations do."""
        key, value = _ATTESTATION
        return self.annotations.get(key) == value or self.platform == "unknown/unknown"


class Manifest(NamedTuple):
    """A manifest's bytes, what they are, and ``sha256:<hex>`` over them."""

    media_type: str
    digest: str
    data: bytes

    @property
    def is_index(self) -> bool:
        """Whether it names other manifests, one for each platform."""
        return self.media_type in _INDEXES


class Contents(NamedTuple):
    """What a manifest that is no index names; ``artifact_type`` is empty where it has none."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    artifact_type: str


def read_manifest(data: bytes, content_type: str, what: str) -> Manifest:
    """Return a manifest that is well formed as far as its type goes.

    ``content_type`` is what the registry said of it. Raises ``SourceRefusedError`` for other
    documents, and for one that could be read as an index and as a manifest.
    """
    content = _object(data, what)
    said = content_type.partition(";")[0].strip().lower()
    inside = content.get("mediaType")
    kind = inside if isinstance(inside, str) else said
    if kind not in MANIFEST_TYPES:
        # The OCI's mediaType is optional, and some registries call every answer JSON.
        kind = _guessed(content) if inside is None and said in ("", "application/json") else kind
    if kind not in MANIFEST_TYPES:
        message = f"{what} is {_quoted(kind)}, which is no manifest of an image or artifact"
        raise SourceRefusedError(message, _PUSH)
    if said in MANIFEST_TYPES and said != kind:
        message = f"{what}: the registry calls it {said}, and it calls itself {kind}"
        raise SourceRefusedError(message, _PUSH)
    if {"manifests", "layers"} <= content.keys() or content.get("schemaVersion") != 2:
        message = f"{what} is no clear manifest: it names layers and manifests, or no version 2"
        raise SourceRefusedError(message, _PUSH)
    return Manifest(kind, f"sha256:{hashlib.sha256(data).hexdigest()}", data)


def contents(manifest: Manifest, what: str) -> Contents:
    """Return what a manifest names; raises ``SourceRefusedError`` where it is not well formed."""
    if manifest.is_index:
        message = f"{what} is an index inside of an index, which is not read"
        raise SourceRefusedError(message, "name one of its manifests by digest")
    content = _object(manifest.data, what)
    artifact_type = content.get("artifactType")
    return Contents(
        _descriptor(content.get("config"), what),
        _descriptors(content.get("layers"), what),
        artifact_type if isinstance(artifact_type, str) else "",
    )


def images(index: Manifest, what: str) -> tuple[Descriptor, ...]:
    """Return the manifests that an index names, without what only says something of another."""
    found = _descriptors(_object(index.data, what).get("manifests"), what)
    return tuple(each for each in found if not each.is_attestation)


def for_platform(index: Manifest, platform: str, what: str) -> Descriptor:
    """Return the one manifest of an index, or that of a platform such as ``linux/amd64``."""
    found = images(index, what)
    fitting = [each for each in found if each.platform == platform] or [
        each for each in found if each.platform.startswith(f"{platform}/")
    ]
    chosen = fitting[0] if fitting else found[0] if len(found) == 1 else None
    if chosen is None:
        there = ", ".join(sorted({each.platform or "none" for each in found})) or "none"
        message = f"{what} has no image for {platform}; its platforms are: {there}"
        raise SourceRefusedError(message, f"push one for {platform}, or name a manifest by digest")
    return chosen


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        content = json.loads(data, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise SourceRefusedError(f"{what}: its manifest is not a JSON object", _PUSH)
    return content


def _guessed(content: dict[str, Any]) -> str:
    return OCI_INDEX if "manifests" in content else OCI_MANIFEST


def _descriptors(value: object, what: str) -> tuple[Descriptor, ...]:
    if not isinstance(value, list) or len(value) > _MAX_ENTRIES:
        message = f"{what}: its manifest has no list of at most {_MAX_ENTRIES:,} entries"
        raise SourceRefusedError(message, _PUSH)
    return tuple(_descriptor(each, what) for each in value)


def _descriptor(value: object, what: str) -> Descriptor:
    entry = value if isinstance(value, dict) else {}
    kind, digest, size = entry.get("mediaType"), entry.get("digest"), entry.get("size")
    if (
        not isinstance(kind, str)
        or not isinstance(digest, str)
        or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
        or type(size) is not int
        or size < 0
    ):
        message = f"{what}: its manifest names a blob without a type, a sha256 or a size"
        raise SourceRefusedError(message, _PUSH)
    urls = entry.get("urls")
    return Descriptor(
        kind,
        digest,
        size,
        _texts(entry.get("annotations")),
        _platform(_texts(entry.get("platform"))),
        tuple(str(url) for url in urls) if isinstance(urls, list) else ("",) if urls else (),
    )


def _platform(values: Mapping[str, str]) -> str:
    parts = (values.get("os"), values.get("architecture"), values.get("variant"))
    return "/".join(part for part in parts if part)


def _texts(value: object) -> dict[str, str]:
    entries = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in entries if isinstance(text, str)}


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[a-z0-9.+/_-]{1,120}", text) else repr(text[:120])
