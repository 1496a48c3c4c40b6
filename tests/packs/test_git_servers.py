"""Asking git for a pack: servers, credentials, and nothing that runs."""

from __future__ import annotations

import os
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
