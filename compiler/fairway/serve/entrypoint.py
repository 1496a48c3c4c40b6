"""Models that are a Python class of the team's own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, cast

import numpy as np

from fairway.serve.errors import ModelError, StartupError
from fairway.serve.signature import OutputTensor
from fairway.serve.tensor import Array


class UserModel(Protocol):
    """What the class behind ``--entrypoint`` has; it is made without arguments."""

    def load(self, path: str) -> None:
        """Prepare for predictions; ``path`` is the folder of the model's files."""

    def predict(self, inputs: dict[str, Array]) -> Mapping[str, Array]:
        """Return an array for every output; rows are the first dimension.

        Raise ``kserve.errors.InvalidInput`` to tell the caller that the request is wrong.
        """


class Entrypoint:
    """An instance of a class named ``file.py:Class``, the file inside the model's folder."""

    def __init__(self, folder: Path, entrypoint: str) -> None:
        self._model: Final = _instance(folder, entrypoint)
        self._model.load(str(folder))

    def predict(
        self, inputs: Mapping[str, Array], wanted: Sequence[OutputTensor]
    ) -> Mapping[str, Array]:
        """Call the class once; it answers all outputs, of which the wanted are kept."""
        answers = self._model.predict(dict(inputs))
        missing = [output.name for output in wanted if output.name not in answers]
        if missing:
            raise ModelError(f"predict gave no output {missing[0]!r}")
        return {output.name: np.asarray(answers[output.name]) for output in wanted}


def _instance(folder: Path, entrypoint: str) -> UserModel:
    file, _, name = entrypoint.partition(":")
    path = (folder / file).resolve()
    if not name or path.suffix != ".py" or not path.is_relative_to(folder.resolve()):
        raise StartupError(f"--entrypoint {entrypoint!r} is not FILE.py:CLASS inside the model")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise StartupError(f"--entrypoint: {path} is not a file")
    # Modules beside the file are importable from it, and nothing is written beside them.
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(path.parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    cls = getattr(module, name, None)
    if not isinstance(cls, type):
        raise StartupError(f"--entrypoint: {file} has no class {name}")
    lacking = [method for method in ("load", "predict") if not callable(getattr(cls, method, None))]
    if lacking:
        raise StartupError(f"--entrypoint: {name} has no method {lacking[0]}")
    return cast(UserModel, cls())
