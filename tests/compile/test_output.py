"""The output folder: what is written, what is removed, and what is left alone."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from compile.repository import SCORER, Repository

EVERYTHING = {
    f"{environment}/scorer/{file}"
    for environment in ("staging", "production")
    for file in ("manifest.yaml", "kustomization.yaml")
} | {
    f"images/scorer/{version}/{file}"
    for version in ("1.0", "2.0")
    for file in ("Dockerfile", "context.json")
}


def test_every_file_is_in_the_index_by_digest(repository: Repository) -> None:
    repository.write()
    repository.compiled()
    tree = dict(repository.tree())
    del tree["index.json"]
    assert set(tree) == EVERYTHING
    assert {entry["path"]: entry["digest"] for entry in repository.index()["artifacts"]} == {
        path: f"sha256:{hashlib.sha256(data).hexdigest()}" for path, data in tree.items()
    }


def test_the_index_says_who_made_a_file_for_whom(repository: Repository) -> None:
    repository.write()
    repository.compiled()
    entries = {entry["path"]: entry for entry in repository.index()["artifacts"]}
    manifest = entries["staging/scorer/manifest.yaml"]
    assert manifest["targets"] == ["kubernetes", "gateway-api"]
    assert manifest["environment"] == "staging"
    assert manifest["spec"] == "scorer/deployment.yaml"
    assert entries["images/scorer/1.0/Dockerfile"]["environment"] is None
    assert entries["images/scorer/1.0/Dockerfile"]["targets"] == ["docker"]
    assert repository.entry() == {
        "name": "scorer",
        "environment": "staging",
        "spec": "scorer/deployment.yaml",
        "strategy": "rolling",
        "serves": "scorer",
        "workloads": ["scorer"],
    }


def test_a_second_run_touches_nothing(repository: Repository) -> None:
    repository.write()
    repository.compiled()
    before = {path: path.stat().st_mtime_ns for path in repository.out.rglob("*")}
    repository.compiled()
    assert {path: path.stat().st_mtime_ns for path in repository.out.rglob("*")} == before


def test_a_spec_that_is_gone_takes_its_files_and_folders_with_it(repository: Repository) -> None:
    repository.write()
    repository.write("other")
    repository.compiled()
    repository.delete("other")
    done = repository.compiled()
    assert "stale removed" in done.said
    assert set(repository.tree()) == EVERYTHING | {"index.json"}
    assert not (repository.out / "staging" / "other").exists()
    assert {entry["name"] for entry in repository.index()["deployments"]} == {"scorer"}


def test_a_foreign_file_stays(repository: Repository) -> None:
    repository.write()
    repository.write("other")
    repository.compiled()
    foreign = repository.out / "staging" / "other" / "notes.md"
    foreign.write_text("ours")
    repository.delete("other")
    repository.compiled()
    assert foreign.read_text() == "ours"
    assert not (foreign.parent / "manifest.yaml").exists()


def test_a_folder_without_an_index_is_not_ours(repository: Repository) -> None:
    repository.write()
    repository.compiled()
    (repository.out / "index.json").unlink()
    before = repository.tree()
    repository.delete("scorer")
    repository.write("other")
    done = repository.compile()
    assert done.code == 2
    assert "no index.json" in done.said
    assert repository.tree() == before


def test_a_version_that_is_gone_takes_its_image_with_it(repository: Repository) -> None:
    repository.write()
    repository.compiled()
    repository.write(versions={"1.0": "./models/1.0"})
    repository.compiled()
    assert not (repository.out / "images" / "scorer" / "2.0").exists()
    assert (repository.out / "images" / "scorer" / "1.0" / "Dockerfile").exists()


def test_one_spec_of_several_leaves_the_others_alone(repository: Repository) -> None:
    repository.write()
    repository.write("other")
    repository.compiled()
    before = repository.tree()
    repository.delete("other")
    repository.compiled("specs/scorer")
    assert repository.tree() == before


def test_no_environments_any_more(repository: Repository) -> None:
    repository.write()
    repository.compiled()
    repository.write(environments={"staging": {}})
    repository.compiled()
    assert not (repository.out / "production").exists()
    assert {entry["environment"] for entry in repository.index()["deployments"]} == {"staging"}


# -- faults ------------------------------------------------------------------------------------


def test_a_spec_with_errors_keeps_its_old_files(repository: Repository) -> None:
    repository.write()
    repository.write("other")
    repository.compiled()
    before = repository.tree()
    repository.write(serving={"resources": {"cpu": 1, "memory": "lots"}})
    repository.write("other", serving={"resources": {"cpu": 2, "memory": "1Gi"}})
    done = repository.compile()
    assert done.code == 1
    assert "1 of 2 deployments compiled" in done.said
    after = repository.tree()
    own = [path for path in before if "/scorer/" in path]
    assert {path: after[path] for path in own} == {path: before[path] for path in own}
    assert after["staging/other/manifest.yaml"] != before["staging/other/manifest.yaml"]
    assert repository.entry("scorer")["workloads"] == ["scorer"]


def test_two_specs_with_one_name(repository: Repository) -> None:
    repository.write()
    twin = repository.root / "specs" / "team" / "scorer"
    twin.parent.mkdir()
    (repository.root / "specs" / "scorer").rename(twin)
    repository.write()
    done = repository.compile()
    assert done.code == 1
    assert "another deployment is called scorer" in done.report
    assert repository.entry()["spec"] == "scorer/deployment.yaml"
    assert "specs/team/scorer/deployment.yaml" in done.report


def test_objects_of_two_deployments_never_share_a_name(repository: Repository) -> None:
    """`scorer` at 2-1.0 and `scorer-2` at 1.0 would both be `scorer-2-1-0` in one namespace."""
    green = {"strategy": {"blueGreen": {"active": "stable"}}}
    for name, version in (("scorer", "2-1.0"), ("scorer-2", "1.0")):
        release = {"stable": version, **green}
        repository.write(name, versions={version: "./m"}, release=release)
    done = repository.compile()
    assert done.code == 1
    assert "scorer-2-1-0" in done.report


@pytest.mark.parametrize("failing", range(1, 10))
def test_an_interrupted_write_leaves_whole_files(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    repository.write()
    repository.compiled()
    before = repository.tree()
    repository.write(serving={**SCORER["serving"], "port": 9000}, versions={"1.0": "./elsewhere"})
    calls = 0
    replace = os.replace

    def sometimes(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", sometimes)
        done = repository.compile()
    if calls < failing:
        assert done.code == 0
        return
    assert done.code == 3
    assert "cannot be written: No space left on device" in done.said
    after = repository.tree()
    repository.compiled()
    wanted = repository.tree()
    assert {path for path in after if after[path] not in (before.get(path), wanted.get(path))} == (
        set()
    )
    assert after["index.json"] == before["index.json"]
    assert not [path for path in wanted if path.endswith(".tmp")]


def test_a_folder_in_the_way_is_said(repository: Repository) -> None:
    repository.write()
    repository.compiled()
    manifest = repository.out / "staging" / "scorer" / "manifest.yaml"
    manifest.unlink()
    manifest.mkdir()
    done = repository.compile()
    assert done.code == 3
    assert "manifest.yaml: cannot be read: Is a directory" in done.said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not an index that Fairway wrote"),
        ("[]", "not an index that Fairway wrote"),
        ('{"indexVersion": 1}', "not an index that Fairway wrote"),
        ('{"indexVersion": 1, "artifacts": [{}], "deployments": []}', "not an index"),
        ('{"indexVersion": 1, "artifacts": [], "deployments": [{"name": 1}]}', "not an index"),
        ('{"indexVersion": 2, "artifacts": [], "deployments": []}', "made by a newer Fairway"),
    ],
)
def test_another_index_is_not_overwritten(repository: Repository, text: str, message: str) -> None:
    repository.write()
    repository.out.mkdir()
    (repository.out / "index.json").write_text(text)
    done = repository.compile()
    assert done.code == 2
    assert message in done.said
    assert (repository.out / "index.json").read_text() == text


@pytest.mark.parametrize("path", ["../specs/fairway.yaml", "/etc/passwd", "a/../../specs", ""])
def test_an_index_cannot_name_files_elsewhere(repository: Repository, path: str) -> None:
    repository.write()
    repository.compiled()
    index = repository.index()
    made: dict[str, Any] = {"digest": "", "targets": ["docker"], "environment": None}
    index["artifacts"].append({**made, "path": path, "spec": "scorer/deployment.yaml"})
    (repository.out / "index.json").write_text(json.dumps(index))
    done = repository.compile()
    assert done.code == 2
    assert "must stay inside the output" in done.said
    assert (repository.root / "specs" / "fairway.yaml").exists()
    assert Path("/etc/passwd").exists()
