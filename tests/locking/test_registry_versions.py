"""Versions in a real MLflow registry: pinned, moved on purpose only, and fetched for images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
from locking.conftest import NAME, Project
from resolve.mlflow_server import Mlflow, free_port

from fairway.errors import FairwayError

pytestmark = pytest.mark.slow


def test_the_committed_lock_is_what_the_registry_script_gives(
    project: Callable[[str], Project], mlflow: Mlflow
) -> None:
    here = project(mlflow.url)
    result = here.run("lock", "--check")
    assert result.exit_code == 0, result.output
    before = here.versions()
    (here.deployment / "deployment.lock.json").unlink()
    result = here.run("lock")
    assert result.exit_code == 0, result.output
    after = here.versions()
    for version in after.values():
        assert version["resolved"]["runId"]  # of this server's own run
    for versions in (before, after):
        for version in versions.values():
            del version["resolved"]["runId"]
            version["resolved"].pop("modelId", None)
            version.pop("evidence", None)  # made for the committed ones
    assert after == before


def test_an_alias_that_moves_is_a_finding_until_it_is_asked_for(
    project: Callable[[str], Project], mlflow: Mlflow
) -> None:
    here = project(mlflow.url)
    assert here.run("lock").exit_code == 0
    before, old = here.lock, here.versions()
    mlflow.do("alias", name=NAME, alias="challenger", version="1")

    for command in (("lock", "--check"), ("lock",)):
        result = here.run(*command)
        assert result.exit_code == 1
        assert "error[lock/moved]" in result.output
        assert "models:/wine-cultivar/1 now, and was models:/wine-cultivar/2" in result.output
        assert f"deployment.yaml:{line(here, '@challenger')}:" in result.output
        assert f"fairway lock --update {NAME}@1.1.0" in result.output
        assert here.lock == before

    result = here.run("lock", "--update", f"{NAME}@1.1.0")
    assert result.exit_code == 0, result.output
    now = here.versions()
    assert now["1.0.0"] == old["1.0.0"]
    assert now["1.1.0"]["resolved"]["version"] == "1"
    assert now["1.1.0"]["resolved"]["alias"] == "challenger"
    assert now["1.1.0"]["digest"] == old["1.0.0"]["digest"] != old["1.1.0"]["digest"]
    assert here.run("lock", "--check").exit_code == 0


def test_a_version_that_is_deleted_leaves_the_old_lock(
    project: Callable[[str], Project], mlflow: Mlflow
) -> None:
    here = project(mlflow.url)
    assert here.run("lock").exit_code == 0
    before = here.lock
    mlflow.do("delete_version", name=NAME, version="1")
    result = here.run("lock")
    assert result.exit_code == 1
    assert "error[lock/source]: version 1.0.0" in result.output
    assert here.lock == before
    # What was locked is still in the cache, and offline nobody asks the registry.
    assert here.run("lock", "--check", "--offline").exit_code == 0


def test_a_registry_that_is_down_is_one_error_and_the_lock_stays(
    project: Callable[[str], Project],
) -> None:
    here = project(f"http://127.0.0.1:{free_port()}")
    before = here.lock
    with pytest.raises(FairwayError, match=r"127\.0\.0\.1") as caught:
        here.run("lock")
    assert caught.value.exit_code == 3
    assert here.lock == before
    result = here.run("lock", "--offline")
    assert result.exit_code == 1
    assert "not in the cache" in result.output
    assert here.lock == before


def test_an_image_gets_the_bytes_that_the_lock_pins(
    project: Callable[[str], Project], mlflow: Mlflow
) -> None:
    here = project(mlflow.url)
    assert here.run("compile").exit_code == 0
    described = here.root / "rendered" / "images" / NAME / "1.1.0" / "context.json"
    assert json.loads(described.read_text())["model"]["uri"] == "models:/wine-cultivar/2"
    mlflow.do("alias", name=NAME, alias="challenger", version="1")
    result = here.run("context", str(described.parent))
    assert result.exit_code == 0, result.output
    model = here.root / "build" / f"{NAME}-1.1.0" / "model"
    locked = here.versions()["1.1.0"]["files"]
    assert {
        path.relative_to(
            model
        ).as_posix(): f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in model.rglob("*")
        if path.is_file()
    } == {file["path"]: file["digest"] for file in locked}


def test_a_contract_that_the_registered_model_does_not_keep(
    project: Callable[[str], Project], mlflow: Mlflow
) -> None:
    here = project(mlflow.url)
    before = here.lock
    here.edit(f"{NAME}/contract.json", '"name": "ash"', '"name": "ashes"')
    result = here.run("lock")
    assert result.exit_code == 1
    assert "error[lock/contract]" in result.output
    contract = (here.deployment / "contract.json").read_text("utf-8").splitlines()
    at = next(number for number, text in enumerate(contract, 1) if "ashes" in text)
    assert f"contract.json:{at}:" in result.output
    assert here.lock == before


def test_an_update_of_what_is_not_there_names_the_nearest(
    project: Callable[[str], Project],
) -> None:
    here = project("http://127.0.0.1:1")
    with pytest.raises(FairwayError, match=r"wine-cultivar@1\.2\.0") as caught:
        here.run("lock", "--update", "wine-cultivar@1.2.0")
    assert caught.value.fix.startswith("write wine-cultivar@1.")


def line(here: Project, text: str) -> int:
    lines = (here.deployment / "deployment.yaml").read_text("utf-8").splitlines()
    return next(number for number, each in enumerate(lines, 1) if text in each)
