"""Images by digest: looked up, held against what is pinned, recorded after a push, written."""

from __future__ import annotations

from pathlib import Path

import pytest
from resolve.oci.registry_server import OCI_INDEX, OCI_MANIFEST, Pusher, tar_of

from fairway.errors import FairwayError
from fairway.images.file import (
    PROJECT_LOCK_NAME,
    ProjectLockError,
    project_lock,
    project_lock_text,
    read_project_lock,
    write_project_lock,
)
from fairway.images.lock import Moved, resolve_images
from fairway.images.pushed import own_labels, pushed_image
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.registry import Registry
from fairway.spec.lock import LockedImage
from fairway.spec.project_lock import LockedPack, ProjectLock

LABELS = own_labels("fraud-detector", "3.1.0")
ABSENT = "sha256:" + "0" * 64


def layer(text: str) -> list[bytes]:
    return [tar_of(("file", text.encode()))]


def locked(**images: object) -> ProjectLock:
    return ProjectLock.model_validate({"lockVersion": 1, "images": images})


def test_tag_and_platforms_of_an_image_and_an_index(pusher: Pusher, registry: Registry):
    name = f"{pusher.host}/{pusher.repository}"
    image = pusher.image("1", layer("a"))
    arm = pusher.image("arm", layer("b"), architecture="arm64")
    attested = pusher.entry(arm, "unknown/unknown")
    entries = [pusher.entry(arm, "linux/arm64/v8"), pusher.entry(image, "linux/amd64"), attested]
    index = pusher.index("2", entries)
    found = resolve_images({"python": f"{name}:2", "scorer": f"{name}:1"}, registry)
    assert found.moved == found.refused == ()
    assert found.images["python"].model_dump() == {
        "reference": f"{name}:2",
        "tag": "2",
        "digest": index,
        "media_type": OCI_INDEX,
        "platforms": ["linux/amd64", "linux/arm64/v8"],
    }
    assert found.images["scorer"].digest == image
    assert found.images["scorer"].media_type == OCI_MANIFEST
    assert found.images["scorer"].platforms == ["linux/amd64"]


def test_tag_that_moved_from_the_lock_is_reported_and_kept(pusher: Pusher, registry: Registry):
    reference = f"{pusher.host}/{pusher.repository}:1"
    old = pusher.image("1", layer("a"))
    before = project_lock(resolve_images({"x": reference}, registry).images)
    assert resolve_images({"x": reference}, registry, before).moved == ()
    new = pusher.image("1", layer("b"))
    found = resolve_images({"x": reference, "y": reference}, registry, before)
    assert found.moved == (Moved("x", "1", old, new),)
    assert (found.images["x"].digest, found.images["y"].digest) == (old, new)
    updated = resolve_images({"x": reference}, registry, before, frozenset({"x"}))
    assert updated.moved == ()
    assert updated.images["x"].digest == new


def test_other_reference_of_the_same_name_is_looked_up_anew(pusher: Pusher, registry: Registry):
    name = f"{pusher.host}/{pusher.repository}"
    pusher.image("1", layer("a"))
    second = pusher.image("2", layer("b"))
    images = resolve_images({"x": f"{name}:1"}, registry).images
    before = project_lock(images)
    found = resolve_images({"x": f"{name}:2"}, registry, before)
    assert found.moved == ()
    assert found.images["x"].digest == second


def test_tag_that_moved_from_the_reference_itself(pusher: Pusher, registry: Registry):
    old = pusher.image("1", layer("a"))
    new = pusher.image("1", layer("b"))
    reference = f"{pusher.host}/{pusher.repository}:1@{old}"
    found = resolve_images({"x": reference}, registry, update=frozenset({"x"}))
    assert found.moved == (Moved("x", "1", old, new),)
    assert found.images["x"].digest == old


def test_every_reference_that_cannot_be_looked_up_is_reported(pusher: Pusher, registry: Registry):
    name = f"{pusher.host}/{pusher.repository}"
    digest = pusher.image("1", layer("a"))
    wanted = {"a": f"{name}:2", "b": name, "c": f"{name}:1@{ABSENT}", "d": "B/ ", "e": f"{name}:1"}
    found = resolve_images(wanted, registry)
    assert [each.name for each in found.refused] == ["a", "b", "c", "d"]
    assert all(each.message and each.fix for each in found.refused)
    assert {key: image.digest for key, image in found.images.items()} == {"e": digest}


