"""The way back, from every strategy, and each reason that closes it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from stepping.setting import CANARY, HEAD, SPEC, Repository, at
from stepping.test_life import EXPERIMENT, SHADOW

ALONE = "environments: {production: {}}\n"
SWITCHED = """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy: {blueGreen: {active: candidate}}
"""
WAITING = CANARY.replace("  candidate: 1.1.0\n", "")


class Way(NamedTuple):
    """A release on trial, and the state after it was taken back."""

    release: str
    after: tuple[str, str, str, int, str]


TRIALS = {
    "a canary": Way(
        CANARY.replace("step: 0", "step: 2") + ALONE, ("canary", "1.0.0", "1.1.0", 0, "")
    ),
    "a switch": Way(SWITCHED + ALONE, ("blueGreen", "1.0.0", "1.1.0", 0, "stable")),
    "a shadow": Way(SHADOW, ("blueGreen", "1.0.0", "1.1.0", 0, "stable")),
    "an experiment": Way(EXPERIMENT, ("blueGreen", "1.0.0", "1.1.0", 0, "stable")),
}


@pytest.mark.parametrize("name", TRIALS)
def test_a_candidate_on_trial_gets_nothing_any_more(name: str, repository: Repository) -> None:
    way = TRIALS[name]
    repository.commit(HEAD + way.release)
    repository.compiles()
    done = repository.move(
        "rollback", SPEC, "--reason", "scores are all 0", "--commit", time=at(minutes=5)
    )
    assert done.code == 0, done.out + done.err
    assert repository.git("log", "-1", "--format=%s") == (
        "rollback(churn): 1.1.0 gets nothing any more in production\n"
    )
    assert "Reason: scores are all 0" in repository.git("log", "-1", "--format=%B")
    state = repository.release()
    assert (state.strategy, state.stable, state.candidate, state.step, state.active) == way.after
    assert not state.in_motion
    repository.compiles()
    # Again: nothing is on trial, and nothing has served before.
    again = repository.move("rollback", SPEC, time=at(minutes=6))
    assert again.code == 1
    assert "no version has served here before 1.0.0" in again.out


def test_a_rolling_release_goes_back_in_one_commit(repository: Repository) -> None:
    rolling = "release: {stable: 1.0.0, strategy: {rolling: {}}}\n"
    for hour, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        repository.commit(HEAD + rolling.replace("1.0.0", version) + ALONE, at(hours=hour))
    repository.compiles()
    done = repository.move("rollback", SPEC, "--commit", time=at(hours=3))
    assert done.code == 0, done.out
    assert repository.release().stable == "1.1.0"
    repository.compiles()
    assert repository.served() == {
        "production": [("1.0.0", at()), ("1.1.0", at(hours=1)), ("1.2.0", at(hours=2))]
    }
    # What was rolled back from once is not what anybody goes back to.
    further = repository.move("rollback", SPEC, "--commit", time=at(hours=4))
    assert repository.release().stable == "1.0.0", further.out
    nothing = repository.move("rollback", SPEC, time=at(hours=5))
    assert "no version has served here before 1.0.0" in nothing.out
    back = repository.move("rollback", SPEC, "--to", "1.2.0", time=at(hours=5))
    assert "1.2.0 has not served here before 1.0.0" in back.out


@pytest.mark.parametrize("release", [WAITING, SWITCHED], ids=["canary", "blueGreen"])
def test_where_versions_have_their_own_pods_it_takes_two_commits(
    release: str, repository: Repository
) -> None:
    """The version starts first, and answers when it runs: the output folder is the judge."""
    text = HEAD + release.replace("  candidate: 1.1.0\n", "").replace("candidate}", "stable}")
    repository.commit(text + ALONE)
    repository.commit(text.replace("stable: 1.0.0", "stable: 1.1.0") + ALONE, at(hours=1))
    repository.compiles()
    # At once it would not be ready.
    repository.commit(text + ALONE, at(hours=2))
    out = str(repository.root.parent / "rendered")
    refused = repository.run("compile", "specs", "--out", out)
    assert refused.code == 1
    assert "release/not-ready" in refused.out
    repository.git("revert", "--no-edit", "HEAD", time=at(hours=2))

    first = repository.move("rollback", SPEC, "--commit", time=at(hours=3))
    assert first.code == 0, first.out
    assert "two commits: 1.0.0 has no pods, and traffic moves only to what runs" in first.out
    state = repository.release()
    assert (state.stable, state.candidate, state.tried) == ("1.1.0", "1.0.0", False)
    repository.compiles()
    second = repository.move("rollback", SPEC, "--commit", time=at(hours=4))
    assert second.code == 0, second.out
    state = repository.release()
    assert (state.stable, state.candidate, state.tried) == ("1.0.0", "1.1.0", False)
    assert state.strategy == ("canary" if release == WAITING else "blueGreen")
    repository.compiles()
    third = repository.move("rollback", SPEC, time=at(hours=5))
    assert "no version has served here before 1.0.0" in third.out


def test_the_second_commit_waits_for_the_first(repository: Repository) -> None:
    text = HEAD + WAITING + ALONE
    repository.commit(text)
    repository.commit(text.replace("stable: 1.0.0", "stable: 1.1.0"), at(hours=1))
    assert repository.move("rollback", SPEC, time=at(hours=2)).code == 0
    early = repository.move("rollback", SPEC, time=at(hours=2))
    assert early.code == 1
    assert "1.0.0 does not run yet: HEAD does not name it as candidate" in early.out


def test_a_candidate_that_waits_is_not_mistaken_for_what_is_bad(repository: Repository) -> None:
    text = HEAD + CANARY + ALONE
    repository.commit(text.replace("1.1.0\n  strategy", "1.2.0\n  strategy"))
    replaced = text.replace("stable: 1.0.0", "stable: 1.1.0")
    repository.commit(replaced.replace("1.1.0\n  strategy", "1.2.0\n  strategy"), at(hours=1))
    unclear = repository.move("rollback", SPEC, time=at(hours=2))
    assert unclear.code == 1
    assert "1.2.0 gets nothing already, and 1.1.0 is what serves" in unclear.out
    assert "name the version: --to 1.0.0" in unclear.out
    named = repository.move("rollback", SPEC, "--to", "1.0.0", "--commit", time=at(hours=2))
    assert named.code == 0, named.out
    assert repository.release().candidate == "1.0.0"


# -- what closes the way -------------------------------------------------------------------------


def gone(repository: Repository) -> None:
    text = repository.spec.read_text("utf-8")
    repository.spec.write_text(text.replace('  "1.1.0": ./models/1.1.0\n', ""), "utf-8")


def other_contract(repository: Repository) -> None:
    """The present version takes a column more than the one before knows."""
    from workspace import digest

    folder = repository.spec.parent
    contract = json.loads((folder / "contract.json").read_text("utf-8"))
    contract["inputs"][0]["shape"] = [-1, 3]
    contract["inputs"][0]["columns"].append({"name": "complaints"})
    contract["examples"][0]["inputs"]["customer"] = [[48, 0, 0]]
    (folder / "wider.json").write_text(json.dumps(contract), "utf-8")
    text = repository.spec.read_text("utf-8")
    entry = '"1.2.0": {uri: ./models/1.2.0, contract: wider.json}'
    repository.spec.write_text(text.replace('"1.2.0": ./models/1.2.0', entry), "utf-8")
    lock = json.loads(repository.lock.read_text("utf-8"))
    data = (folder / "wider.json").read_bytes()
    lock["versions"]["1.2.0"]["contract"] = {"path": "wider.json", "digest": digest(data)}
    repository.lock.write_text(json.dumps(lock, indent=2), "utf-8")


def never_pushed(repository: Repository) -> None:
    lock = json.loads(repository.lock.read_text("utf-8"))
    pushed = {"tag": "1.0.0-8a6b7c9d0e1f", "digest": f"sha256:{'1' * 64}"}
    lock["images"] = {"1.0.0": pushed, "1.2.0": pushed}
    repository.lock.write_text(json.dumps(lock, indent=2), "utf-8")


def retired(repository: Repository) -> None:
    path = repository.root / "specs/fairway.yaml"
    text = path.read_text("utf-8") + 'retired: {"./models/1.1.0": "it leaks memory"}\n'
    path.write_text(text, "utf-8")


def untested(repository: Repository) -> None:
    folder = repository.spec.parent
    (folder / "data").mkdir()
    (folder / "data/holdout.csv").write_text("months,calls,label\n48,0,0\n", "utf-8")
    text = repository.spec.read_text("utf-8")
    evidence = "evidence:\n  dataset: data/holdout.csv\n  metrics: [{name: accuracy, min: 0.5}]\n"
    repository.spec.write_text(text + evidence, "utf-8")


CLOSED: dict[str, tuple[Any, str, str]] = {
    "it is not in the spec": (gone, "it is no longer in `versions`", "--to 1.0.0"),
    "it takes less": (other_contract, "callers of 1.2.0 would break: ", "none before it will do"),
    "it has no image": (never_pushed, "its image was never pushed", "--to 1.0.0"),
    "it is retired": (retired, "it is retired: it leaks memory", "--to 1.0.0"),
    "it was never tested": (untested, "it has no evidence that it was tested", "none before it"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_a_version_that_will_not_do_is_refused_with_the_next_that_will(
    name: str, repository: Repository
) -> None:
    closing, why, then = CLOSED[name]
    rolling = HEAD + "release: {stable: 1.0.0, strategy: {rolling: {}}}\n" + ALONE
    for hour, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        text = rolling.replace("stable: 1.0.0", f"stable: {version}")
        repository.commit(text, at(hours=hour))
    closing(repository)
    repository.commit(time=at(hours=3))
    refused = repository.move("rollback", SPEC, time=at(hours=4))
    assert refused.code == 1, refused.out + refused.err
    assert f"refused: 1.1.0 served before, but {why}" in refused.out
    assert then in refused.out
    if "--to" in then:
        done = repository.move("rollback", SPEC, "--to", "1.0.0", time=at(hours=4))
        assert done.code == 0, done.out
        assert repository.release().stable == "1.0.0"


def test_what_is_wrong_already_does_not_close_the_way(repository: Repository) -> None:
    """The evidence of nothing counts; a way back adds no error to that."""
    text = HEAD + CANARY.replace("step: 0", "step: 1") + ALONE
    repository.commit(text)
    project = repository.root / "specs/fairway.yaml"
    project.write_text(
        project.read_text("utf-8").replace("policies: []", "policies: [builtin]"), "utf-8"
    )
    repository.commit(time=at(hours=1))
    assert repository.run("validate", SPEC).code == 1
    done = repository.move("rollback", SPEC, "--commit", time=at(hours=2))
    assert done.code == 0, done.out
    assert "errors before, and does not compile until they are mended" in done.out
    assert repository.release().step == 0
    forward = repository.move("advance", SPEC, time=at(hours=3))
    assert forward.code == 1
    assert "the spec would have errors, so nothing was written" in forward.out
