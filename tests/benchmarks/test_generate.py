"""The generated fleet: the same bytes every time, without findings, and it compiles."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPECS = 60


def generate(out: Path, seed: int, hash_seed: str, specs: int = SPECS) -> dict[str, str]:
    """Generate a fleet in a process of its own; return the digest of every file."""
    script = ROOT / "benchmarks" / "generate.py"
    command = [sys.executable, str(script), str(out), "--specs", str(specs), "--seed", str(seed)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def fairway(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fairway", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    out = tmp_path_factory.mktemp("fleet") / "one"
    return out, generate(out, seed=1, hash_seed="1")


def test_the_same_seed_gives_the_same_bytes(
    fleet: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    assert generate(tmp_path / "again", seed=1, hash_seed="4242") == fleet[1]


def test_another_seed_gives_another_fleet(
    fleet: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    other = generate(tmp_path / "other", seed=2, hash_seed="1")
    shared = [path for path, digest in other.items() if fleet[1].get(path) == digest]
    assert shared == ["fairway.yaml"]


def test_a_smaller_fleet_begins_a_larger_one(
    fleet: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    assert generate(tmp_path / "few", 1, "7", specs=7).items() <= fleet[1].items()


def test_every_spec_is_free_of_findings_and_locked(fleet: tuple[Path, dict[str, str]]) -> None:
    for verb in (("validate",), ("lock", "--check")):
        done = fairway(*verb, fleet[0], cwd=fleet[0])
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{SPECS} deployments" in done.stdout
        assert "no findings" in done.stdout


def test_every_spec_compiles(fleet: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    out = tmp_path / "rendered"
    done = fairway("compile", fleet[0], "--out", out, cwd=fleet[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(out.glob("production/*/manifest.yaml"))) <= SPECS
    names = {path.parent.name for path in out.glob("*/*/manifest.yaml")}
    assert len(names) == SPECS
    again = fairway("compile", fleet[0], "--out", out, "--check", cwd=fleet[0])
    assert again.returncode == 0, again.stdout


def test_specs_vary(fleet: tuple[Path, dict[str, str]]) -> None:
    text = "\n".join(path.read_text("utf-8") for path in fleet[0].rglob("deployment.yaml"))
    for written in (
        "framework: sklearn", "framework: onnx", "framework: python", "format: joblib",
        "runtime: image", "blueGreen", "rolling", "canary", "shadow", "cohort", "egress",
        "secrets", "gateway: internal", "hosts", "&two", "*two", ">-", '"@', "# ", "- {",
        "environments",
    ):  # fmt: skip
        assert written in text, written
