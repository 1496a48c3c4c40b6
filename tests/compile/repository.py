"""A small GitOps repository in a folder, and the compile command run in it, in this process."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml
from click.testing import CliRunner
from workspace import PROJECT, Document, GeneratedSpec, write_spec, yaml_text

from fairway.cli import cli
from fairway.errors import FairwayError

SCORER: Document = {
    "apiVersion": "fairway.dev/v1",
    "kind": "ModelDeployment",
    "metadata": {"name": "scorer", "team": "payments", "owners": ["@ml"]},
    "model": {"framework": "sklearn", "format": "skops"},
    "versions": {"1.0": "./models/1.0", "2.0": "./models/2.0"},
    "serving": {"resources": {"cpu": 1, "memory": "1Gi"}, "callers": [{"gateway": "public"}]},
    "release": {"stable": "1.0", "strategy": {"rolling": {}}},
}


@dataclass(frozen=True)
class Done:
    """What a run said: its exit code, its report, and its conversation on stderr."""

    code: int
    report: str
    said: str


class Repository:
    """The folder ``root`` with ``specs/`` and ``rendered/``; commands run inside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "rendered"
        (root / "specs").mkdir()
        self.project(lambda document: None)

    def project(self, change: Callable[[Document], None]) -> None:
        """Write the project file, changed from the usual one."""
        document = copy.deepcopy(PROJECT)
        change(document)
        (self.root / "specs" / "fairway.yaml").write_text(yaml_text(document), encoding="utf-8")

    def write(self, name: str = "scorer", /, **parts: Any) -> None:
        """Write a deployment; ``parts`` replace the top-level parts of the usual one."""
        document = {**copy.deepcopy(SCORER), **parts}
        document["metadata"] = {**SCORER["metadata"], "name": name}
        write_spec(self.root / "specs", GeneratedSpec(document))

    def release(self, strategy: Document, name: str = "scorer", **release: Any) -> None:
        """Write a deployment with this release, of version 1.0 unless ``release`` says another."""
        self.write(name, release={"stable": "1.0", **release, "strategy": strategy})

    def delete(self, name: str) -> None:
        """Remove a deployment's folder."""
        shutil.rmtree(self.root / "specs" / name)

    def run(self, command: str, *arguments: str) -> Done:
        """Run a command of the command line, as ``fairway`` does."""
        before = Path.cwd()
        os.chdir(self.root)
        try:
            result = CliRunner().invoke(cli, [command, *arguments], standalone_mode=False)
        finally:
            os.chdir(before)
        if isinstance(result.exception, FairwayError):
            return Done(result.exception.exit_code, result.stdout, result.exception.message)
        if isinstance(result.exception, click.ClickException):
            return Done(2, result.stdout, result.exception.message)
        if result.exception is not None:
            raise result.exception
        return Done(result.return_value or 0, result.stdout, result.stderr)

    def compile(self, *arguments: str) -> Done:
        """Run ``fairway compile``."""
        return self.run("compile", *arguments)

    def compiled(self, *arguments: str) -> Done:
        """Run ``fairway compile``, which must find nothing."""
        done = self.compile(*arguments)
        assert done.code == 0, done.report + done.said
        return done

    def tree(self) -> Mapping[str, bytes]:
        """Return the files of the output by path."""
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in sorted(self.out.rglob("*"))
            if path.is_file()
        }

    def index(self) -> Document:
        """Return the output's index."""
        index: Document = json.loads((self.out / "index.json").read_bytes())
        return index

    def entry(self, name: str = "scorer", environment: str = "staging") -> Document:
        """Return what the index says of a deployment in an environment."""
        (found,) = [
            entry
            for entry in self.index()["deployments"]
            if (entry["name"], entry["environment"]) == (name, environment)
        ]
        return dict(found)

    def objects(self, name: str = "scorer", environment: str = "staging") -> list[Document]:
        """Return the objects of a manifest."""
        text = (self.out / environment / name / "manifest.yaml").read_text("utf-8")
        return list(yaml.load_all(text, yaml.CSafeLoader))

    def workloads(self, name: str = "scorer", environment: str = "staging") -> list[str]:
        """Return the names of the workloads of a manifest."""
        found = self.objects(name, environment)
        return [o["metadata"]["name"] for o in found if o["kind"] == "Deployment"]

    def weights(self, name: str = "scorer", environment: str = "staging") -> dict[str, int]:
        """Return the weight of each backend of a manifest's route."""
        (route,) = [o for o in self.objects(name, environment) if o["kind"] == "HTTPRoute"]
        return {b["name"]: b["weight"] for b in route["spec"]["rules"][0]["backendRefs"]}
