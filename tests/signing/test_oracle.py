"""What model_signing signs is verified here, and what is signed here it verifies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from model_signing import hashing
from signing.keypairs import CURVES, KeyPair, make_pair, oracle_signs, oracle_verifies

from fairway.lock.digest import root_digest
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.model import find_signature, model_files, sign_model, verify_model

BESIDE = "3.1.0.sig"


@pytest.mark.parametrize("curve", CURVES)
def test_what_the_oracle_signs_is_verified(curve: str, model: Path, tmp_path: Path) -> None:
    pair = make_pair(tmp_path, "risk", curve)
    oracle_signs(model, model.with_name(BESIDE), pair.private_file)
    signer = verify_model(model, model_files(model), [pair.public])
    assert signer is not None
    assert (signer.name, signer.key_id) == ("risk.pub", pair.public.key_id)


@pytest.mark.parametrize("curve", CURVES)
def test_what_is_signed_the_oracle_verifies(curve: str, model: Path, tmp_path: Path) -> None:
    pair = make_pair(tmp_path, "risk", curve)
    signed = sign_model(model, pair.private)
    assert signed == (model.with_name(BESIDE), root_digest(model_files(model)), 4)
    oracle_verifies(model, signed.path, pair.public_file)
    (model / "MLmodel").write_bytes(b"flavors: []\n")
    with pytest.raises(ValueError, match="MLmodel"):
        oracle_verifies(model, signed.path, pair.public_file)


@pytest.mark.parametrize("signs", ["oracle", "fairway"])
def test_a_model_that_is_one_file(signs: str, tmp_path: Path, keys: KeyPair) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x08\x07")
    signature = tmp_path / "model.onnx.sig"
    if signs == "oracle":
        oracle_signs(model, signature, keys.private_file)
    else:
        assert sign_model(model, keys.private).path == signature
    oracle_verifies(model, signature, keys.public_file)
    assert verify_model(model, model_files(model), [keys.public]) is not None
    model.write_bytes(b"\x08\x08")
    with pytest.raises(SignatureRefusedError, match="other bytes"):
        verify_model(model, model_files(model), [keys.public])


def test_a_signature_inside_the_folder_is_not_part_of_the_model(model: Path, keys: KeyPair) -> None:
    before = root_digest(model_files(model))
    ignoring = hashing.Config().set_ignored_paths(paths=["model.sig"])
    oracle_signs(model, model / "model.sig", keys.private_file, ignoring)
    assert find_signature(model) == model / "model.sig"
    files = model_files(model)
    assert root_digest(files) == before
    assert verify_model(model, files, [keys.public]) is not None
    signed = sign_model(model, keys.private, model / "model.sig")
    assert signed.digest == before
    oracle_verifies(model, signed.path, keys.public_file)
    assert verify_model(model, model_files(model), [keys.public]) is not None


def test_names_in_any_script_and_hidden_files_are_signed(model: Path, keys: KeyPair) -> None:
    for name in ("größe.txt", "模型.bin", "with blank", ".gitignore", ".git/HEAD", 'quo"te'):
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text(name)
    everything = hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=False)
    signed = sign_model(model, keys.private)
    oracle_verifies(model, signed.path, keys.public_file, everything)
    oracle_signs(model, signed.path, keys.private_file, everything)
    assert verify_model(model, model_files(model), [keys.public]) is not None


def test_files_that_the_signer_left_out_are_refused(model: Path, keys: KeyPair) -> None:
    (model / ".gitattributes").write_text("*.bin filter=lfs\n")
    oracle_signs(model, model.with_name(BESIDE), keys.private_file, hashing.Config())
    oracle_verifies(model, model.with_name(BESIDE), keys.public_file)
    with pytest.raises(SignatureRefusedError, match=r"\.gitattributes was left out when it was"):
        verify_model(model, model_files(model), [keys.public])
    (model / ".gitattributes").unlink()
    assert verify_model(model, model_files(model), [keys.public]) is not None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (hashing.Config().use_shard_serialization(), "in shards"),
        (hashing.Config().use_file_serialization(hashing_algorithm="blake2"), '"blake2b" digests'),
        (hashing.Config().use_file_serialization(hashing_algorithm="blake3"), '"blake3" digests'),
    ],
)
def test_what_cannot_be_compared_with_the_lock_is_refused(
    config: hashing.Config, message: str, model: Path, keys: KeyPair
) -> None:
    oracle_signs(model, model.with_name(BESIDE), keys.private_file, config)
    with pytest.raises(SignatureRefusedError, match=message):
        verify_model(model, model_files(model), [keys.public])


def test_the_signature_is_a_bundle_of_version_three(model: Path, keys: KeyPair) -> None:
    bundle = json.loads(sign_model(model, keys.private).path.read_text())
    assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    oracle_signs(model, model.with_name("oracle"), keys.private_file)
    oracle = json.loads(model.with_name("oracle").read_text())
    assert bundle["verificationMaterial"] == oracle["verificationMaterial"]
