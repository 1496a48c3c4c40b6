"""The format of ``fairway.lock.json``, version 1: what a project's own references stand for."""

from __future__ import annotations

from typing import Literal

from fairway.spec import base
from fairway.spec.base import SpecModel, field

_DIGEST = "sha256:" + "0" * 64


class ResolvedImage(SpecModel):
    """An image of somebody else, as a registry had it when it was locked."""

    reference: base.Text = field(
        "What was looked up, as it was written.", "docker.io/library/python:3.12-slim"
    )
    tag: base.Text | None = field("The tag, for people.", "3.12-slim", None)
    digest: base.Digest = field("The digest of its manifest or index.", _DIGEST)
    media_type: base.Text = field(
        "What the digest is of.", "application/vnd.oci.image.index.v1+json"
    )
    platforms: list[base.Text] = field(
        "What it runs on: os/architecture, with a variant where it has one.", ["linux/amd64"], []
    )


class LockedPack(SpecModel):
    """A policy pack that is fetched from elsewhere."""

    digest: base.Digest = field("The digest of its content.", _DIGEST)


class ProjectLock(SpecModel):
    """Everything that the references of `fairway.yaml` and of all specs stand for."""

    lock_version: Literal[1] = field("The format's version.", 1)
    images: dict[base.Text, ResolvedImage] = field(
        "Images, by the name or the reference that `fairway.yaml` or a spec has for them.",
        {
            "python": {
                "reference": "docker.io/library/python:3.12-slim",
                "tag": "3.12-slim",
                "digest": _DIGEST,
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "platforms": ["linux/amd64", "linux/arm64/v8"],
            }
        },
        {},
    )
    policies: dict[base.Text, LockedPack] = field(
        "Policy packs, by source.", {"oci://registry.example.com/packs/ml:1": _DIGEST}, {}
    )
