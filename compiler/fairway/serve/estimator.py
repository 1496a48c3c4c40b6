"""Models of scikit-learn, from skops files (types checked first) or joblib files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Protocol

import joblib  # type: ignore[import-untyped,import-not-found,unused-ignore]
import numpy as np
from numpy.typing import ArrayLike

from fairway.serve.contract import Contract
from fairway.serve.errors import Refusal, StartupError
from fairway.serve.signature import OutputTensor
from fairway.serve.tensor import Array

# How scikit-learn refuses 1e308 where it computes in single precision (utils.validation, 1.6-1.9).
_TOO_LARGE = "value too large for dtype"


class _Method(Protocol):
    def __call__(self, features: object, /) -> ArrayLike: ...


def load_skops(path: Path, trusted: Sequence[str]) -> object:
    """Load a skops file whose every type is known to skops or matches a trusted pattern.

    The types are listed without building any object. Raises ``StartupError`` for another type.
    """
    from skops.io import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        get_untrusted_types,
        load,
    )

    types: list[str] = get_untrusted_types(file=path)
    refused = [name for name in types if not any(fnmatchcase(name, p) for p in trusted)]
    if refused:
        raise StartupError(
            f"{path.name} holds types that are not trusted: {', '.join(refused)}; "
            f"trusted are {', '.join(trusted) or 'only those that skops knows'}"
        )
    model: object = load(path, trusted=types)
    return model


def load_joblib(path: Path) -> object:
    """Load a joblib file. This runs whatever code the file says: only for files that are signed."""
    model: object = joblib.load(path)
    return model


class Estimator:
    """A fitted scikit-learn model or pipeline.

    One input goes in as an array. Several inputs are columns side by side. A model that was
    fitted on a data frame gets one again, with the contract's column names.
    """

    def __init__(self, model: object, contract: Contract) -> None:
        self._methods: Final[dict[str, _Method]] = {}
        for output in contract.outputs:
            method: _Method | None = getattr(model, output.method, None)
            if not callable(method):
                raise StartupError(
                    f"output {output.name!r}: {type(model).__name__} has no {output.method}"
                )
            self._methods[output.method] = method
        width = sum(tensor.width for tensor in contract.inputs)
        expected: int = getattr(model, "n_features_in_", width)
        if expected != width:
            raise StartupError(f"the model has {expected} features, the contract {width}")
        if any(len(tensor.shape) > 2 for tensor in contract.inputs):
            raise StartupError("scikit-learn models take inputs of one or two dimensions")
        names = getattr(model, "feature_names_in_", None)
        self._order: Final = None if names is None else _ordered([str(n) for n in names], contract)
        self._columns: Final = _column_names(contract)

    def predict(
        self, inputs: Mapping[str, Array], wanted: Sequence[OutputTensor]
    ) -> Mapping[str, Array]:
        """Call each method once that a wanted output needs."""
        features = self._features([_two_dimensions(array) for array in inputs.values()])
        answers: dict[str, Array] = {}
        # Threads, not processes, for models fitted with n_jobs.
        with joblib.parallel_config(backend="threading"):
            for method in dict.fromkeys(output.method for output in wanted):
                try:
                    answers[method] = np.asarray(self._methods[method](features))
                except ValueError as error:
                    if _TOO_LARGE not in str(error):
                        raise
                    message = "a number is too large for the model, which computes with fewer bits"
                    raise Refusal("range", message) from error
        return {output.name: answers[output.method] for output in wanted}

    def _features(self, blocks: Sequence[Array]) -> object:
        if self._order is None:
            return blocks[0] if len(blocks) == 1 else np.hstack([*blocks])
        import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]

        columns = iter(self._columns)
        frame = {
            next(columns): _pandas_column(block[:, index])
            for block in blocks
            for index in range(block.shape[1])
        }
        return pd.DataFrame({name: frame[name] for name in self._order})


def _column_names(contract: Contract) -> list[str]:
    return [
        name
        for tensor in contract.inputs
        for name in (
            [column.name for column in tensor.columns]
            if tensor.columns
            else [tensor.name] * tensor.width
        )
    ]


def _ordered(names: list[str], contract: Contract) -> list[str]:
    """Return the model's feature names, if the contract has exactly these columns."""
    columns = _column_names(contract)
    if sorted(columns) != sorted(names):
        differing = sorted(set(columns) ^ set(names)) or columns
        raise StartupError(
            "the model was fitted on named columns, and the contract names others: "
            + ", ".join(differing[:10])
        )
    return names


def _two_dimensions(array: Array) -> Array:
    return array if array.ndim == 2 else array.reshape(-1, 1)


def _pandas_column(values: Array) -> Array:
    """Text columns with NaN for null, as pandas reads them from files."""
    if values.dtype.kind != "O":
        return values
    return np.array([np.nan if value is None else value for value in values.tolist()], dtype=object)
