"""Which layout a model's files have, and what part each file plays in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

Role = Literal["any", "variables", "metadata", "code"]
"""How a file is read: by its kind, as raw numbers, as Keras's metadata, or as Python source."""
_GRAPH = "saved_model.pb"
_VARIABLES = re.compile(r"variables/variables\.(index|data-\d{5}-of-\d{5})", re.ASCII)
_METADATA = ("keras_metadata.pb", "fingerprint.pb")


class Layout(NamedTuple):
    """A layout: the format that the folder's files make together, or None for a single file.

    ``graph`` is where a SavedModel's graph is; names are those that the readers themselves use.
    """

    kind: Literal["mlflow", "savedmodel", "python"] | None
    graph: str
    folder: str

    def role(self, name: str) -> Role:
        """Return how the file ``name`` is read."""
        if name.lower().endswith((".py", ".pyw")):
            return "code"
        inner = name.removeprefix(self.folder)
        if self.graph and name.startswith(self.folder):
            if _VARIABLES.fullmatch(inner):
                return "variables"
            if inner in _METADATA:
                return "metadata"
        return "any"


def layout_of(names: Collection[str]) -> Layout:
    """Return the layout that readers would see in a folder of these files."""
    graphs = sorted(name for name in names if PurePosixPath(name).name == _GRAPH)
    graph = graphs[0] if len(graphs) == 1 else ""
    folder = graph.removesuffix(_GRAPH)
    if "MLmodel" in names:
        return Layout("mlflow", graph, folder)
    if _GRAPH in names:
        return Layout("savedmodel", _GRAPH, "")
    if any(name.endswith(".py") for name in names):
        return Layout("python", "", "")
    return Layout(None, "", "")
