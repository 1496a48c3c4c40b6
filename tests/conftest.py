"""What all tests share: the option that rewrites the golden files, and hypothesis' profile."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from golden.compile_command import GOLDEN, REPOSITORY, compile_command
from hypothesis import settings

# The same examples on every run of CI: a failure there is one that a commit made.
settings.register_profile("fairway", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("fairway")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="compile specs/ into tests/golden/fleet before the tests run",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    on_worker = hasattr(session.config, "workerinput")
    if session.config.getoption("--update-golden") and not on_worker:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "fleet"
            done = compile_command("specs", "--out", out, folder=REPOSITORY)
            if done.returncode:
                pytest.exit(
                    f"the fleet does not compile:\n{done.stdout}{done.stderr}", returncode=2
                )
            shutil.rmtree(GOLDEN, ignore_errors=True)
            shutil.copytree(out, GOLDEN)
