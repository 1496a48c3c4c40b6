"""Both sets of hooks run under pre-commit itself: the project's own, and those for its users."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from project.tree import ROOT, tracked_files

pytestmark = pytest.mark.slow
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Repository:
    """A git repository of the test's own, with pre-commit's cache beside it."""

    folder: Path
    cache: Path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        own |= {"PRE_COMMIT_HOME": str(self.cache), "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1"}  # fmt: skip
        return subprocess.run(
            command, cwd=self.folder, env={**own, **environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
        done = self.run("git", *identity, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=All files", "--no-verify")
        return self.git("rev-parse", "HEAD")

    def pre_commit(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "pre_commit", *arguments, **environment)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A clone of the working tree as it is."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = tmp_path_factory.mktemp("hooks")
    repository = Repository(folder / "fairway", folder / "cache")
    for name in tracked_files():
        target = repository.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    repository.commit()
    return repository


@pytest.fixture(scope="module")
def fleet(checkout: Repository) -> Repository:
    """A user's repository: specs, their compiled output, and the hooks."""
    repository = Repository(checkout.folder.parent / "fleet", checkout.cache)
    shutil.copytree(ROOT / "specs", repository.folder / "specs")
    done = repository.run(sys.executable, "-m", "fairway", "compile")
    assert done.returncode == 0, done.stdout
    hooks = [{"id": hook["id"]} for hook in HOOKS]
    revision = checkout.git("rev-parse", "HEAD")
    config = {"repos": [{"repo": str(checkout.folder), "rev": revision, "hooks": hooks}]}
    (repository.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    repository.commit()
    return repository


def test_own_hooks_find_nothing(checkout: Repository):
    (checkout.folder / ".venv").symlink_to(sys.prefix)
    # Steps of `make lint`.
    skipped = "mypy,ruff-check,ruff-format"
    done = checkout.pre_commit("run", "--all-files", "--show-diff-on-failure", SKIP=skipped)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") >= 9


def test_manifest_is_valid(checkout: Repository):
    done = checkout.pre_commit("validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout


def test_users_hooks(fleet: Repository):
    done = fleet.pre_commit("run", "--all-files", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2

    spec = fleet.folder / "specs/tumour-screening/deployment.yaml"
    good = spec.read_text("utf-8")
    # A change that is right, but not compiled.
    assert "peak: 60/s" in good
    spec.write_text(good.replace("max: 6", "max: 7"), "utf-8")
    done = fleet.pre_commit("run", "--files", str(spec))
    assert done.returncode == 1
    assert re.search(r"fairway validate\.+Passed", done.stdout)
    assert "output/stale" in done.stdout
    assert "rendered/production/tumour-screening/manifest.yaml" in done.stdout
    # A change that is wrong.
    spec.write_text(good.replace("stable: 1.0.0", "stable: 9.9.9"), "utf-8")
    done = fleet.pre_commit(
        "run", "fairway-validate", "--files", "specs/tumour-screening/contract.json"
    )
    spec.write_text(good, "utf-8")
    assert done.returncode == 1
    assert "specs/tumour-screening/deployment.yaml:" in done.stdout
    assert "9.9.9" in done.stdout


@pytest.mark.parametrize(
    ("path", "watched"),
    [
        ("specs/a/deployment.yaml", True),
        ("deployment.yaml", True),
        ("specs/fairway.yaml", True),
        ("specs/a/deployment.lock.json", True),
        ("specs/a/contract.json", True),
        ("specs/a/waivers.yaml", True),
        ("specs/a/my-deployment.yaml", False),
        ("rendered/production/a/manifest.yaml", False),
        ("README.md", False),
    ],
)
def test_files_that_validation_watches(path: str, watched: bool):
    (hook,) = (hook for hook in HOOKS if hook["id"] == "fairway-validate")
    assert bool(re.search(hook["files"], path)) == watched
