"""``fairway sign``: the signature is where it says, and nothing is lost by signing."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.command import fairway
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from signing.keypairs import KeyPair, make_pair, oracle_verifies, write_keys

from fairway.lock.digest import root_digest
from fairway.signing.keys import load_public_key
from fairway.signing.model import model_files, verify_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "3.1.0"
    folder.mkdir(parents=True)
    (folder / "model.skops").write_bytes(b"bytes")
    (folder / "notes.md").write_bytes(b"text")
    return folder


@pytest.fixture
def keys(tmp_path: Path) -> KeyPair:
    return make_pair(tmp_path, "risk")


def test_a_folder_is_signed_beside_it(model: Path, keys: KeyPair, tmp_path: Path) -> None:
    ran = fairway("sign", "models/3.1.0", "--key", "risk.key", folder=tmp_path)
    assert ran == (
        "models/3.1.0.sig\n",
        "models/3.1.0: 2 files signed\n"
        f"  digest {root_digest(model_files(model))}\n"
        f"  key    {keys.public.key_id}\n",
        0,
    )
    oracle_verifies(model, tmp_path / "models/3.1.0.sig", keys.public_file)
    assert verify_model(model, model_files(model), [keys.public]) is not None
    assert sorted(path.name for path in model.parent.iterdir()) == ["3.1.0", "3.1.0.sig"]


def test_from_inside_the_folder(model: Path, keys: KeyPair) -> None:
    ran = fairway("sign", ".", "--key", str(keys.private_file), folder=model)
    assert ran.code == 0, ran.err
    assert verify_model(model, model_files(model), [keys.public]) is not None


def test_one_file_is_signed_beside_it(model: Path, keys: KeyPair, tmp_path: Path) -> None:
    ran = fairway("sign", "models/3.1.0/model.skops", "--key", "risk.key", folder=tmp_path)
    assert (ran.out, ran.code) == ("models/3.1.0/model.skops.sig\n", 0)
    assert "1 file signed" in ran.err


def test_the_signature_may_lie_in_the_folder_under_its_own_name_only(
    model: Path, keys: KeyPair, tmp_path: Path
) -> None:
    arguments = ("sign", "models/3.1.0", "--key", "risk.key", "--output")
    ran = fairway(*arguments, "models/3.1.0/other.sig", folder=tmp_path)
    assert ran.code == 2
    assert "models/3.1.0/other.sig lies in the model, whose bytes it would change" in ran.err
    assert fairway(*arguments, "models/3.1.0/model.sig", folder=tmp_path).code == 0
    assert verify_model(model, model_files(model), [keys.public]) is not None
    ran = fairway(
        "sign", "models/3.1.0/notes.md", "--key", "risk.key", "--output", "models/3.1.0/notes.md",
        "--force", folder=tmp_path,
    )  # fmt: skip
    assert ran.code == 2
    assert (model / "notes.md").read_bytes() == b"text"


def test_our_own_signature_is_replaced_and_others_are_kept(
    model: Path, keys: KeyPair, tmp_path: Path
) -> None:
    stranger = make_pair(tmp_path, "stranger")
    arguments = ("sign", "models/3.1.0", "--key")
    assert fairway(*arguments, "stranger.key", folder=tmp_path).code == 0
    (model / "notes.md").write_bytes(b"other text")
    assert fairway(*arguments, "stranger.key", folder=tmp_path).code == 0
    assert verify_model(model, model_files(model), [stranger.public]) is not None
    before = (tmp_path / "models/3.1.0.sig").read_bytes()
    ran = fairway(*arguments, "risk.key", folder=tmp_path)
    assert ran == (
        "",
        "error: models/3.1.0.sig is there and is not a signature by this key, so it is kept\n"
        "  fix: give --force to replace it, or another --output\n",
        2,
    )
    assert (tmp_path / "models/3.1.0.sig").read_bytes() == before
    assert fairway(*arguments, "risk.key", "--force", folder=tmp_path).code == 0
    assert verify_model(model, model_files(model), [keys.public]) is not None


def test_a_password_comes_from_a_file_or_a_variable(model: Path, tmp_path: Path) -> None:
    _, public = write_keys(
        tmp_path, "locked", ec.generate_private_key(ec.SECP384R1()), "schlüssel".encode()
    )
    (tmp_path / "password").write_text("schlüssel\n", "utf-8")
    (tmp_path / "empty").write_text("\n")
    arguments = ("sign", "models/3.1.0", "--key", "locked.key")
    ran = fairway(*arguments, folder=tmp_path)
    assert ran.code == 2
    assert "locked.key is encrypted, and no password was given" in ran.err
    assert "FAIRWAY_KEY_PASSWORD" in ran.err
    given = fairway(*arguments, "--key-password-file", "password", folder=tmp_path)
    assert given.code == 0, given.err
    variable = {"FAIRWAY_KEY_PASSWORD": "schlüssel"}
    assert fairway(*arguments, folder=tmp_path, surroundings=variable).code == 0
    wrong = fairway(*arguments, folder=tmp_path, surroundings={"FAIRWAY_KEY_PASSWORD": "x"})
    assert (wrong.code, wrong.out) == (2, "")
    assert "the password is wrong" in wrong.err
    for name, message in (("empty", "holds no password"), ("absent", "no such file")):
        ran = fairway(*arguments, "--key-password-file", name, folder=tmp_path)
        assert ran.code == 2
        assert message in ran.err
    assert verify_model(model, model_files(model), [load_public_key(public)]) is not None


def test_other_keys_and_other_models_are_refused(model: Path, tmp_path: Path) -> None:
    make_pair(tmp_path, "risk")
    write_keys(tmp_path, "rsa", rsa.generate_private_key(65537, 2048))
    (tmp_path / "models/empty").mkdir()
    (tmp_path / "models/linked").mkdir()
    (tmp_path / "models/linked/model.skops").symlink_to(model / "model.skops")
    for path, key, message in (
        ("models/3.1.0", "rsa.key", "rsa.key holds an RSA key of 2048 bits"),
        ("models/3.1.0", "absent.key", "absent.key: the private key cannot be read"),
        ("models/empty", "risk.key", "the folder holds no files"),
        ("models/linked", "risk.key", "model.skops is a symbolic link"),
        ("models/absent", "risk.key", "does not exist"),
    ):
        ran = fairway("sign", path, "--key", key, folder=tmp_path)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err
        assert "Traceback" not in ran.err
    assert not list((tmp_path / "models").glob("*.sig"))


def test_a_signature_that_cannot_be_written_leaves_nothing(
    model: Path, keys: KeyPair, tmp_path: Path
) -> None:
    ran = fairway(
        "sign", "models/3.1.0", "--key", "risk.key", "--output", "nowhere/s", folder=tmp_path
    )
    assert ran.code == 3
    assert "nowhere/s: cannot be written: no such file or directory" in ran.err
    assert not (tmp_path / "nowhere").exists()
