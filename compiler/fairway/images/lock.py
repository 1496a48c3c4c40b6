"""Looking up which digests the tags of images stand for, without taking a new one in silence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.manifest import Manifest, contents, images
from fairway.resolve.oci.reference import Reference, named_exactly, parse_reference
from fairway.resolve.oci.registry import Registry
from fairway.spec.project_lock import ProjectLock, ResolvedImage

_PARALLEL = 4


class Moved(NamedTuple):
    """A tag that stands for another digest (``now``) than the one that is pinned (``was``)."""

    name: str
    tag: str
    was: str
    now: str


class Refused(NamedTuple):
    """A reference that cannot be looked up, and what mends it."""

    name: str
    message: str
    fix: str


class Resolution(NamedTuple):
    """What came of looking images up, by name; those that moved keep the digest that was pinned."""

    images: dict[str, ResolvedImage]
    moved: tuple[Moved, ...]
    refused: tuple[Refused, ...]


class _Found(NamedTuple):
    image: ResolvedImage
    now: str


def resolve_images(
    references: Mapping[str, str],
    registry: Registry,
    old: ProjectLock | None = None,
    update: frozenset[str] = frozenset(),
) -> Resolution:
    """Look up every reference, by the name that it has in a project or a spec.

    A digest in the reference is kept, and else the one of ``old`` for the same reference; a tag
    that stands for another one by now is reported. ``update`` names those whose new digest is
    wanted; what a reference itself pins is never replaced. Raises ``FairwayError`` when a
    registry fails.
    """
    before = old.images if old is not None else {}
    pinned = {
        (name, text): before[name].digest
        for name, text in references.items()
        if name in before and before[name].reference == text and name not in update
    }

    def look_up(item: tuple[str, str | None]) -> _Found | SourceRefusedError:
        text, digest = item
        try:
            return _look_up(text, digest, registry)
        except SourceRefusedError as error:
            return error

    # One question for each reference, however many specs have it.
    wanted = dict.fromkeys((text, pinned.get((name, text))) for name, text in references.items())
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="image") as pool:
        found = dict(zip(wanted, pool.map(look_up, wanted), strict=True))
    return _resolution(references, lambda name, text: found[text, pinned.get((name, text))])


def _resolution(
    references: Mapping[str, str], found: Callable[[str, str], _Found | SourceRefusedError]
) -> Resolution:
    resolved: dict[str, ResolvedImage] = {}
    moved: list[Moved] = []
    refused: list[Refused] = []
    for name, text in sorted(references.items()):
        answer = found(name, text)
        if isinstance(answer, SourceRefusedError):
            refused.append(Refused(name, str(answer), answer.fix))
            continue
        image = answer.image
        resolved[name] = image
        if answer.now != image.digest:
            moved.append(Moved(name, image.tag or "", image.digest, answer.now))
    return Resolution(resolved, tuple(moved), tuple(refused))


def _look_up(text: str, locked: str | None, registry: Registry) -> _Found:
    """Return an image by the digest that pins it, and the digest that its tag has now."""
    reference = named_exactly(parse_reference(text))
    digest = reference.digest or locked
    manifest = registry.manifest(reference._replace(digest=digest))
    now = manifest.digest
    if digest is not None and reference.tag is not None:
        now = registry.digest(reference._replace(digest=None))
    image = ResolvedImage.model_construct(
        reference=text,
        tag=reference.tag,
        digest=manifest.digest,
        media_type=manifest.media_type,
        platforms=list(platforms(reference, manifest, registry)),
    )
    return _Found(image, now)


def platforms(reference: Reference, manifest: Manifest, registry: Registry) -> tuple[str, ...]:
    """Return what an image runs on, such as ``linux/amd64``; nothing for what is no image."""
    what = str(reference)
    if manifest.is_index:
        return tuple(sorted({each.platform for each in images(manifest, what) if each.platform}))
    values = image_config(reference, manifest, registry)
    parts = (values.get("os"), values.get("architecture"), values.get("variant"))
    name = "/".join(part for part in parts if isinstance(part, str) and part)
    return (name,) if name else ()


def image_config(
    reference: Reference, manifest: Manifest, registry: Registry
) -> Mapping[str, object]:
    """Return the configuration of a manifest that is no index, a JSON object.

    Raises ``SourceRefusedError`` where it is none.
    """
    descriptor = contents(manifest, str(reference)).config
    try:
        value = json.loads(registry.small_blob(reference, descriptor))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        message = f"{reference}: its configuration is not a JSON object"
        raise SourceRefusedError(message, "push the image again")
    return value
