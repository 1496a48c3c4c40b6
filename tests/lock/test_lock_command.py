"""``fairway lock`` writes what the bytes are, and ``--check`` says what differs."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fairway.cli import cli
from fairway.errors import FairwayError

SPECS = Path(__file__).parents[2] / "specs"
NAME = "diabetes-progression"


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One deployment of the living fleet, to change at will."""
    specs = tmp_path / "specs"
    specs.mkdir()
    shutil.copy(SPECS / "fairway.yaml", specs)
    shutil.copytree(SPECS / NAME, specs / NAME)
    monkeypatch.chdir(tmp_path)
    return specs / NAME


def lock(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["lock", *arguments], catch_exceptions=False)


def locked(deployment: Path) -> dict[str, object]:
    value: dict[str, object] = json.loads((deployment / "deployment.lock.json").read_text())
    return value


def test_locking_again_changes_nothing(fleet: Path) -> None:
    before = (fleet / "deployment.lock.json").read_bytes()
    assert lock().exit_code == 0
    assert (fleet / "deployment.lock.json").read_bytes() == before
    assert lock("--check").exit_code == 0


def test_a_lock_made_from_nothing_is_the_committed_one(fleet: Path) -> None:
    before = (fleet / "deployment.lock.json").read_bytes()
    (fleet / "deployment.lock.json").unlink()
    assert lock().exit_code == 0
    assert (fleet / "deployment.lock.json").read_bytes() == before


def changed(fleet: Path) -> None:
    shutil.copy(fleet / "models/1.0.0/model.skops", fleet / "models/1.1.0/model.skops")


def added(fleet: Path) -> None:
    (fleet / "models/1.1.0/extra.txt").write_text("x")


def renamed(fleet: Path) -> None:
    model = fleet / "models/1.1.0/model.skops"
    model.rename(model.with_name("other.skops"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changed, ["model.skops changed"]),
        (added, ["extra.txt is new"]),
        (renamed, ["model.skops is gone", "other.skops is new"]),
    ],
)
def test_check_names_the_files_that_differ(fleet: Path, change: object, words: list[str]) -> None:
    change(fleet)  # type: ignore[operator]
    before = (fleet / "deployment.lock.json").read_bytes()
    result = lock("--check")
    assert result.exit_code == 1
    for word in words:
        assert word in result.output
    # At the version's own line, and nothing was written.
    assert "deployment.yaml:17:" in result.output
    assert '"1.1.0": ./models/1.1.0' in result.output
    assert (fleet / "deployment.lock.json").read_bytes() == before
    assert lock().exit_code == 0
    assert lock("--check").exit_code == 0


def test_an_unreadable_version_keeps_the_old_lock(fleet: Path) -> None:
    before = (fleet / "deployment.lock.json").read_bytes()
    shutil.rmtree(fleet / "models/1.1.0")
    result = lock()
    assert result.exit_code == 1
    assert "version 1.1.0: ./models/1.1.0 does not exist" in result.output
    assert (fleet / "deployment.lock.json").read_bytes() == before


def test_a_crash_while_writing_keeps_the_old_lock(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (fleet / "deployment.lock.json").read_bytes()
    changed(fleet)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FairwayError, match="No space left"):
        lock()
    assert (fleet / "deployment.lock.json").read_bytes() == before
    assert sorted(p.name for p in fleet.iterdir() if p.name.startswith(".")) == []


def test_a_path_out_of_the_folder_is_refused(fleet: Path) -> None:
    spec = fleet / "deployment.yaml"
    (fleet.parent / "elsewhere").mkdir()
    (fleet.parent / "elsewhere" / "model.skops").write_text("x")
    spec.write_text(spec.read_text().replace("./models/1.0.0", "./../elsewhere"))
    result = lock()
    assert result.exit_code == 1
    assert "leads out of the deployment's folder" in result.output


def test_what_was_served_and_pushed_is_kept(fleet: Path) -> None:
    value = locked(fleet)
    digest = "sha256:" + "1" * 64
    value["served"] = {
        "staging": [{"version": "1.0.0", "commit": "4f1d", "since": "2026-11-01T09:00:00Z"}]
    }
    value["images"] = {"1.0.0": {"tag": "1.0.0-abc", "digest": digest}}
    (fleet / "deployment.lock.json").write_text(json.dumps(value))
    changed(fleet)
    assert lock().exit_code == 0
    again = locked(fleet)
    assert again["served"] == value["served"]
    assert again["images"] == value["images"]


def test_a_contract_that_changed_is_found_and_a_broken_one_is_not_locked(fleet: Path) -> None:
    contract = fleet / "contract.json"
    contract.write_text(contract.read_text() + "\n")
    result = lock("--check")
    assert result.exit_code == 1
    assert "contract changed since it was locked" in result.output
    broken = contract.read_text().replace('"shape": [-1, 10]', '"shape": [-1, 11]')
    contract.write_text(broken)
    before = (fleet / "deployment.lock.json").read_bytes()
    result = lock()
    assert result.exit_code == 1
    assert "error[spec/contract]" in result.output
    assert "contract.json:" in result.output
    assert (fleet / "deployment.lock.json").read_bytes() == before


def test_a_format_that_is_not_the_bytes_is_found(fleet: Path) -> None:
    spec = fleet / "deployment.yaml"
    spec.write_text(spec.read_text().replace("format: skops", "format: joblib"))
    result = CliRunner().invoke(cli, ["validate"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "said to be joblib, and the bytes of 1.0.0, 1.1.0 are skops" in result.output


def test_a_pushed_image_is_named_by_tag_and_digest(fleet: Path) -> None:
    def images() -> set[str]:
        CliRunner().invoke(cli, ["compile"], catch_exceptions=False)
        manifest = Path("rendered/production", NAME, "manifest.yaml").read_text()
        return set(re.findall(r"image: (.*)", manifest))

    (before,) = images()
    digest = "sha256:" + "1" * 64
    value = locked(fleet)
    value["images"] = {"1.0.0": {"tag": before.rpartition(":")[2], "digest": digest}}
    (fleet / "deployment.lock.json").write_text(json.dumps(value))
    assert images() == {f"{before}@{digest}"}
    # The digest of another content is not the digest of this one.
    value["images"] = {"1.0.0": {"tag": "1.0.0-000000000000", "digest": digest}}
    (fleet / "deployment.lock.json").write_text(json.dumps(value))
    assert images() == {before}
