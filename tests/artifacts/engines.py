"""Commands built once from Go modules: Conftest and Kyverno, and what they answer; others too."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "engines"
# The commands run for seconds, so that compiling them fast is worth more than their speed.
_BUILD = ("go", "build", "-gcflags=all=-N -l", "-ldflags=-s -w")


class Engine(NamedTuple):
    """A command of a Go module, or with ``source`` one of ours that uses the module.

    ``replace`` is what the module's own go.mod replaces, as far as it matters here.
    """

    name: str
    package: str
    module: str
    version: str
    replace: str = ""
    source: Path | None = None

    @property
    def go_mod(self) -> str:
        """A module that has nothing but this command."""
        parts = ["module engine", "go 1.26", f"require {self.module} {self.version}", self.replace]
        return "\n\n".join(parts) + "\n"


CONFTEST = Engine(
    "conftest",
    "github.com/open-policy-agent/conftest",
    "github.com/open-policy-agent/conftest",
    "v0.71.1",
)
KYVERNO = Engine(
    "kyverno",
    "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno",
    "github.com/kyverno/kyverno",
    "v1.19.1",
    "replace k8s.io/pod-security-admission =>"
    " github.com/kyverno/pod-security-admission v0.0.0-20251031094455-46f20778634f",
)


class NotBuiltError(Exception):
    """An engine could not be built; the message is the last words of ``go``."""


def build(engine: Engine) -> Path:
    """Return the engine's command, after building it if need be; other processes wait.

    Takes some minutes of two cores when nothing is in Go's caches.
    """
    if shutil.which("go") is None:
        raise NotBuiltError("Go is not installed")
    folder = FOLDER / f"{engine.name}-{engine.version}"
    folder.mkdir(parents=True, exist_ok=True)
    name = engine.name
    if engine.source is not None:
        text = engine.source.read_bytes()
        name += f"-{hashlib.sha256(text).hexdigest()[:12]}"
    command = folder / name
    with (folder / "building.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not command.is_file():
            (folder / "go.mod").write_text(engine.go_mod, "utf-8")
            if engine.source is not None:
                (folder / "main.go").write_bytes(text)
            made = folder / "unfinished"
            # Tests of other processes have waiting times; these do not.
            done = subprocess.run(
                ["nice", *_BUILD, "-o", made.name, engine.package], cwd=folder,
                env={**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0", "GOWORK": "off"},
                capture_output=True, encoding="utf-8", check=False,
            )  # fmt: skip
            if done.returncode:
                raise NotBuiltError(" / ".join(done.stderr.strip().splitlines()[-3:]))
            made.rename(command)
    return command


def run_conftest(command: Path, policies: Path, where: Path) -> Counter[str]:
    """Return how often each ``deny_…`` rule is broken in a file or folder, by the rule's name."""
    arguments = ["test", "--policy", policies, "--output", "json", "--no-color", where]
    done = _run(command, arguments, policies)
    files = json.loads(done.stdout)
    assert files, done.stderr
    broken = [each for file in files for each in file.get("failures", [])]
    assert done.returncode == bool(broken), done.stderr
    return Counter(each["metadata"]["query"].removeprefix("data.main.deny_") for each in broken)


class Answer(NamedTuple):
    """What Kyverno says: how many rules passed, and how often each policy failed."""

    passed: int
    failed: Counter[str]


def run_kyverno(command: Path, policies: Path, manifests: Iterable[Path]) -> Answer:
    """Return what the policies of a folder say of manifests; no cluster is asked.

    No object may be in two of them: Kyverno puts them all into one cluster that it imagines.
    """
    resources = [word for path in manifests for word in ("--resource", path)]
    report = ["--policy-report", "--output-format", "json", "--remove-color"]
    done = _run(command, ["apply", policies, *resources, *report], policies)
    # Lines for people may come before the report.
    reports = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(reports) == 1, done.stdout + done.stderr
    results = json.loads(reports[0])["results"]
    count = Counter(each["result"] for each in results)
    assert set(count) <= {"pass", "fail"}, done.stdout
    assert done.returncode == bool(count["fail"]), done.stdout + done.stderr
    failed = Counter(each["policy"] for each in results if each["result"] == "fail")
    return Answer(count["pass"], failed)


def _run(
    command: Path, arguments: list[str | Path], folder: Path
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    # A home without a kubeconfig, and a folder without a configuration of theirs.
    return subprocess.run(
        [command, *arguments], cwd=folder, env={**kept, "HOME": str(folder)},
        capture_output=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


if __name__ == "__main__":
    for each in (CONFTEST, KYVERNO):
        print(build(each))
