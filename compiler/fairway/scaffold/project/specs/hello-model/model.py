"""A linear model in plain numpy; any class with ``load`` and ``predict`` can stand here."""

import json
from pathlib import Path

import numpy as np


class Model:
    """Answers ``score``, the weighted sum of a row's two features plus a bias."""

    def load(self, path: str) -> None:
        """Read the version's files; ``path`` is their folder."""
        parameters = json.loads((Path(path) / "parameters.json").read_text())
        self._weights = np.array(parameters["weights"])
        self._bias = parameters["bias"]

    def predict(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return one score a row."""
        return {"score": inputs["features"] @ self._weights + self._bias}
