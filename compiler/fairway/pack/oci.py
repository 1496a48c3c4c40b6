"""Packs in registries: one layer that is a tar of the folder, or one layer a file.

What ``oras push`` makes of ``.`` inside of the folder is read, or of single files, and a tar that
was made by hand, as OPA's bundles and Flux' artifacts are (one layer, no or an archive's title):

    oras push registry.example.com/policies/ml:3 \\
      --artifact-type application/vnd.fairway.policies.v1 .

Source: oras-go v2 ``content/file`` (titles, unpacked folders), which resolve/oci/layers.py reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.pack.content import MAX_BYTES, MAX_FILES, select, too_large, too_many
from fairway.pack.source import OciPack, PackRefusedError
from fairway.resolve.oci.layers import Layer, packing
from fairway.resolve.oci.manifest import Contents, contents
from fairway.resolve.oci.reference import Reference, parse_reference
from fairway.resolve.oci.registry import Registry
from fairway.resolve.oci.tree import Kept, unpack
from fairway.resolve.oci.untar import Budget, open_archive
from fairway.resolve.store import Allowance, Blob, Store

_TITLE = "org.opencontainers.image.title"
_UNPACK = "io.deis.oras.content.unpack"
_ARCHIVES = (".tar", ".tgz", ".tar.gz")
_GZIP = b"\x1f\x8b"
# A tar has a header and a filling for each file.
_EXPANDED = MAX_BYTES + (MAX_FILES << 11)
_PUSH = "publish the pack's folder with `oras push`"


def resolve_oci(pack: OciPack, registry: Registry) -> str:
    """Return the digest of the manifest that a pack's tag stands for now, or that it names."""
    with _refusing(pack):
        return registry.manifest(parse_reference(pack.reference)).digest


def tag_now(pack: OciPack, registry: Registry) -> tuple[str, str] | None:
    """Return a pack's tag and the digest that it stands for now; None where it has no tag."""
    with _refusing(pack):
        reference = parse_reference(pack.reference)
        if reference.tag is None:
            return None
        return reference.tag, registry.digest(reference._replace(digest=None))


def fetch_oci(pack: OciPack, digest: str, registry: Registry) -> dict[str, bytes]:
    """Return the files of the pack in a manifest (``sha256:<hex>``), by name.

    Raises ``PackRefusedError`` for what is not there or cannot be read safely (links, paths that
    lead out, too much), and ``FairwayError`` for a registry that fails.
    """
    with _refusing(pack):
        reference = parse_reference(pack.reference)._replace(digest=digest)
        manifest = registry.manifest(reference)
        if manifest.is_index:
            raise PackRefusedError(f"{pack.name} is an index of several manifests", _PUSH)
        store = Store(limit=MAX_BYTES)
        files = _files(contents(manifest, pack.name), reference, registry, store, pack)
        found = select(files, pack.folder, pack.name)
        return {name: files[path].read_bytes() for name, path in found.items()}


def _files(
    found: Contents, reference: Reference, registry: Registry, store: Store, pack: OciPack
) -> dict[str, Path]:
    """Return where the bytes of every file of the artifact are, by its path."""
    layers = _layers(found, pack)
    total = sum(layer.descriptor.size for layer in layers)
    if total > _EXPANDED or len(layers) > MAX_FILES:
        raise too_large(pack.name)
    allowance = Allowance(_EXPANDED, pack.name)
    budget = Budget(Allowance(_EXPANDED, pack.name), pack.name)
    kept = Kept(store, Allowance(MAX_BYTES, pack.name), budget, pack.name)
    files: dict[str, Path] = {}
    for layer in layers:
        blob = registry.blob(reference, layer.descriptor, store, allowance)
        for path, at in _unpacked(layer, blob, kept):
            if path in files:
                message = f"{pack.name} holds the file {path} twice"
                raise PackRefusedError(message, _PUSH)
            files[path] = at
            if len(files) > MAX_FILES:
                raise too_many(pack.name)
    return files


def _layers(found: Contents, pack: OciPack) -> tuple[Layer, ...]:
    if len(found.layers) == 1:
        only = found.layers[0]
        title = only.annotations.get(_TITLE, "")
        archive = title.endswith(_ARCHIVES) or (
            not title and only.media_type.endswith(("tar+gzip", "tar.gzip", ".tar", "+tar"))
        )
        if archive and only.annotations.get(_UNPACK) != "true" and not only.urls:
            return (Layer(only, "tar"),)
    packed = packing(found, pack.name)
    if packed.is_image:
        raise PackRefusedError(f"{pack.name} is an image with several layers", _PUSH)
    return packed.layers


def _unpacked(layer: Layer, blob: Blob, kept: Kept) -> Iterator[tuple[str, Path]]:
    if layer.form == "file":
        kept.budget.file()
        kept.allowance.spend(blob.size)
        yield layer.path, blob.path
        return
    with blob.path.open("rb") as stream:
        compressed = stream.read(len(_GZIP)) == _GZIP
    name = f"{kept.what}: the layer {layer.path or layer.descriptor.digest[:19]}"
    with open_archive(blob.path, name, kept.budget, compressed=compressed) as archive:
        for file in unpack(archive, layer.path, kept):
            at = kept.store.blob(file.digest)
            if at is None:
                message = f"{kept.what}: {file.path} was removed from the cache while it was read"
                raise FairwayError(message, "run the command again")
            yield file.path, at


@contextmanager
def _refusing(pack: OciPack) -> Iterator[None]:
    """Turn what registries and archives are refused for into an error about the pack."""
    try:
        yield
    except SourceRefusedError as error:
        if "--max-size" in error.fix:  # a version's limit can be raised, a pack's cannot
            raise too_large(pack.name) from None
        raise PackRefusedError(str(error), error.fix) from None
