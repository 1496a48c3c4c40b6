"""The proxy's files: a target rendered for this machine, each written beside and renamed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from fairway.errors import FairwayError
from fairway.packs import pack_folder
from fairway.plan.model import Plan
from fairway.target.load import load_target
from fairway.target.render import Renderer

BOOTSTRAP, CLUSTERS, ROUTES = "bootstrap.yaml", "clusters.yaml", "routes.yaml"

TARGET = "envoy"
"""The target whose templates the local proxy is configured with."""


class ProxyFiles:
    """Renders the envoy target; what an environment's own router is makes no difference."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that the files go to."""
        self._folder = folder
        path = os.path.join(pack_folder("targets"), TARGET, "target.yaml")
        self._renderer = Renderer([load_target(path)], "plan")

    def path(self, name: str) -> Path:
        """Return where a file is."""
        return self._folder / name

    def render(self, plan: Plan) -> Mapping[str, str]:
        """Return the text of each file by its name."""
        artifacts = self._renderer.render(plan, plan.spec, plan.environment)
        return {PurePosixPath(each.path).name: each.text for each in artifacts}

    def write(self, plan: Plan, names: Iterable[str]) -> None:
        """Write the named files of a plan; each is replaced at once and never read halfway."""
        texts = self.render(plan)
        for name in names:
            replace(self.path(name), texts[name])


def replace(path: Path, text: str) -> None:
    """Write a file beside its place and rename it. Raises ``FairwayError``."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(path)
    except OSError as error:
        raise FairwayError(f"{path}: cannot be written: {error.strerror}") from error
