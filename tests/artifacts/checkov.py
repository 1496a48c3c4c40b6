"""Checkov in a virtual environment of its own, made once, and run without a network."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-checkov"
COMMAND = FOLDER / "bin" / "checkov"
# Not in the constraints: what it pins contradicts what we use.
REQUIREMENT = "checkov==3.3.30"
_READY = FOLDER / "ready.txt"
# Nothing listens there, so whatever asks the network fails at once.
_NOWHERE = "http://127.0.0.1:9"


class NotInstalledError(Exception):
    """Checkov could not be installed; the message is pip's last words."""


@dataclass(frozen=True, order=True)
class Check:
    """One check of one resource."""

    name: str
    file: str
    resource: str


@dataclass(frozen=True)
class Report:
    """What checkov found in a folder; files are named from that folder."""

    passed: frozenset[Check]
    failed: frozenset[Check]
    skipped: int
    unread: int

    @property
    def files(self) -> set[str]:
        """The files that were checked."""
        return {check.file for check in self.passed | self.failed}

    def failed_in(self, folder: str) -> set[str]:
        """Return the names of the checks that fail in a folder of the folder."""
        return {check.name for check in self.failed if check.file.startswith(f"{folder}/")}


def make() -> Path:
    """Return the command, after installing it if need be; other processes wait."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "making.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _READY.is_file() and _READY.read_text("utf-8") == REQUIREMENT:
            return COMMAND
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        install = [FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet"]
        done = subprocess.run(
            [*install, "--disable-pip-version-check", REQUIREMENT],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NotInstalledError(" / ".join(done.stderr.strip().splitlines()[-3:]))
        _READY.write_text(REQUIREMENT, "utf-8")
        return COMMAND


def scan(folder: Path, home: Path) -> Report:
    """Run the checks of Kubernetes objects and Dockerfiles on a folder.

    ``home`` is an empty folder: what the machine or the repository configures does not count.
    """
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), _NOWHERE)
    done = subprocess.run(
        [COMMAND, "--directory", folder, "--framework", "kubernetes", "dockerfile",
         "--skip-download", "--compact", "--output", "json"],
        cwd=home, env={**kept, **proxies, "HOME": str(home), "LC_ALL": "C.UTF-8"},
        capture_output=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    # An empty folder, and one framework, have reports of other shapes.
    answer = json.loads(done.stdout)
    reports = answer if isinstance(answer, list) else [answer]
    return Report(
        passed=frozenset(_checks(reports, "passed_checks")),
        failed=frozenset(_checks(reports, "failed_checks")),
        skipped=sum(report["summary"]["skipped"] for report in reports),
        unread=sum(report["summary"]["parsing_errors"] for report in reports),
    )


def _checks(reports: list[dict[str, Any]], kind: str) -> list[Check]:
    return [
        Check(found["check_id"], found["file_path"].removeprefix("/"), found["resource"])
        for report in reports
        for found in report["results"][kind]
    ]


if __name__ == "__main__":
    print(make())
