"""Since when a release stands where it does, by git histories of every shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from stepping.setting import CANARY, HEAD, SPEC, STAGED, Repository, at

from fairway.stepping.git import WorkTree
from fairway.stepping.history import History, read_history
from fairway.stepping.state import State


def read(repository: Repository) -> History:
    folder = repository.root / "specs"
    return read_history(WorkTree(str(folder / "churn")), str(repository.spec), str(folder))


def since(history: History, environment: str = "production") -> str:
    now = history.head(environment)
    assert now is not None
    found = history.since(environment, lambda state: state.position == now.position)
    assert found is not None
    return found.time.isoformat().replace("+00:00", "Z")


def test_a_step_begins_with_the_commit_that_made_it_current(repository: Repository) -> None:
    repository.commit(repository.step(0))
    repository.commit(repository.step(1), at(hours=1))
    # Neither of these is about the step.
    repository.commit(repository.step(1).replace("max: 1%", "max: 2%"), at(hours=2))
    more = repository.step(1).replace(
        "50%, hold: 1h}\n", "50%, hold: 1h}\n        - {weight: 75%, hold: 1h}\n"
    )
    repository.commit(more, at(hours=3))
    assert since(read(repository)) == at(hours=1)
    # Another weight is another step, and one that comes back begins anew.
    repository.commit(repository.step(1).replace("weight: 5%", "weight: 6%"), at(hours=4))
    assert since(read(repository)) == at(hours=4)
    repository.commit(repository.step(1), at(hours=5))
    assert since(read(repository)) == at(hours=5)
    assert since(read(repository), "staging") == at()


def test_a_branch_counts_when_it_is_merged(repository: Repository) -> None:
    repository.commit(repository.step(0))
    repository.git("checkout", "-q", "-b", "step")
    repository.commit(repository.step(1), at(hours=1))
    repository.git("checkout", "-q", "main")
    (repository.root / "notes.txt").write_text("a change of somebody else", "utf-8")
    repository.commit(time=at(hours=2))
    repository.git("merge", "-q", "--no-ff", "--no-edit", "step", time=at(hours=3))
    assert since(read(repository)) == at(hours=3)


def test_what_was_unreadable_was_never_deployed(repository: Repository) -> None:
    repository.commit(repository.step(1))
    repository.commit("release: [", at(hours=1))
    repository.commit(
        "\ufeffrelease: {stable: 1.0.0, strategy: {canary: {}, ab: {}}}\n", at(hours=2)
    )
    repository.commit(repository.step(1), at(hours=3))
    assert since(read(repository)) == at()


def test_defaults_of_the_project_have_a_history_too(repository: Repository) -> None:
    path = repository.root / "specs/fairway.yaml"
    text = path.read_text("utf-8")
    steps = "[{weight: 5%, hold: 30m}, {weight: 50%, hold: 1h}]"
    default = f"  release: {{strategy: {{canary: {{step: N, steps: {steps}}}}}}}\n"
    for hour, step in enumerate((0, 1)):
        changed = default.replace("N", str(step))
        path.write_text(text.replace("defaults:\n", f"defaults:\n{changed}"), "utf-8")
        repository.commit(HEAD + "release: {stable: 1.0.0, candidate: 1.1.0}\n", at(hours=hour))
    repository.commit(time=at(hours=2))
    assert since(read(repository)) == at(hours=1)
    state = read(repository).head("staging")
    assert state == State("canary", "1.0.0", "1.1.0", 1, 2, "5%")
    done = repository.move(
        "advance", SPEC, "--env", "staging", "--force-reason", "there are no gates, and it is late",
        time=at(hours=3),
    )  # fmt: skip
    # The project's file is not the team's: the spec gets a strategy of its own.
    assert done.code == 0, done.out + done.err
    assert repository.git("diff", "--name-only").split() == [
        "specs/churn/deployment.lock.json",
        SPEC,
    ]
    assert repository.release("staging").step == 2
    assert repository.release("production").step == 1


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_knows_only_that_it_has_been_longer(
    depth: int, repository: Repository, tmp_path: Path
) -> None:
    repository.commit(repository.step(0))
    repository.commit(repository.step(1), at(hours=1))
    repository.commit(repository.step(1) + "# a remark\n", at(hours=2))
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth", str(depth), f"file://{repository.root}", str(clone))
    repository.monkeypatch.chdir(clone)
    begun = {1: at(hours=2), 2: at(hours=1)}[depth]
    history = read_history(WorkTree("specs/churn"), SPEC, "specs")
    assert not history.whole
    assert since(history) == begun
    metrics = repository.measured(at(hours=2, minutes=50))
    refused = repository.move("advance", SPEC, "--metrics", metrics, time=at(hours=2, minutes=20))
    short = "the clone is shallow, so it may have been longer: `git fetch --unshallow`"
    assert (short in refused.out) == (depth == 1)
    done = repository.move("advance", SPEC, "--metrics", metrics, time=at(hours=3))
    assert done.code == 0, done.out
    assert "was held at least" in done.out


def test_a_project_in_a_folder_of_the_repository_with_odd_names(repository: Repository) -> None:
    """Paths with blanks, quotes and patterns of git are paths like others."""
    folder = repository.root / "a [b] 'ü' *"
    folder.mkdir()
    (repository.root / "specs").rename(folder / "specs")
    spec = folder / SPEC
    spec.write_text(repository.step(0), "utf-8")
    repository.commit()
    done = repository.move("advance", str(spec), "--commit", time=at(hours=1))
    assert done.code == 0, done.out + done.err
    shown = repository.git("-c", "core.quotePath=false", "show", "--name-only", "--format=", "HEAD")
    assert shown.split("\n")[:2] == [
        f"a [b] 'ü' */{name}" for name in ("specs/churn/deployment.lock.json", SPEC)
    ]


def test_git_variables_of_a_hook_do_not_lead_elsewhere(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit(HEAD + CANARY + STAGED)
    other = tmp_path / "other"
    repository.git("init", "-q", str(other))
    repository.monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    refused = repository.move("advance", SPEC, time=at(hours=1))
    # What the user's git says is what counts: here, that there is no commit.
    assert refused.code in (2, 3)
    assert "Traceback" not in refused.err
