"""Packs in registries: pinned by manifest, whatever way they were pushed."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from packs.conftest import RULES, Packs
from packs.git_server import Repository
from resolve.oci.registry_server import (
    GZIP,
    TITLE,
    UNPACK,
    Pusher,
    RegistryServer,
    files_below,
    folder,
    tar_of,
)

from fairway.errors import FairwayError, UsageError

FILES = {name: text.encode() for name, text in RULES.items() if isinstance(text, str)}
BUNDLE = "application/vnd.fairway.policies.v1.tar+gzip"


def as_folder(pusher: Pusher, files: dict[str, bytes], tag: str = "3") -> str:
    """Push as `oras push REFERENCE .` does."""
    data = gzip.compress(tar_of(folder("security"), *files.items()), mtime=0)
    notes = {TITLE: ".", UNPACK: "true"}
    return pusher.artifact(tag, [pusher.blob(data, GZIP, annotations=notes)])


def as_files(pusher: Pusher, files: dict[str, bytes], tag: str = "3") -> str:
    """Push as `oras push REFERENCE security/signed.yaml …` does."""
    return pusher.artifact(tag, [pusher.file(name, data) for name, data in files.items()])


def as_archive(pusher: Pusher, files: dict[str, bytes], tag: str = "3") -> str:
    """Push as `oras push REFERENCE pack.tgz:TYPE` does."""
    data = gzip.compress(tar_of(*((f"./{name}", data) for name, data in files.items())))
    return pusher.artifact(tag, [pusher.blob(data, BUNDLE, annotations={TITLE: "pack.tgz"})])


def as_bundle(pusher: Pusher, files: dict[str, bytes], tag: str = "3") -> str:
    """Push as Flux does: one layer without a title."""
    data = gzip.compress(tar_of(*files.items()))
    return pusher.artifact(tag, [pusher.blob(data, BUNDLE)])


def as_plain_tar(pusher: Pusher, files: dict[str, bytes], tag: str = "3") -> str:
    data = tar_of(*files.items())
    return pusher.artifact(tag, [pusher.blob(data, BUNDLE, annotations={TITLE: "pack.tar"})])


def named(pusher: Pusher, tail: str = ":3") -> str:
    return f"oci://{pusher.host}/{pusher.repository}{tail}"


@pytest.mark.parametrize("push", [as_folder, as_files, as_archive, as_bundle, as_plain_tar])
def test_every_way_to_push_is_the_same_pack_as_in_git(
    packs: Packs, repository: Repository, pusher: Pusher, push: Callable[..., str]
) -> None:
    manifest = push(pusher, FILES)
    git, oci = f"{repository.url}@v1", named(pusher)
    packs.name(git, oci)
    assert packs.lock().findings == []
    assert packs.locked[oci]["manifest"] == manifest
    assert packs.locked[oci]["files"] == packs.locked[git]["files"]
    first, second = packs.folders()
    assert first.folder == second.folder
    assert files_below(Path(second.folder)) == FILES


def test_a_moved_tag_stays_pinned_and_is_fetched_by_its_manifest(
    packs: Packs, pusher: Pusher, empty_cache: Callable[[], None]
) -> None:
    name = named(pusher)
    first = as_folder(pusher, FILES)
    packs.name(name)
    packs.lock()
    second = as_folder(pusher, {**FILES, "security/x.yaml": b"a: 1\n"})
    assert packs.lock() == ([], [])
    ran = packs.lock(upstream=True)
    assert ran.only.rule == "lock/moved"
    assert f"the tag 3 of {name} is {second} now" in ran.only.message
    assert packs.locked[name]["manifest"] == first
    empty_cache()
    assert packs.lock() == ([], [])
    assert files_below(Path(packs.folders()[0].folder)) == FILES
    ran = packs.lock(update=frozenset({name}))
    assert ran.lines[1].endswith("security/x.yaml is new")
    assert packs.locked[name]["manifest"] == second


def test_a_name_with_tag_and_digest_keeps_the_digest(packs: Packs, pusher: Pusher) -> None:
    first = as_folder(pusher, FILES)
    name = named(pusher, f":3@{first}")
    packs.name(name)
    assert packs.lock().findings == []
    second = as_folder(pusher, {"security/x.yaml": b"a: 1\n"})
    ran = packs.lock(upstream=True)
    assert ran.only.rule == "lock/moved"
    assert ran.only.fix is not None
    assert "write the new digest" in ran.only.fix.description
    path = packs.root / "fairway.lock.json"
    path.write_text(path.read_text().replace(f'"manifest": "{first}"', f'"manifest": "{second}"'))
    with pytest.raises(UsageError, match="is not locked"):
        packs.folders()


def test_a_folder_of_an_artifact(packs: Packs, pusher: Pusher) -> None:
    """`oras push REFERENCE ml` packs the folder under its own name."""
    data = gzip.compress(tar_of(*((f"ml/{name}", data) for name, data in FILES.items())))
    notes = {TITLE: "ml", UNPACK: "true"}
    pusher.artifact("3", [pusher.blob(data, GZIP, annotations=notes)])
    packs.name(named(pusher, ":3#ml"))
    assert packs.lock().findings == []
    assert files_below(Path(packs.folders()[0].folder)) == FILES


def test_bytes_that_a_registry_has_changed_are_refused(
    packs: Packs, pusher: Pusher, server: RegistryServer, empty_cache: Callable[[], None]
) -> None:
    data = gzip.compress(tar_of(*FILES.items(), ("security/y.yaml", b"y")), mtime=0)
    layer = pusher.blob(data, GZIP, annotations={TITLE: ".", UNPACK: "true"})
    pusher.artifact("3", [layer])
    packs.name(named(pusher))
    packs.lock()
    empty_cache()
    server.blob_file(layer["digest"]).write_bytes(data[:-1] + b"x")
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert layer["digest"][7:19] in ran.only.message or "other bytes" in ran.only.message
    assert not list(packs.cache.glob("packs/*"))


def test_images_and_indexes_are_no_packs(packs: Packs, pusher: Pusher) -> None:
    layers = [tar_of(("security/x.yaml", b"a: 1")), tar_of(("security/y.yaml", b"a: 1"))]
    digest = pusher.image("3", layers)
    packs.name(named(pusher))
    assert "is an image" in packs.lock().only.message
    pusher.index("all", [pusher.entry(digest, "linux/amd64")])
    packs.name(named(pusher, ":all"))
    assert "is an index of several manifests" in packs.lock().only.message


def test_a_tag_that_is_not_there_is_a_finding(packs: Packs, pusher: Pusher) -> None:
    packs.name("builtin", named(pusher, ":9"))
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert ran.only.at.route == ("policies", 1)


def test_a_registry_that_is_down_is_a_fault(packs: Packs, tmp_path: Path) -> None:
    own = RegistryServer(tmp_path / "own")
    own.stop()
    packs.name(f"oci://{own.host}/a:1")
    with pytest.raises(FairwayError) as fault:
        packs.lock()
    assert fault.value.exit_code == 3
