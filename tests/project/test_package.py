"""What is published holds the engine and its packs, and needs only what it declares."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from project.tree import ROOT, below

pytestmark = pytest.mark.slow
ROOMS = {
    "compiler/fairway": "fairway",
    "targets": "fairway/targets",
    "policies": "fairway/policies",
}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that has the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    constraints = ROOT / ".github" / "constraints.txt"
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--constraint", constraints, wheel, cwd=folder)
    return folder / "bin"


def test_wheel_holds_the_three_rooms_and_nothing_else(wheel: Path):
    expected = {
        name.replace(room, inside, 1) for room, inside in ROOMS.items() for name in below(room)
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    assert "fairway/py.typed" in names


def test_wheel_says_what_it_is(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
        names = archive.namelist()
    assert "License-Expression: Apache-2.0" in text
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_sdist_can_be_built_and_tested(dist: Path):
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "Makefile"} <= names
    rooms = below("compiler", "targets", "policies", "specs", "tests")
    assert set(rooms) <= names


@pytest.mark.parametrize("policies", [False, True], ids=["no policies", "policies"])
def test_wheel_is_built_with_and_without_policies(policies: bool, tmp_path: Path):
    wanted = ["LICENSE", "README.md", "pyproject.toml", *below("compiler", "targets")]
    for name in wanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    if policies:
        (tmp_path / "policies/security").mkdir(parents=True)
        (tmp_path / "policies/security/example.yaml").write_text("rule: security/example\n")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist", cwd=tmp_path)
    (path,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    assert ("fairway/policies/security/example.yaml" in names) == policies


def test_only_what_is_declared_is_installed(installed: Path):
    listed = run(installed / "python", "-m", "pip", "list", "--format=freeze", cwd=installed)
    names = {line.partition("==")[0].lower() for line in listed.stdout.splitlines()}
    assert names.isdisjoint({"numpy", "scikit-learn", "kserve", "httpx", "pytest", "rich"})


def test_installed_program_compiles_from_anywhere(installed: Path, tmp_path: Path):
    fleet = tmp_path / "some where" / "fleet"
    shutil.copytree(ROOT / "specs", fleet)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    fairway = installed / "fairway"
    assert "no findings" in run(fairway, "validate", fleet, cwd=elsewhere).stdout
    run(fairway, "compile", fleet, "--out", "out", cwd=elsewhere)
    assert (elsewhere / "out/production/tumour-screening/manifest.yaml").is_file()
    assert (
        "all current"
        in run(fairway, "compile", fleet, "--out", "out", "--check", cwd=elsewhere).stderr
    )
    # The same bytes as from the checkout.
    run(sys.executable, "-m", "fairway", "compile", fleet, "--out", "own", cwd=elsewhere)
    made, own = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (elsewhere / "out", elsewhere / "own")
    )
    assert made == own


def test_every_command_has_help(installed: Path, tmp_path: Path):
    commands = ROOT / "compiler/fairway/cli/commands"
    names = [path.stem.replace("_", "-") for path in commands.glob("[a-z]*.py")]
    assert "validate" in names
    for name in names:
        assert "Usage: fairway " in run(installed / "fairway", name, "--help", cwd=tmp_path).stdout
