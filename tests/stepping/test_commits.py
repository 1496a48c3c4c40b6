"""The commit of a move: the two files and nothing else, or nothing at all."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from stepping.setting import LOCK, SPEC, Repository, at

from fairway.errors import FairwayError, UsageError
from fairway.stepping.write import Edited, write_all


@pytest.fixture
def begun(repository: Repository) -> Repository:
    """A canary that waits, committed."""
    repository.commit(repository.step(0))
    return repository


def test_a_commit_holds_the_two_files_of_the_deployment(begun: Repository) -> None:
    (begun.root / "notes.txt").write_text("of somebody else", "utf-8")
    with (begun.root / "specs/fairway.yaml").open("a") as stream:
        stream.write("# a comment\n")
    done = begun.move("advance", SPEC, "--commit", time=at(hours=1))
    assert done.code == 0, done.err
    shown = begun.git("show", "--name-only", "--format=%an <%ae>", "HEAD").split()
    assert shown == ["Ann", "<ann@example.com>", LOCK, SPEC]
    assert begun.git("status", "--porcelain").split("\n")[:2] == [
        " M specs/fairway.yaml",
        "?? notes.txt",
    ]


def test_the_message_says_what_audits_ask(begun: Repository) -> None:
    begun.commit(begun.step(1), at(hours=1))
    metrics = begun.measured(at(hours=2))
    done = begun.move("advance", SPEC, "--metrics", metrics, "--commit", time=at(hours=2))
    assert done.code == 0, done.out
    began, head = begun.git("log", "--format=%h", "--abbrev=12").split()[1:], "HEAD"
    message = begun.git("log", "-1", "--format=%B", head)
    release = json.loads(Path(metrics).read_text("utf-8"))["release"]
    assert (
        message
        == f"""\
advance(churn): 1.1.0 to 25% in production

release.strategy.canary.step: 1 → 2 (5% → 25%)
step 1 (5%) began 2026-11-01T10:00:00Z with {began[0]}, and was held 1h of 30m

Gates, from 2026-11-01T10:30:00Z to 2026-11-01T11:00:00Z, by {metrics}:
  error-ratio-max-1: pass: error-ratio 0.2% keeps max 1%, on 4,210 requests
  latency-p95-max-2: pass: latency-p95 120ms keeps max 200ms, on 4,210 requests
  error-ratio-within-3: pass: error-ratio 0.2% keeps within 0.5pp of stable (0.3%), on 4,210 requests

Fairway-Action: advance
Fairway-Deployment: churn
Fairway-Environment: production
Fairway-Stable: 1.0.0
Fairway-Candidate: 1.1.0
Fairway-Release: {release}

