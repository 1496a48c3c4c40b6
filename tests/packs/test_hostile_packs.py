"""Packs that would lead out of their folder, hide rules or fill the disk are refused."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable

import pytest
from packs.conftest import Packs
from packs.git_server import Repository
from resolve.oci.registry_server import GZIP, TITLE, UNPACK, Entry, Pusher, link, tar_of

from fairway.pack import content
from fairway.pack.content import select
from fairway.pack.source import PackRefusedError

_FILE, _LINK, _FOLDER, _MODULE = "100644", "120000", "40000", "160000"


def git_tree(repository: Repository, *entries: tuple[str, bytes, str]) -> str:
    """Commit entries (mode, bytes, name), of which a folder's bytes are its one file."""
    made = []
    for mode, data, name in entries:
        object_id = repository.blob(data)
        if mode == _FOLDER:
            line = f"{_FILE} rule.yaml\0".encode() + bytes.fromhex(object_id)
            write = ("hash-object", "-t", "tree", "-w", "--stdin", "--literally")
            object_id = repository.git(*write, stdin=line)
        made.append((mode, object_id, name))
    return repository.commit_tree(*made)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([(_LINK, b"/etc/passwd", "README.md")], "README.md is a symbolic link"),
        ([(_LINK, b"../..", "security")], "security is a symbolic link"),
        ([(_MODULE, b"x", "security")], "security is a submodule"),
        ([(_FOLDER, b"a: 1", "..")], "'../rule.yaml' leads out of the pack"),
        ([(_FILE, b"x", "..")], "'..' leads out of the pack"),
        ([(_FOLDER, b"a: 1", "a\\..\\b")], "is not a file's path on every system"),
        ([(_FOLDER, b"a: 1", "a\n")], "is not a file's path on every system"),
        ([(_FOLDER, b"a: 1", "Ml"), (_FOLDER, b"a: 1", "ml")], "are one file on some systems"),
        ([(_FILE, b"x", "rule.yaml")], "holds no rules"),
        ([(_FOLDER, b"x" * (17 << 20), "security")], "is larger than 16 MiB"),
    ],
)
def test_a_hostile_repository(
    packs: Packs, repository: Repository, entries: list[tuple[str, bytes, str]], message: str
) -> None:
    commit = git_tree(repository, *entries)
    repository.git("tag", "hostile", commit)
    packs.name(f"{repository.url}@hostile")
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert message in ran.only.message
    assert not list(packs.cache.glob("packs/*"))
    assert not (packs.root / "fairway.lock.json").exists()


def test_a_link_in_the_place_of_a_rule(packs: Packs, repository: Repository) -> None:
    (repository.folder / "security/more.yaml").symlink_to("/etc/hostname")
    repository.commit({})
    packs.name(f"{repository.url}@main")
    assert "security/more.yaml is a symbolic link" in packs.lock().only.message


def test_a_repository_of_too_many_rules(packs: Packs, repository: Repository) -> None:
    repository.commit({f"security/r{i}.yaml": "a: 1\n" for i in range(content.MAX_FILES)})
    packs.name(f"{repository.url}@main")
    assert "has more than 2,000 files" in packs.lock().only.message


def test_a_rule_that_nobody_would_read(packs: Packs, repository: Repository) -> None:
    repository.commit({"security/more.yml": "a: 1\n"})
    packs.name(f"{repository.url}@main")
    assert "security/more.yml would be no rule" in packs.lock().only.message


@pytest.mark.parametrize("path", ["/etc/x.yaml", "a/../../x.yaml", "./a/x.yaml", "a//x.yaml"])
def test_no_path_leads_out(path: str) -> None:
    with pytest.raises(PackRefusedError, match="leads out of the pack"):
        select(["security/a.yaml", path], "", "it")


def packed(pusher: Pusher, data: bytes) -> None:
    """Push a tar in gzip as `oras push` does a folder."""
    notes = {TITLE: ".", UNPACK: "true"}
    pusher.artifact("hostile", [pusher.blob(gzip.compress(data), GZIP, annotations=notes)])


def bomb(size: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("security/zeros.yaml")
        info.size = size
        tar.addfile(info, io.BytesIO(bytes(size)))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tar_of(("a/x.yaml", b"x"), link("a/y.yaml", "x.yaml")), "is a link or a device"),
        (lambda: tar_of(link("security", "/etc")), "is a link or a device"),
        (lambda: tar_of(Entry("a/x.yaml", kind=tarfile.CHRTYPE)), "is a link or a device"),
        (lambda: tar_of(("../a/x.yaml", b"x")), "leads out of"),
        (lambda: tar_of(("/a/x.yaml", b"x")), "leads out of"),
        (lambda: tar_of(("a/x.yaml", b"x"), ("a/x.yaml", b"y")), "holds the file a/x.yaml twice"),
        (lambda: tar_of(("a/x.yaml", b"x"), ("A/x.yaml", b"y")), "are one file on some systems"),
        (lambda: tar_of(*((f"a/{i}.yaml", b"x") for i in range(2_001))), "more than 2,000 files"),
        (lambda: tar_of(*((f"x/y/{i}", b"") for i in range(50_000))), "more than 2,000 files"),
        (lambda: bomb(300 << 20), "is larger than 16 MiB"),
        (lambda: tar_of(("a/x.yaml", b"x"))[:700], "ends inside of a file"),
        (lambda: tar_of(("x/a/y.yaml", b"x")), "holds no rules"),
    ],
)
def test_a_hostile_layer(
    packs: Packs, pusher: Pusher, make: Callable[[], bytes], message: str
) -> None:
    packed(pusher, make())
    packs.name(f"oci://{pusher.host}/{pusher.repository}:hostile")
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert message in ran.only.message
    assert ran.only.fix is not None
    assert "--max-size" not in ran.only.fix.description
    assert not list(packs.cache.glob("packs/*"))


def test_a_layer_that_is_larger_than_any_pack_is_not_fetched(packs: Packs, pusher: Pusher) -> None:
    only = pusher.blob(b"x", GZIP, annotations={TITLE: ".", UNPACK: "true"})
    pusher.artifact("hostile", [{**only, "size": 1 << 40}])
    packs.name(f"oci://{pusher.host}/{pusher.repository}:hostile")
    assert "is larger than 16 MiB" in packs.lock().only.message
