"""Versions to go back to: those that have served before, and what speaks against each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fairway.deployment import Deployment, ModelVersion
from fairway.source.folder import Folder


class Fallback(NamedTuple):
    """A version that has served before; it will do when nothing speaks ``against`` it."""

    version: str
    against: tuple[str, ...]


def fallbacks(deployment: Deployment, folder: Folder, past: Sequence[str]) -> list[Fallback]:
    """Return the versions of ``past`` in its order, each held against what it has to be.

    It is proved to be the bytes that are locked, tested, pushed where images are, and to take
    what the present version's callers send.
    """
    return [Fallback(name, tuple(_against(deployment, folder, name))) for name in past]


def _against(deployment: Deployment, folder: Folder, name: str) -> Iterator[str]:
    version = deployment.versions.get(name)
    if version is None:
        yield "it is no longer in `versions`, so nothing proves its bytes"
        return
    lock, spec = deployment.lock, deployment.spec
    if spec.evidence is not None:
        evidence = deployment.evidence.get(name)
        if evidence is None or not evidence.present:
            yield "it has no evidence that it was tested"
        elif not evidence.counts:
            yield "its evidence does not count any more (`fairway validate` says why)"
    if spec.serving.runtime == "fairway" and lock.images and name not in lock.images:
        yield "its image was never pushed"
    retired = deployment.project.retired.get(version.uri)
    if retired:
        yield f"it is retired: {retired}"
    yield from _incompatible(deployment, folder, version)


def _incompatible(deployment: Deployment, folder: Folder, version: ModelVersion) -> Iterator[str]:
    """Find what callers of the present version do that ``version`` does not take."""
    from fairway.compatibility.change import breaking
    from fairway.compatibility.read import contract_changes

    present = deployment.versions[deployment.spec.release.stable]
    changes = contract_changes(folder, version.contract, present.contract)
    for change in breaking(changes, "rollback"):
        yield f"callers of {present.name} would break: {change.sentence}"
