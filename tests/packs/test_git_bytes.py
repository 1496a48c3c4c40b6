"""What of a repository is a pack: its bytes verified, in the cache and in the lock."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from packs.conftest import RULES, Packs
from packs.git_server import Repository
from resolve.oci.registry_server import files_below

from fairway.errors import UsageError


def spoil_byte(folder: Path) -> None:
    path = folder / "security/signed.yaml"
    path.chmod(0o644)
    path.write_text("title: Signed\n")


def spoil_names(folder: Path) -> None:
    (folder / "security/signed.yaml").rename(folder / "security/unsigned.yaml")


def spoil_more(folder: Path) -> None:
    (folder / "security/more.yaml").write_text("a: 1\n")


def spoil_link(folder: Path) -> None:
    path = folder / "security/signed.yaml"
    path.rename(folder.parent / "signed.yaml")
    path.symlink_to(folder.parent / "signed.yaml")


def spoil_family(folder: Path) -> None:
    path = folder / "security"
    path.rename(folder.parent / "security")
    path.symlink_to(folder.parent / "security")


@pytest.mark.parametrize("spoil", [spoil_byte, spoil_names, spoil_more, spoil_link, spoil_family])
def test_what_changed_in_the_cache_is_not_used_and_is_fetched_again(
    packs: Packs, repository: Repository, spoil: Callable[[Path], None]
) -> None:
    packs.name(f"{repository.url}@v1")
    packs.lock()
    folder = Path(packs.folders()[0].folder)
    spoil(folder)
    with pytest.raises(UsageError, match="is damaged in the cache"):
        packs.folders()
    assert packs.lock(offline=True).rules == ["lock/source"]
    assert packs.lock() == ([], [])
    assert (Path(packs.folders()[0].folder) / "security/signed.yaml").read_text() == (
        "title: signed\n"
    )
    assert not list(packs.cache.glob("packs/.*"))


def test_an_edited_lock_is_found(packs: Packs, repository: Repository) -> None:
    name = f"{repository.url}@v1"
    packs.name(name)
    packs.lock()
    path = packs.root / "fairway.lock.json"
    text = path.read_text()
    digest = packs.locked[name]["files"]["security/signed.yaml"]
    path.write_text(text.replace(digest, "sha256:" + "1" * 64))
    assert packs.lock().rules == ["lock/content"]
    other = repository.commit({"security/signed.yaml": "title: other\n"})
    path.write_text(text.replace(packs.locked[name]["commit"], other))
    assert packs.lock() == ([], [])  # its bytes are here, and they are what decides
    path.write_text(path.read_text().replace(packs.locked[name]["digest"], "sha256:" + "2" * 64))
    assert packs.lock().rules == ["lock/content"]


def test_bytes_of_another_commit_are_not_taken(
    packs: Packs, repository: Repository, empty_cache: Callable[[], None]
) -> None:
    name = f"{repository.url}@v1"
    packs.name(name)
    packs.lock()
    path = packs.root / "fairway.lock.json"
    other = repository.commit({"security/signed.yaml": "title: other\n"})
    path.write_text(path.read_text().replace(packs.locked[name]["commit"], other))
    empty_cache()
    ran = packs.lock()
    assert ran.only.rule == "lock/content"
    assert "other bytes than its lock says: security/signed.yaml changed" in ran.only.message


def test_a_name_that_pins_a_commit_is_not_overruled_by_the_lock(
    packs: Packs, repository: Repository
) -> None:
    first = repository.git("rev-parse", "HEAD")
    name = f"{repository.url}@{first}"
    packs.name(name)
    assert packs.lock().findings == []
    assert packs.lock(upstream=True) == ([], [])
    second = repository.commit({"security/signed.yaml": "title: other\n"})
    path = packs.root / "fairway.lock.json"
    path.write_text(path.read_text().replace(f'"commit": "{first}"', f'"commit": "{second}"'))
    with pytest.raises(UsageError, match="is not locked"):
        packs.folders()
    assert packs.lock(check=True).rules == ["lock/stale"]
    packs.lock()
    assert packs.locked[name]["commit"] == first


def test_a_pack_that_is_not_named_any_more_leaves_the_lock(
    packs: Packs, repository: Repository
) -> None:
    packs.name(f"{repository.url}@v1", f"{repository.url}@main")
    packs.lock()
    assert len(packs.locked) == 2
    packs.name(f"{repository.url}@main")
    packs.lock()
    assert list(packs.locked) == [f"{repository.url}@main"]
    packs.name("builtin")
    assert packs.lock().lines == ["fairway.lock.json: 0 policy packs locked"]
    assert packs.locked == {}


def test_a_folder_of_a_repository_is_a_pack(packs: Packs, repository: Repository) -> None:
    repository.commit({"packs/ml/drift/watched.yaml": "a: 1\n", "packs/ml/notes.txt": "x"})
    packs.name(f"{repository.url}@main#packs/ml")
    assert packs.lock().findings == []
    assert files_below(Path(packs.folders()[0].folder)) == {"drift/watched.yaml": b"a: 1\n"}


def test_what_is_no_part_of_a_pack_is_left_out(packs: Packs, repository: Repository) -> None:
    more = {
        "LICENSE": "x",
        "Makefile": "x",
        ".github/dependabot.yaml": "x",
        "security/notes.md": "x",
        "security/deep/rule.yaml": "x",
        "security/.hidden.yaml": "x",
    }
    repository.commit({**more, "tools/run.sh": "x"})
    (repository.folder / ".latest").symlink_to("README.md")
    (repository.folder / "tools/latest").symlink_to("run.sh")
    repository.commit({})
    packs.name(f"{repository.url}@main")
    assert packs.lock().findings == []
    assert files_below(Path(packs.folders()[0].folder)).keys() == RULES.keys()


def test_a_repository_of_sha256(packs: Packs, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "sha256")
    shutil.rmtree(repository.folder / ".git")
    repository.git("init", "-q", "-b", "main", "--object-format=sha256")
    commit = repository.commit(RULES)
    assert len(commit) == 64
    packs.name(f"{repository.url}@main")
    assert packs.lock().findings == []
    assert packs.locked[f"{repository.url}@main"]["commit"] == commit


@pytest.mark.parametrize(
    ("suffix", "message"),
    [
        ("@v9", "has no branch or tag v9"),
        ("@HEAD", "has no branch or tag HEAD"),
        ("@abcdef0", "has no branch or tag abcdef0"),
        ("@" + "0" * 40, "not our ref"),
        ("@both", "both is both a tag and a branch"),
        ("@file", "is no commit, but a blob"),
        ("@v1#packs", "has no folder packs"),
        ("@v1#README.md", "has no folder README.md"),
        ("-gone@v1", "does not appear to be a git repository"),
    ],
)
def test_what_is_not_there_is_a_finding(
    packs: Packs, repository: Repository, suffix: str, message: str
) -> None:
    repository.git("branch", "both")
    repository.git("tag", "both")
    repository.git("tag", "file", repository.blob(b"x"))
    packs.name("builtin", f"{repository.url}{suffix}")
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert message in ran.only.message
    assert ran.only.at.route == ("policies", 1)
    assert ran.only.fix is not None
    assert not (packs.root / "fairway.lock.json").exists()


def test_the_names_of_refs_in_full_tell_a_tag_from_a_branch(
    packs: Packs, repository: Repository
) -> None:
    repository.git("branch", "both")
    repository.git("tag", "both", repository.commit({"security/x.yaml": "a: 1"}))
    tag, branch = (f"{repository.url}@refs/{kind}/both" for kind in ("tags", "heads"))
    packs.name(tag, branch)
    assert packs.lock().findings == []
    assert packs.locked[tag]["commit"] == repository.git("rev-parse", "refs/tags/both")
    assert packs.locked[branch]["commit"] == repository.git("rev-parse", "v1^{}")
