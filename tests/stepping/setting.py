"""A project in a git repository, whose commits are dated, and the commands run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cases.run_case import BASE, lay_out
from cli.streams import Streams

BEGIN = datetime(2026, 11, 1, 9, tzinfo=UTC)
SPEC = "specs/churn/deployment.yaml"
LOCK = "specs/churn/deployment.lock.json"
HEAD = """\
apiVersion: fairway.dev/v1
kind: ModelDeployment
metadata:
  name: churn
  team: growth
  owners: ["@growth-ml"]
model:
  framework: onnx
  format: onnx
versions:
  "1.0.0": ./models/1.0.0
  "1.1.0": ./models/1.1.0
  "1.2.0": ./models/1.2.0
serving:
  resources: {cpu: 500m, memory: 256Mi}
  callers: [{gateway: internal}]
  auth: {none: the gateway is internal}
"""
CANARY = """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy:
    canary:
      step: 0
      steps:
        - {weight: 5%, hold: 30m}
        - {weight: 25%, hold: 1h}
        - {weight: 50%, hold: 1h}
      gates:
        - {metric: error-ratio, max: 1%}
        - {metric: latency-p95, max: 200ms}
        - {metric: error-ratio, against: stable, within: 0.5pp}
      minRequests: 3000
"""
STAGED = """\
environments:
  staging: {release: {stable: 1.1.0, candidate: null, strategy: {rolling: {}}}}
  production: {}
"""
GOOD = {
    "error-ratio-max-1": {"value": 0.002, "requests": 4210},
    "latency-p95-max-2": {"value": 0.12, "requests": 4210},
    "error-ratio-within-3": {"value": 0.002, "reference": 0.003, "requests": 4210},
}

FORCE = ("--force-reason", "the traffic of the night proves nothing")

Run = Callable[..., Streams]


def at(**later: float) -> str:
    """Return a time after ``BEGIN`` in RFC 3339, such as ``at(hours=1)``."""
    return (BEGIN + timedelta(**later)).isoformat().replace("+00:00", "Z")


class Repository:
    """A project's repository, whose root is the working directory of the commands."""

    def __init__(self, root: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.run = run
        self.monkeypatch = monkeypatch
        lay_out(BASE, root)
        shutil.copytree(root / "specs/churn/models/1.1.0", root / "specs/churn/models/1.2.0")
        lock = json.loads(self.lock.read_text("utf-8"))
        lock["versions"]["1.2.0"] = {**lock["versions"]["1.1.0"], "uri": "./models/1.2.0"}
        lock["versions"]["1.2.0"]["digest"] = f"sha256:{'12' * 32}"
        self.lock.write_text(json.dumps(lock, indent=2) + "\n", "utf-8")
        self.project(requires=[])
        self.git("init", "-q", "-b", "main", ".")
        self.git("config", "user.name", "Ann")
        self.git("config", "user.email", "ann@example.com")
        self.git("config", "commit.gpgsign", "false")

    @property
    def spec(self) -> Path:
        return self.root / SPEC

    @property
    def lock(self) -> Path:
        return self.root / LOCK

    def project(self, **production: Any) -> None:
        """Write the project file, with other fields for production."""
        document = yaml.safe_load((BASE / "fairway.yaml").read_text("utf-8"))
        document["environments"]["production"].update(production)
        text = yaml.safe_dump(document, sort_keys=False)
        (self.root / "specs/fairway.yaml").write_text(text, "utf-8")

    def git(self, *arguments: str, time: str | None = None) -> str:
        dates = {} if time is None else {"GIT_AUTHOR_DATE": time, "GIT_COMMITTER_DATE": time}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **dates, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, text: str | None = None, time: str = at()) -> str:
        """Write the spec, commit everything at a time, and return the hash."""
        if text is not None:
            self.spec.write_bytes(text.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a change", time=time)
        return self.git("rev-parse", "HEAD").strip()

    def move(self, *arguments: str, time: str) -> Streams:
        """Run a command at a time, which a commit that it makes has as well."""
        with self.monkeypatch.context() as patch:
            patch.setenv("GIT_AUTHOR_DATE", time)
            patch.setenv("GIT_COMMITTER_DATE", time)
            return self.run(*arguments, "--now", time)

    def compiles(self) -> None:
        """Compile the project into its output folder, which is what a controller would apply."""
        done = self.run("compile", "specs", "--out", str(self.root.parent / "rendered"))
        assert done.code == 0, done.out + done.err

    def step(self, number: int, text: str = HEAD + CANARY + STAGED) -> str:
        """Return the spec with its canary at a step."""
        assert text.count("step: 0") == 1
        return text.replace("step: 0", f"step: {number}")

    def measured(self, end: str, readings: Mapping[str, Any] = GOOD, **other: Any) -> str:
        """Write a file of readings over the half hour before ``end``; return its path."""
        asked = self.run("advance", SPEC, "--env", "production", "--questions", "--now", end)
        assert asked.code == 0, asked.err
        start = datetime.fromisoformat(end) - timedelta(minutes=30)
        head = {**json.loads(asked.out), "from": start.isoformat(), "to": end}
        path = self.root.parent / "metrics.json"
        path.write_text(json.dumps({**head, "readings": readings, **other}), "utf-8")
        return str(path)

    def release(self, environment: str = "production") -> Any:
        """Return the release that the spec on disk has in an environment, overrides merged."""
        from fairway.stepping.subject import load

        return load(str(self.spec)).states[environment]

    def served(self) -> dict[str, list[tuple[str, str]]]:
        """Return what the lock says has served: versions, and since when."""
        served = json.loads(self.lock.read_text("utf-8"))["served"]
        return {
            name: [(each["version"], each["since"]) for each in every]
            for name, every in served.items()
        }


def begun(repository: Repository, step: int = 1) -> None:
    """Commit the canary at a step, which begins then."""
    repository.commit(repository.step(step))


def untouched(repository: Repository) -> bool:
    """Return whether every file is as it was committed."""
    return repository.git("status", "--porcelain", "-uno") == ""
