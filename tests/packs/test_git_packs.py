"""Packs in git: pinned by commit, fetched by it, and moved only when somebody asks."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packs.conftest import RULES, Packs
from packs.git_server import GitServer, Repository
from resolve.oci.registry_server import files_below

from fairway.errors import FairwayError, UsageError
from fairway.pack import git_process
from fairway.pack.cache import keep
from fairway.pack.content import digests, pack_digest


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


@pytest.fixture
def https(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], GitServer]]:
    servers: list[GitServer] = []

    def start(login: str = "") -> GitServer:
        place = tmp_path / f"server-{len(servers)}"
        place.mkdir()
        servers.append(GitServer(repository.folder.parent, place, login))
        monkeypatch.setenv("GIT_SSL_CAINFO", str(servers[-1].certificate))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_a_server_sends_the_files_of_the_pack_and_no_others(
    packs: Packs, repository: Repository, https: Callable[[str], GitServer]
) -> None:
    repository.commit({"weights.bin": os.urandom(2 << 20)})
    server = https("")
    packs.name(f"{server.url}/policies.git@main")
    assert packs.lock().findings == []
    assert files_below(Path(packs.folders()[0].folder)).keys() == RULES.keys()
    assert server.sent < 100_000
    assert len(server.requests) <= 10


def test_a_server_that_asks_who_it_is_hears_it_from_a_credential_helper(
    packs: Packs, https: Callable[[str], GitServer], tmp_path: Path
) -> None:
    server = https("ci:s3cr3t")
    packs.name(f"{server.url}/policies.git@v1")
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert "could not read Username" in ran.only.message
    assert ran.only.fix is not None
    assert "credential helper" in ran.only.fix.description
    kept = tmp_path / "credentials"
    kept.write_text(f"https://ci:s3cr3t@{server.url.removeprefix('git+https://')}\n")
    (tmp_path / "gitconfig").write_text(f"[credential]\n\thelper = store --file={kept}\n")
    assert packs.lock().findings == []


def test_a_server_that_nobody_vouches_for_or_that_is_down_is_a_fault(
    packs: Packs, https: Callable[[str], GitServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = https("")
    packs.name(f"{server.url}/policies.git@v1")
    monkeypatch.delenv("GIT_SSL_CAINFO")
    with pytest.raises(FairwayError, match=r"git says: .*certificate") as fault:
        packs.lock()
    assert fault.value.exit_code == 3
    server.stop()
    with pytest.raises(FairwayError, match="git says: unable to access"):
        packs.lock()


def test_the_repository_that_fairway_runs_in_has_no_say(
    packs: Packs, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.commit({"a": "b"})
    before = other.git("status", "--porcelain", "--ignored"), other.git("rev-parse", "HEAD")
    monkeypatch.chdir(other.folder)
    with monkeypatch.context() as hook:  # as in a hook of it
        hook.setenv("GIT_DIR", str(other.folder / ".git"))
        hook.setenv("GIT_INDEX_FILE", str(other.folder / ".git/index"))
        hook.setenv("GIT_OBJECT_DIRECTORY", str(other.folder / ".git/objects"))
        packs.name(f"{repository.url}@v1")
        assert packs.lock().findings == []
    assert before == (
        other.git("status", "--porcelain", "--ignored"),
        other.git("rev-parse", "HEAD"),
    )
    assert other.git("count-objects") == "3 objects, 12 kilobytes"


def test_nothing_of_a_repository_or_of_the_configuration_runs(
    packs: Packs, repository: Repository, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-checkout", "post-merge"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (hooks / name).chmod(0o755)
    (tmp_path / "gitconfig").write_text(
        f"[core]\n\thooksPath = {hooks}\n\tfsmonitor = touch {marker}\n"
        f'[filter "run"]\n\tsmudge = touch {marker}; cat\n\trequired = true\n'
    )
    repository.commit({".gitattributes": "*.yaml filter=run ident export-subst eol=crlf\n"})
    repository.commit({"security/signed.yaml": "title: $Id$ $Format:%H$\n"})
    packs.name(f"{repository.url}@main")
    assert packs.lock().findings == []
    data = (Path(packs.folders()[0].folder) / "security/signed.yaml").read_bytes()
    assert data == b"title: $Id$ $Format:%H$\n"
    assert not marker.exists()


def test_no_address_is_rewritten_to_a_program(
    packs: Packs, repository: Repository, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    (tmp_path / "gitconfig").write_text(
        f'[url "ext::sh -c touch% {marker}% %S"]\n\tinsteadOf = file://{repository.folder}\n'
        '[protocol "ext"]\n\tallow = always\n'
    )
    packs.name(f"{repository.url}@v1")
    with pytest.raises(FairwayError, match="transport 'ext' not allowed"):
        packs.lock()
    assert not marker.exists()


def test_git_that_is_missing_is_said(
    packs: Packs, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packs.name(f"{repository.url}@v1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs git") as missing:
        packs.lock()
    assert missing.value.fix == "install git"


def test_git_that_takes_too_long_is_ended(
    packs: Packs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program that stands where git does, and waits for its child, which never ends."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/child\nwait\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(git_process, "_SECONDS", 0.5)
    packs.name("git+https://git.example.com/a.git@v1")
    with pytest.raises(FairwayError, match="git takes longer than"):
        packs.lock()
    child = int((tmp_path / "child").read_text())
    with pytest.raises(ProcessLookupError):
        wait_for_end(child)


def wait_for_end(child: int) -> None:
    """Return while a process lives for another five seconds; ``ProcessLookupError`` if it ends."""
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            raise ProcessLookupError
        os.kill(child, 0)
        time.sleep(0.05)


def test_a_repository_that_brings_too_much_is_refused(
    packs: Packs, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("config", "uploadpack.allowFilter", "false")
    repository.commit({f"data/{i}": os.urandom(1 << 20) for i in range(6)})
    monkeypatch.setattr(git_process, "_MOST_BYTES", 1 << 20)
    packs.name(f"{repository.url}@main")
    ran = packs.lock()
    assert ran.only.rule == "lock/source"
    assert "the repository brings more than 1 MiB" in ran.only.message
    assert not list(packs.cache.glob("packs/*"))


def test_ssh_is_called_without_a_terminal(
    packs: Packs, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that stands where ssh does, and runs here what it is to run there."""
    program = tmp_path / "ssh"
    run = 'for last; do :; done\neval "$last"\n'
    program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n{run}')
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    packs.name(f"git+ssh://git@127.0.0.1:2222{repository.folder}@v1")
    assert packs.lock().findings == []
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 3
    assert all("-p 2222 git@127.0.0.1 git-upload-pack" in call for call in calls)


def test_runs_side_by_side_keep_the_same_pack(packs: Packs) -> None:
    files = {f"family/{i}.yaml": os.urandom(100) for i in range(50)}
    digest = pack_digest(digests(files, "it"))
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: keep(files, digest), range(32)))
    (folder,) = folders
    assert files_below(Path(folder)) == files
    assert [each.name for each in packs.cache.glob("packs/*")] == [Path(folder).name]


def test_a_cache_that_cannot_be_written_is_a_fault(packs: Packs, repository: Repository) -> None:
    packs.cache.write_text("a file, where a folder should be")
    packs.name(f"{repository.url}@v1")
    with pytest.raises(FairwayError, match="cannot be written") as fault:
        packs.lock()
    assert "FAIRWAY_CACHE_DIR" in fault.value.fix
