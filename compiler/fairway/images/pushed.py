"""Recording an image of our own after it was pushed: its digest, and that it is what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairway.images.lock import image_config
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.manifest import Manifest, images
from fairway.resolve.oci.reference import Reference, parse_reference
from fairway.resolve.oci.registry import Registry
from fairway.spec.lock import LockedImage

TITLE_LABEL = "org.opencontainers.image.title"
"""The label for the deployment's name, as the docker target's Dockerfile sets it."""
VERSION_LABEL = "org.opencontainers.image.version"
"""The label for the version's name."""
_AGAIN = "build the image from its own context, and push it again"


def own_labels(deployment: str, version: str) -> dict[str, str]:
    """Return the labels that the image of a version must have."""
    return {TITLE_LABEL: deployment, VERSION_LABEL: version}


def pushed_image(
    repository: str, tag: str, registry: Registry, labels: Mapping[str, str]
) -> LockedImage:
    """Return what the registry has under a tag of ours, digested here.

    Every platform's image must have ``labels``; build attestations are no images. Raises
    ``SourceRefusedError`` when the tag is not there, or an image says that it is another.
    """
    reference = parse_reference(f"{repository}:{tag}")
    manifest = registry.manifest(reference)
    for exact, image in _images(reference, manifest, registry):
        _check(exact, _labels(image_config(exact, image, registry)), labels)
    return LockedImage(tag=tag, digest=manifest.digest)


def _images(
    reference: Reference, manifest: Manifest, registry: Registry
) -> Iterator[tuple[Reference, Manifest]]:
    """Yield the images of a manifest: itself, or those that it is an index of."""
    if not manifest.is_index:
        yield reference, manifest
        return
    found = images(manifest, str(reference))
    if not found:
        raise SourceRefusedError(f"{reference} is an index without images", _AGAIN)
    for entry in found:
        exact = reference._replace(digest=entry.digest)
        yield exact, registry.manifest(exact)


def _labels(config: Mapping[str, object]) -> Mapping[str, object]:
    inner = config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    return labels if isinstance(labels, dict) else {}


def _check(reference: Reference, found: Mapping[str, object], wanted: Mapping[str, str]) -> None:
    for label, value in wanted.items():
        said = found.get(label)
        if said == value:
            continue
        short = f"{said!r:.120}" if said is not None else "nothing"
        message = f"{reference}: its label {label} says {short}, and the tag is for {value!r}"
        raise SourceRefusedError(message, _AGAIN)