"""  # noqa: E501
    )
    trailers = begun.git("log", "-1", "--format=%(trailers:key=Fairway-Action,valueonly)")
    assert trailers.strip() == "advance"
    assert message.strip() in "\n".join(line[4:] for line in done.out.split("\n"))


def test_a_long_name_leaves_a_short_subject(begun: Repository) -> None:
    name = "customer-churn-of-the-northern-regions"
    folder = begun.root / "specs" / name
    (begun.root / "specs/churn").rename(folder)
    text = begun.step(0).replace("name: churn", f"name: {name}")
    (folder / "deployment.yaml").write_text(text, "utf-8")
    begun.commit(time=at(hours=1))
    done = begun.move("advance", str(folder), "--commit", time=at(hours=2))
    assert done.code == 0, done.err
    subject = begun.git("log", "-1", "--format=%s").strip()
    assert subject == f"advance({name}): 1.1.0 to 5%"
    assert len(subject) <= 72


DIRTY = {
    "the spec is changed": (SPEC, False, "has changes that are not committed"),
    "the lock is changed": (LOCK, False, "has changes that are not committed"),
    "the spec is staged": (SPEC, True, "has changes that are not committed"),
    "another file is staged": ("specs/churn/contract.json", True, "is staged, and is no part"),
}


@pytest.mark.parametrize("name", DIRTY)
def test_what_somebody_has_begun_is_not_taken_in(name: str, begun: Repository) -> None:
    file, staged, said = DIRTY[name]
    with (begun.root / file).open("a") as stream:
        stream.write("\n")
    if staged:
        begun.git("add", file)
    before = begun.spec.read_bytes(), begun.lock.read_bytes()
    head, index = begun.git("rev-parse", "HEAD"), begun.git("ls-files", "-s")
    refused = begun.move("advance", SPEC, "--commit", time=at(hours=1))
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert (begun.spec.read_bytes(), begun.lock.read_bytes()) == before
    assert (begun.git("rev-parse", "HEAD"), begun.git("ls-files", "-s")) == (head, index)


def test_a_commit_that_a_hook_refuses_leaves_everything_as_it_was(begun: Repository) -> None:
    hook = begun.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho error: not on a Friday >&2\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    before = begun.spec.read_bytes(), begun.lock.read_bytes()
    refused = begun.move("advance", SPEC, "--commit", time=at(hours=1))
    assert refused.code == 3
    assert "not on a Friday; the files are as they were" in refused.err
    assert (begun.spec.read_bytes(), begun.lock.read_bytes()) == before
    assert begun.git("status", "--porcelain") == ""


def test_a_hook_and_the_identity_are_the_users_own(begun: Repository) -> None:
    hook = begun.root / ".git/hooks/commit-msg"
    hook.write_text('#!/bin/sh\necho "Ticket: OPS-7" >> "$1"\n', "utf-8")
    hook.chmod(0o755)
    begun.git("config", "user.name", "Bea")
    assert begun.move("advance", SPEC, "--commit", time=at(hours=1)).code == 0
    assert "Ticket: OPS-7" in begun.git("log", "-1", "--format=%an%n%B")
    assert begun.git("log", "-1", "--format=%an") == "Bea\n"


def test_during_a_merge_nothing_is_committed(begun: Repository) -> None:
    begun.git("checkout", "-q", "-b", "other")
    (begun.root / "notes.txt").write_text("theirs", "utf-8")
    begun.commit(time=at(minutes=1))
    begun.git("checkout", "-q", "main")
    (begun.root / "notes.txt").write_text("ours", "utf-8")
    begun.commit(time=at(minutes=2))
    with pytest.raises(AssertionError):
        begun.git("merge", "other")
    before = begun.spec.read_bytes()
    refused = begun.move("advance", SPEC, "--commit", time=at(hours=1))
    assert refused.code in (2, 3)
    assert begun.spec.read_bytes() == before


def test_without_a_commit_the_files_are_written_with_their_modes(begun: Repository) -> None:
    begun.spec.chmod(0o640)
    done = begun.move("advance", SPEC, time=at(hours=1))
    assert done.code == 0
    assert "commit message:" in done.out
    assert begun.git("diff", "--name-only").split() == [LOCK, SPEC]
    assert stat.S_IMODE(begun.spec.stat().st_mode) == 0o640
    assert sorted(os.listdir(begun.spec.parent)) == sorted(
        ["contract.json", "deployment.lock.json", "deployment.yaml", "models"]
    )


def test_a_dry_run_prints_the_difference_and_writes_nothing(begun: Repository) -> None:
    done = begun.move("advance", SPEC, "--dry-run", time=at(hours=1))
    assert done.code == 0
    assert done.out.startswith(f"--- a/{SPEC}\n+++ b/{SPEC}\n@@ ")
    assert begun.git("status", "--porcelain") == ""


def test_both_files_are_written_or_none(begun: Repository) -> None:
    one, other = begun.root / "one", begun.root / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    replaced: list[str] = []

    def replace(source: str, target: str, real: Callable[..., None] = os.replace) -> None:
        replaced.append(target)
        if len(replaced) == 2:
            raise PermissionError(13, "Permission denied", target)
        real(source, target)

    begun.monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(FairwayError) as failed:
        write_all([Edited(str(one), b"1", b"one"), Edited(str(other), b"2", b"two")])
    assert failed.value.fix.startswith("nothing was changed")
    assert (one.read_bytes(), other.read_bytes()) == (b"1", b"2")
    assert replaced == [str(one), str(other), str(one)]
    assert sorted(each.name for each in begun.root.iterdir() if each.is_file()) == ["one", "other"]


def test_nothing_is_written_over_what_came_meanwhile(begun: Repository) -> None:
    one, other = begun.root / "one", begun.root / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"somebody's")
    with pytest.raises(UsageError, match="other was changed meanwhile"):
        write_all([Edited(str(one), b"1", b"one"), Edited(str(other), b"2", b"two")])
    assert (one.read_bytes(), other.read_bytes()) == (b"1", b"somebody's")
