"""The format of ``fairway.lock.json``, version 1: what a project's own references stand for."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from fairway.spec import base
from fairway.spec.base import Choice, SpecModel, field
from fairway.spec.commit import PATTERN, parse_commit

_DIGEST = "sha256:" + "0" * 64
_COMMIT = "0" * 40

Commit: TypeAlias = Annotated[
    str, PlainValidator(parse_commit), WithJsonSchema({"type": "string", "pattern": PATTERN})
]


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


class LockedPack(Choice):
    """A policy pack from elsewhere, as it was when it was locked."""

    ONE_OF = ("commit", "manifest")

    commit: Commit | None = field("The commit that it is taken from.", _COMMIT, None)
    manifest: base.Digest | None = field("The digest of its manifest.", _DIGEST, None)
    digest: base.Digest = field("The digest over its files, names and bytes.", _DIGEST)
    files: dict[base.Text, base.Digest] = field(
        "Its files, so that a review sees which of them changed.",
        {"security/image-is-signed.yaml": _DIGEST},
    )


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
        "Policy packs from elsewhere, as `policies` of `fairway.yaml` names them.",
        {
            "git+https://git.example.com/platform/policies.git@v3#packs/ml": {
                "commit": _COMMIT,
                "digest": _DIGEST,
                "files": {"security/image-is-signed.yaml": _DIGEST},
            }
        },
        {},
    )
