"""`fairway lock` of a project whose policies come from a repository."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from packs.conftest import Packs
from packs.git_server import Repository

from fairway.cli import cli
from fairway.errors import UsageError

SPECS = Path(__file__).parents[2] / "specs"
NAME = "digit-reader"


@pytest.fixture
def lock(packs: Packs) -> Callable[..., Result]:
    """Run the command in a project of one deployment with models beside it."""
    shutil.copytree(SPECS / NAME, packs.root / "specs" / NAME)
    shutil.copy(SPECS / "fairway.yaml", packs.root / "specs")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["lock", *arguments], catch_exceptions=False)

    return run


def name_pack(packs: Packs, *names: str) -> None:
    path = packs.root / "specs/fairway.yaml"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("policies:")]
    path.write_text("\n".join([*kept, f"policies: {json.dumps(['builtin', *names])}", ""]))


def test_a_pack_is_locked_checked_and_updated(
    packs: Packs, repository: Repository, lock: Callable[..., Result]
) -> None:
    name = f"{repository.url}@v1"
    name_pack(packs, name)
    result = lock("--check")
    assert result.exit_code == 1
    assert "error[lock/missing]" in result.output
    assert "specs/fairway.yaml:" in result.output
    result = lock()
    assert result.exit_code == 0, result.output
    assert "specs/fairway.lock.json: 1 policy pack locked" in result.stderr
    assert lock("--check").exit_code == 0
    assert lock("--offline").exit_code == 0
    second = repository.commit({"security/x.yaml": "a: 1\n"})
    repository.git("tag", "-f", "v1")
    assert lock().exit_code == 0
    with pytest.raises(UsageError, match="no policy pack") as unknown:
        lock("--update", f"{repository.url}@v2")
    assert unknown.value.fix == f"write {name}"
    result = lock("--update", name)
    assert result.exit_code == 0, result.output
    assert "security/x.yaml is new" in result.stderr
    locked = json.loads((packs.root / "specs/fairway.lock.json").read_text())
    assert locked["policies"][name]["commit"] == second


def test_images_and_packs_share_the_lock(
    packs: Packs, repository: Repository, lock: Callable[..., Result]
) -> None:
    image = {
        "reference": "registry.example.com/other:1",
        "tag": "1",
        "digest": "sha256:" + "1" * 64,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "platforms": [],
    }
    path = packs.root / "specs/fairway.lock.json"
    path.write_text(json.dumps({"lockVersion": 1, "images": {"other": image}}))
    name_pack(packs, f"{repository.url}@v1")
    assert lock().exit_code == 0
    locked = json.loads(path.read_text())
    assert locked["images"] == {"other": image}
    assert list(locked["policies"]) == [f"{repository.url}@v1"]


def test_a_secret_in_the_address_is_said_at_its_line(
    packs: Packs, lock: Callable[..., Result]
) -> None:
    name_pack(packs, "git+https://user:s3cr3t@git.example.com/a.git@v1")
    result = lock("--format", "json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["findings"]
    assert found["rule"] == "spec/value"
    assert found["file"] == "specs/fairway.yaml"
    assert "s3cr3t" not in found["message"]
    assert not (packs.root / "specs/fairway.lock.json").exists()


def test_a_lock_that_is_edited_never_reaches_git(
    packs: Packs, repository: Repository, lock: Callable[..., Result]
) -> None:
    name = f"{repository.url}@v1"
    name_pack(packs, name)
    assert lock().exit_code == 0
    path = packs.root / "specs/fairway.lock.json"
    commit = json.loads(path.read_text())["policies"][name]["commit"]
    marker = packs.root / "ran"
    path.write_text(path.read_text().replace(commit, f"--upload-pack=touch {marker};"))
    shutil.rmtree(packs.cache)
    result = lock()
    assert result.exit_code == 1
    assert "error[lock/format]" in result.output
    assert "is not the whole hash of a commit" in result.output
    assert not marker.exists()