def test_pushed_image_is_recorded_by_its_digest(pusher: Pusher, registry: Registry):
    name = f"{pusher.host}/{pusher.repository}"
    tag = "3.1.0-8a6b7c9d0e1f"
    digest = pusher.image(tag, layer("a"), labels={**LABELS, "other": "x"})
    assert pushed_image(name, tag, registry, LABELS) == LockedImage(tag=tag, digest=digest)
    amd = pusher.image("amd", layer("a"), labels=LABELS)
    arm = pusher.image("arm", layer("a"), labels=LABELS, architecture="arm64")
    attested = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    entries = [
        pusher.entry(amd, "linux/amd64"),
        pusher.entry(arm, "linux/arm64"),
        pusher.entry(arm, "unknown/unknown", **attested),
    ]
    index = pusher.index("many", entries)
    assert pushed_image(name, "many", registry, LABELS).digest == index


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (own_labels("fraud-detector", "3.0.0"), r"says '3\.0\.0', and the tag is for '3\.1\.0'"),
        (own_labels("other", "3.1.0"), "says 'other', and the tag is for 'fraud-detector'"),
        ({}, r"image\.title says nothing, and the tag is for 'fraud-detector'"),
        (None, "says nothing"),
    ],
)
def test_pushed_image_that_is_another_is_refused(
    pusher: Pusher, registry: Registry, labels: dict[str, str] | None, message: str
):
    name = f"{pusher.host}/{pusher.repository}"
    other = pusher.image("1", layer("a"), labels=labels)
    right = pusher.image("2", layer("a"), labels=LABELS)
    entries = [pusher.entry(right, "linux/amd64"), pusher.entry(other, "linux/arm64")]
    pusher.index("3", entries)
    for tag in ("1", "3"):
        with pytest.raises(SourceRefusedError, match=message) as refused:
            pushed_image(name, tag, registry, LABELS)
        assert refused.value.fix


def test_image_that_was_not_pushed_is_refused(pusher: Pusher, registry: Registry):
    with pytest.raises(SourceRefusedError, match=r"no such repository|does not have it"):
        pushed_image(f"{pusher.host}/{pusher.repository}", "1", registry, LABELS)
    pusher.index("empty", [])
    with pytest.raises(SourceRefusedError, match="an index without images"):
        pushed_image(f"{pusher.host}/{pusher.repository}", "empty", registry, LABELS)


def test_lock_is_written_once_and_read_again(tmp_path: Path):
    image = {"reference": "python:3.12", "digest": ABSENT, "mediaType": OCI_INDEX}
    lock = locked(python=image, another=image).model_copy(
        update={
            "policies": {
                "oci://registry.example.com/pack:1": LockedPack(
                    manifest=ABSENT, digest=ABSENT, files={}
                )
            }
        }
    )
    path = tmp_path / PROJECT_LOCK_NAME
    assert read_project_lock(path) == project_lock({})
    assert write_project_lock(path, lock)
    assert not write_project_lock(path, lock)
    assert read_project_lock(path) == lock
    assert path.read_text() == project_lock_text(lock)
    assert list(read_project_lock(path).images) == ["another", "python"]
    assert [each.name for each in tmp_path.iterdir()] == [PROJECT_LOCK_NAME]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON \\(line 1, column 2"),
        ('{\n<<<<<<< HEAD\n"lockVersion": 1}', "unresolved merge conflict \\(line 2"),
        ("[]", "is no JSON object"),
        ('{"lockVersion": 2}', "has version 2, and this Fairway reads 1"),
        ('{"lockVersion": 1, "lockVersion": 1}', "a key is given twice"),
        ('{"lockVersion": 1, "more": {}}', "more: "),
        ('{"lockVersion": 1, "images": {"x": {"reference": "a", "mediaType": "b", '
         '"digest": "sha256:1"}}}', r"images\.x\.digest: .*`sha256:1` is not a digest"),
        ("[" * 100000, "is not JSON"),
    ],
)  # fmt: skip
def test_lock_that_cannot_be_used(tmp_path: Path, text: str, message: str):
    path = tmp_path / PROJECT_LOCK_NAME
    path.write_text(text)
    with pytest.raises(ProjectLockError, match=message) as refused:
        read_project_lock(path)
    assert refused.value.fix
    assert str(path) in str(refused.value)


def test_lock_that_cannot_be_written(tmp_path: Path):
    with pytest.raises(FairwayError, match="cannot be written"):
        write_project_lock(tmp_path / "absent" / PROJECT_LOCK_NAME, project_lock({}))
    (tmp_path / PROJECT_LOCK_NAME).mkdir()
    with pytest.raises(FairwayError, match="cannot be read"):
        read_project_lock(tmp_path / PROJECT_LOCK_NAME)
