"""``fairway test`` as people run it: the fleet's own models, dates, keys and exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.command import fairway
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from evidence.deployments import NOW, Deployment, trained

from fairway.signing import dsse
from fairway.signing.keys import load_private_key

pytestmark = pytest.mark.slow
SPECS = Path(__file__).parents[2] / "specs"
Make = Callable[..., Deployment]


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """The living fleet without its evidence."""
    ignore = shutil.ignore_patterns("evidence", "training", "__pycache__")
    shutil.copytree(SPECS, tmp_path / "specs", ignore=ignore)
    return tmp_path / "specs"


@pytest.mark.parametrize(
    ("name", "version"),
    [("tumour-screening", "1.1.0"), ("diabetes-progression", "1.1.0"), ("digit-reader", "1.0.0")],
)
def test_the_fleets_models_pass(specs: Path, name: str, version: str) -> None:
    ran = fairway("test", f"specs/{name}", "--version", version, "--now", NOW, folder=specs.parent)
    assert ran.out == "1 deployment in 2 files: no findings\n", ran
    assert ran.code == 0
    assert f"specs/{name}/evidence/{version}.report.html: PASSED, " in ran.err
    statement = json.loads((specs / name / f"evidence/{version}.test-result.json").read_bytes())
    assert statement["predicate"]["failedTests"] == []
    assert statement["subject"][0]["name"] == f"{name}/{version}"


def test_a_signed_result_is_dated_by_the_commit(deployment: Make, tmp_path: Path) -> None:
    made = deployment(metrics=[{"name": "accuracy", "min": 0.99}])
    made.joblib(v1_0_0=trained()).lay_out()
    who = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")}  # fmt: skip
    who |= {"GIT_COMMITTER_DATE": "2026-10-05T12:00:00+02:00", "HOME": str(tmp_path),
            "PATH": os.environ["PATH"]}  # fmt: skip
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, env=who, check=True)
    key = tmp_path / "model.key"
    key.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"hush"),
        )
    )
    password = {"FAIRWAY_KEY_PASSWORD": "hush"}
    arguments = ("test", "--sign", "model.key", "--format", "json")
    ran = fairway(*arguments, folder=tmp_path, surroundings=password)
    assert ran.code == 1, ran
    (found,) = json.loads(ran.out)["findings"]
    assert found["rule"] == "evidence/threshold"
    envelope = json.loads((made.evidence / "1.0.0.test-result.json").read_bytes())
    verified = dsse.verify(envelope, [load_private_key(key, b"hush").public])
    assert verified.payload_type == "application/vnd.in-toto+json"
    assert json.loads(verified.payload)["predicate"]["result"] == "FAILED"
    assert made.report()["time"] == "2026-10-05T10:00:00Z"
    wrong = fairway(*arguments, folder=tmp_path, surroundings={"FAIRWAY_KEY_PASSWORD": "loud"})
    assert wrong.code == 2
    assert "password is wrong" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "is in no git repository with a commit"),
        (("--now", "yesterday"), "'yesterday' is not a time with a zone"),
        (("--now", "2026-11-01T09:00:00"), "is not a time with a zone"),
        (("--now", NOW, "--version", "9"), "no spec has a version 9 to test"),
        (("--now", NOW, "--memory", "lots"), "--memory, --timeout"),
        (("--now", NOW, "--sign", "missing.key"), "cannot be read"),
    ],
)
def test_wrong_usage_is_said_before_a_model_is_loaded(
    deployment: Make, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    made = deployment().joblib(v1_0_0=trained()).lay_out()
    ran = fairway("test", *arguments, folder=tmp_path)
    assert ran.code == 2, ran
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert made.written() == []
