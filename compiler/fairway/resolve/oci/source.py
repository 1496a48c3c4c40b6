"""``oci://``: models that are artifacts or images in a registry, pinned by manifest digest."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.layers import Layer, Packing, packing
from fairway.resolve.oci.manifest import contents, for_platform
from fairway.resolve.oci.reference import Reference, parse_oci_uri
from fairway.resolve.oci.registry import Registry
from fairway.resolve.oci.tree import Kept, Overlay, unpack
from fairway.resolve.oci.untar import Archive, Budget, open_archive
from fairway.resolve.source import Wanted
from fairway.resolve.store import Blob, StoppedError, Store
from fairway.resolve.version import cached_version, placed
from fairway.spec.lock import LockedFile, Resolved

PLATFORM = "linux/amd64"
"""The platform whose image is read where a model's image has several."""
_PARALLEL = 4


class OciSource:
    """Reads models from registries; the ``Registry`` may be shared and is closed by its owner."""

    def __init__(self, registry: Registry, store: Store) -> None:
        self._registry = registry
        self._store = store

    def resolve(self, uri: str) -> Resolved:
        """Return the manifest that a tag stands for now, as ``oci://…@sha256:…``, and the tag."""
        reference = parse_oci_uri(uri)
        found = self._registry.manifest(reference)
        pinned = Reference(reference.host, reference.repository, digest=found.digest)
        return Resolved(uri=pinned.uri, tag=reference.tag)

    def fetch(self, wanted: Wanted) -> Path:
        """Return the folder of the version's files, or the one file that it is.

        Besides what ``Source.fetch`` says, ``SourceRefusedError`` is raised for archives that
        cannot be read safely.
        """
        cached = cached_version(self._store, wanted)
        if cached is not None:
            return cached
        reference = parse_oci_uri(wanted.resolved.uri)
        files = self._files(reference)
        if wanted.files:
            _compare(files, wanted.files, str(reference))
        return placed(self._store, files)

    def _files(self, reference: Reference) -> list[LockedFile]:
        what = str(reference)
        manifest = self._registry.manifest(reference)
        if manifest.is_index:
            chosen = for_platform(manifest, PLATFORM, what)
            manifest = self._registry.manifest(reference._replace(digest=chosen.digest))
        packed = packing(contents(manifest, what), what)
        return self._unpacked(packed, self._blobs(reference, packed.layers), what)

    def _blobs(self, reference: Reference, layers: tuple[Layer, ...]) -> list[Blob]:
        """Download several layers at a time; the first that fails stops the others."""
        allowance = self._store.allowance(str(reference))
        allowance.spend(sum(layer.descriptor.size for layer in layers))

        def get(layer: Layer) -> Blob:
            return self._registry.blob(reference, layer.descriptor, self._store, allowance)

        with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="layer") as pool:
            futures = [pool.submit(get, layer) for layer in layers]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            if any(future.exception() is not None for future in done):
                allowance.stop()
                pool.shutdown(wait=False, cancel_futures=True)
        errors = [future.exception() for future in futures if not future.cancelled()]
        for error in errors:
            if error is not None and not isinstance(error, StoppedError):
                raise error
        return [future.result() for future in futures]

    def _unpacked(self, packed: Packing, blobs: list[Blob], what: str) -> list[LockedFile]:
        """Return the files of all layers."""
        budget = Budget(self._store.allowance(what), what)
        kept = Kept(self._store, self._store.allowance(what), budget, what)
        overlay = Overlay(kept)
        files: list[LockedFile] = []
        for layer, blob in zip(packed.layers, blobs, strict=True):
            for archive in _archive(layer, blob, what, budget):
                if packed.is_image:
                    overlay.add(archive)
                else:
                    files += unpack(archive, layer.path, kept)
            if layer.form == "file":
                kept.allowance.spend(blob.size)
                files.append(LockedFile(path=layer.path, size=blob.size, digest=blob.digest))
        return overlay.files() if packed.is_image else files


def _archive(layer: Layer, blob: Blob, what: str, budget: Budget) -> Iterator[Archive]:
    """Yield the archive that a layer is, or nothing for a file."""
    if layer.form == "file":
        return
    name = f"{what}: the layer {layer.path or layer.descriptor.digest[:19]}"
    compressed = layer.form == "tar+gzip"
    with open_archive(blob.path, name, budget, compressed=compressed) as archive:
        yield archive


def _compare(found: list[LockedFile], locked: tuple[LockedFile, ...], what: str) -> None:
    """Refuse other files than those of the lock, naming the first that differs."""
    now = {file.path: file.digest for file in found}
    before = {file.path: file.digest for file in locked}
    everything = sorted(now.keys() | before.keys())
    differing = [path for path in everything if now.get(path) != before.get(path)]
    if not differing:
        return
    path = differing[0]
    how = "is new" if path not in before else "is gone" if path not in now else "differs"
    message = f"{what}: its files are not those of the lock: {path} {how}"
    fix = "find out who changed it, or lock it anew with `fairway lock`"
    raise SourceRefusedError(message, fix)
