"""Packs in git: pinned by commit, fetched by it, and moved only when somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from packs.conftest import RULES, Packs
from packs.git_server import Repository
from resolve.oci.registry_server import files_below

from fairway.errors import UsageError


def test_a_tag_is_pinned_by_its_commit_and_the_rules_are_kept(
    packs: Packs, repository: Repository
) -> None:
    commit = repository.git("rev-parse", "HEAD")
    name = f"{repository.url}@v1"
    packs.name("builtin", name)
    ran = packs.lock()
    assert ran.findings == []
    assert ran.lines == ["fairway.lock.json: 1 policy pack locked"]
    assert packs.locked[name]["commit"] == commit
    assert list(packs.locked[name]["files"]) == sorted(RULES)
    builtin, pack = packs.folders()
    assert builtin.digest is None
    assert pack.digest == packs.locked[name]["digest"]
    assert {key: data.decode() for key, data in files_below(Path(pack.folder)).items()} == RULES


def test_the_digest_is_that_of_sha256sum_lines(packs: Packs, repository: Repository) -> None:
    packs.name(f"{repository.url}@v1")
    packs.lock()
    (pack,) = packs.folders()
    lines = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {path}\n"
        for path, data in sorted(files_below(Path(pack.folder)).items())
    )
    assert pack.digest == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def test_a_renamed_rule_is_another_pack(packs: Packs, repository: Repository) -> None:
    packs.name(f"{repository.url}@v1")
    packs.lock()
    (before,) = packs.folders()
    repository.git("mv", "testing/fresh.yaml", "testing/fresher.yaml")
    repository.commit({})
    repository.git("tag", "v2")
    packs.name(f"{repository.url}@v2")
    packs.lock()
    (after,) = packs.folders()
    assert before.digest != after.digest


def test_what_is_locked_is_not_asked_again(packs: Packs, repository: Repository) -> None:
    packs.name(f"{repository.url}@v1")
    packs.lock()
    before = (packs.root / "fairway.lock.json").read_bytes()
    repository.folder.rename(repository.folder.with_name("gone"))
    for how in ({}, {"check": True}, {"offline": True}):
        assert packs.lock(**how) == ([], [])
    assert (packs.root / "fairway.lock.json").read_bytes() == before


def test_a_moved_tag_stays_pinned_until_it_is_asked_for(
    packs: Packs, repository: Repository
) -> None:
    name = f"{repository.url}@v1"
    packs.name(name)
    packs.lock()
    first = packs.locked[name]
    second = repository.commit({"testing/fresh.yaml": "title: newer\n", "security/x.yaml": "a: 1"})
    repository.git("tag", "-f", "-a", "v1", "-m", "moved")
    assert packs.lock() == ([], [])
    ran = packs.lock(upstream=True, check=True)
    assert ran.only.rule == "lock/moved"
    assert f"the tag v1 of {name} is {second} now" in ran.only.message
    assert f"was {first['commit']} when it was locked" in ran.only.message
    assert ran.only.at == ("fairway.yaml", ("policies", 0), "value", None)
    assert ran.only.fix is not None
    assert f"fairway lock --update {name}" in ran.only.fix.description
    assert packs.locked[name] == first
    ran = packs.lock(update=frozenset({name}))
    assert ran.findings == []
    assert f"{name}: security/x.yaml is new, testing/fresh.yaml changed" in ran.lines[1]
    assert packs.locked[name]["commit"] == second
    assert (Path(packs.folders()[0].folder) / "security/x.yaml").read_text() == "a: 1"


def test_an_update_that_is_only_checked_says_what_would_change(
    packs: Packs, repository: Repository
) -> None:
    name = f"{repository.url}@main"
    packs.name(name)
    packs.lock()
    repository.commit({"security/x.yaml": "a: 1"})
    ran = packs.lock(update=frozenset({name}), check=True)
    assert "the branch main" in ran.only.message
    ran = packs.lock(update=frozenset({name}), offline=True)
    assert "cannot be asked offline" in ran.only.message


def test_a_force_pushed_branch_leaves_the_locked_commit(
    packs: Packs, repository: Repository, empty_cache: Callable[[], None]
) -> None:
    name = f"{repository.url}@main"
    repository.git("tag", "-d", "v1")
    packs.name(name)
    packs.lock()
    locked = packs.locked[name]
    repository.git("commit", "-q", "--amend", "-m", "rewritten")
    empty_cache()
    assert packs.lock() == ([], [])  # by its hash, which no branch has any more
    assert packs.locked[name] == locked
    repository.git("reflog", "expire", "--expire=all", "--all")
    repository.git("gc", "-q", "--prune=now")
    assert packs.lock() == ([], [])
    empty_cache()
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert "not our ref" in ran.only.message
    assert "is not in the repository any more" in ran.only.message
    assert packs.locked[name] == locked


def test_a_fresh_machine_fetches_what_is_locked(
    packs: Packs, repository: Repository, empty_cache: Callable[[], None]
) -> None:
    name = f"{repository.url}@v1"
    packs.name(name)
    packs.lock()
    locked = packs.locked[name]
    repository.commit({"testing/fresh.yaml": "title: newer\n"})
    repository.git("tag", "-f", "v1")
    empty_cache()
    with pytest.raises(UsageError, match="is missing in the cache") as missing:
        packs.folders()
    assert missing.value.fix == "run `fairway lock`"
    ran = packs.lock(offline=True)
    assert ran.rules == ["lock/source"]
    assert "missing or damaged in the cache" in ran.only.message
    assert packs.lock(check=True) == ([], [])
    assert packs.folders()[0].digest == locked["digest"]
    assert packs.locked[name] == locked


def test_a_pack_that_is_not_locked_is_not_used(packs: Packs, repository: Repository) -> None:
    packs.name(f"{repository.url}@v1")
    with pytest.raises(UsageError, match="is not locked") as refused:
        packs.folders()
    assert refused.value.fix == "run `fairway lock`"
    for how in ({"check": True}, {"offline": True}):
        ran = packs.lock(**how)
        assert ran.rules == ["lock/missing"]
    assert not (packs.root / "fairway.lock.json").exists()
