"""Signatures in the lock: whose they are, and what happens to one that does not count."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from locking.conftest import ROOT, Project
from signing.keypairs import KeyPair, make_pair

NAME = "diabetes-progression"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    shutil.copytree(ROOT / "specs" / NAME, tmp_path / "specs" / NAME)
    text = (ROOT / "specs" / "fairway.yaml").read_text("utf-8")
    text = text.replace("policies: [builtin]", "policies: []")  # what is locked is the matter here
    (tmp_path / "specs" / "fairway.yaml").write_text(text, "utf-8")
    (tmp_path / "specs" / "keys").mkdir()
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture
def keys(here: Project) -> KeyPair:
    """A pair whose public key the project trusts."""
    pair = make_pair(here.root / "specs" / "keys", "risk")
    here.edit("fairway.yaml", "trust:\n", "trust:\n  modelKeys: [keys/risk.pub]\n")
    return pair


def sign(here: Project, version: str, key: Path) -> None:
    result = here.run("sign", f"specs/{NAME}/models/{version}", "--key", str(key))
    assert result.exit_code == 0, result.output


def signers(here: Project) -> dict[str, object]:
    versions = json.loads(here.lock_of(NAME))["versions"]
    return {name: version.get("signer") for name, version in versions.items()}


def test_the_lock_says_who_signed(here: Project, keys: KeyPair) -> None:
    sign(here, "1.0.0", keys.private_file)
    assert here.run("lock", "--check").exit_code == 1  # a signature is news
    assert here.run("lock").exit_code == 0
    signer = {"name": "keys/risk.pub", "keyId": keys.public.key_id}
    assert signers(here) == {"1.0.0": signer, "1.1.0": None}
    assert here.run("lock", "--check").exit_code == 0
    # The signature lies beside the model, whose digest does not know of it.
    assert here.run("compile").exit_code == 0


def test_a_signature_by_a_stranger_is_refused(here: Project, keys: KeyPair, tmp_path: Path) -> None:
    before = here.lock_of(NAME)
    sign(here, "1.0.0", make_pair(tmp_path, "stranger").private_file)
    result = here.run("lock")
    assert result.exit_code == 1
    assert "error[lock/signature]: version 1.0.0" in result.output
    assert "deployment.yaml:16:" in result.output
    assert here.lock_of(NAME) == before


def test_a_signature_of_other_bytes_is_refused(here: Project, keys: KeyPair) -> None:
    sign(here, "1.0.0", keys.private_file)
    models = here.root / "specs" / NAME / "models"
    shutil.copy(models / "1.1.0/model.skops", models / "1.0.0/model.skops")
    result = here.run("lock")
    assert result.exit_code == 1
    assert "error[lock/signature]: version 1.0.0" in result.output


def test_a_signature_inside_the_folder_is_not_of_the_model(here: Project, keys: KeyPair) -> None:
    folder = here.root / "specs" / NAME / "models" / "1.0.0"
    digest = json.loads(here.lock_of(NAME))["versions"]["1.0.0"]["digest"]
    sign(here, "1.0.0", keys.private_file)
    folder.with_name("1.0.0.sig").unlink()
    inside = str(folder / "model.sig")
    result = here.run("sign", str(folder), "--key", str(keys.private_file), "--output", inside)
    assert result.exit_code == 0, result.output
    assert here.run("lock").exit_code == 0
    version = json.loads(here.lock_of(NAME))["versions"]["1.0.0"]
    assert version["digest"] == digest
    assert version["signer"]["file"]["path"] == "model.sig"
    assert [file["path"] for file in version["files"]] == ["model.skops"]
    assert here.run("lock", "--check").exit_code == 0
    # What goes into the image is the model, without its signature.
    assert here.run("compile").exit_code == 0
    context = here.run("context", f"rendered/images/{NAME}/1.0.0")
    assert context.exit_code == 0, context.output
    assert not (here.root / "build" / f"{NAME}-1.0.0" / "model" / "model.sig").exists()
