"""Workflows hold least permissions, run pinned actions and pass zizmor."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from project.tree import ROOT, below

FILES = [name for name in below(".github") if name.endswith((".yml", ".yaml"))]
WORKFLOWS = [name for name in FILES if name.startswith(".github/workflows/")]
USES = re.compile(r"uses:\s*(\S+)(.*)")
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def load(name: str) -> dict[object, object]:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def test_zizmor_finds_nothing():
    done = subprocess.run(
        [Path(sys.executable).parent / "zizmor", "--offline", "--no-progress",
         "--persona=auditor", "--no-config", ".github"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", FILES)
def test_actions_are_pinned_by_commit(name: str):
    for used, comment in USES.findall((ROOT / name).read_text("utf-8")):
        if used.startswith("./"):
            continue
        assert PINNED.fullmatch(used), f"{name}: {used}"
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), (
            f"{name}: {used}: say which version it is"
        )


@pytest.mark.parametrize("name", WORKFLOWS)
def test_jobs_are_bounded(name: str):
    workflow = load(name)
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 30
        assert set(job["permissions"].values()) <= {"read", "write"}
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_tests_run_on_every_python_that_is_declared():
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "classifiers"
    ]
    declared = [c.rpartition(" ")[2] for c in classifiers if re.search(r":: 3\.\d+$", c)]
    job = load(".github/workflows/ci.yml")["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == declared
    assert job["steps"][-1] == {"run": ".ci/run"}
