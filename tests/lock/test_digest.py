"""Root digests are those of the OpenSSF model-signing library, the oracle here."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from model_signing import hashing, signing

from fairway.lock.digest import FileDigest, SourceRefusedError, digest_files, root_digest

SPECS = Path(__file__).parents[2] / "specs"


def signed(model: Path, work: Path) -> tuple[str, list[str]]:
    """Return the root digest that model-signing signs, and the files' names in its order."""
    key = work / "key.pem"
    key.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    everything = hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=False)
    config = signing.Config().use_elliptic_key_signer(private_key=key)
    config.set_hashing_config(everything).sign(model, work / "signature")
    bundle = json.loads((work / "signature").read_text())
    payload = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    names = [resource["name"] for resource in payload["predicate"]["resources"]]
    return f"sha256:{payload['subject'][0]['digest']['sha256']}", names


@pytest.mark.parametrize(
    "model", sorted(SPECS.glob("*/models/*")), ids=lambda p: "/".join(p.parts[-3:])
)
def test_the_fleets_digests_are_the_oracles(model: Path, tmp_path: Path) -> None:
    ours = digest_files(model)
    assert (root_digest(ours), [file.path for file in ours]) == signed(model, tmp_path)
    lock = json.loads((model.parents[1] / "deployment.lock.json").read_text())
    assert lock["versions"][model.name]["digest"] == root_digest(ours)


def test_order_is_by_the_parts_of_paths(tmp_path: Path) -> None:
    model = tmp_path / "model"
    for name in ("a/x", "a-b", "a.b/c", ".gitignore", "b/y/z", "b/y0", "B"):
        file = model / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    ours = digest_files(model)
    assert (root_digest(ours), [file.path for file in ours]) == signed(model, tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.binary(max_size=20), st.integers(0, 9), min_size=1, max_size=8))
def test_the_order_of_the_list_does_not_matter(contents: dict[bytes, int]) -> None:
    files = [
        FileDigest(f"{n}/{i}", len(b), b.hex().ljust(64, "0"))
        for i, (b, n) in enumerate(contents.items())
    ]
    assert root_digest(files) == root_digest(reversed(files))


def test_one_bit_changes_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"\x00" * 100)
    before = root_digest(digest_files(file))
    file.write_bytes(b"\x00" * 99 + b"\x01")
    assert root_digest(digest_files(file)) != before
    assert digest_files(file)[0].path == "model.bin"


def test_links_devices_and_empty_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceRefusedError, match="no files"):
        digest_files(tmp_path / "empty")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "weights").symlink_to("/etc/hostname")
    with pytest.raises(SourceRefusedError, match="weights is a symbolic link"):
        digest_files(linked)
    piped = tmp_path / "piped"
    piped.mkdir()
    os.mkfifo(piped / "pipe")
    with pytest.raises(SourceRefusedError, match="neither a file nor a folder"):
        digest_files(piped)
