"""A model's answers to rows, from a process of its own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from fairway.evidence.isolation.sandbox import Sandbox, how_it_ended
from fairway.evidence.isolation.worker import ANSWERS, INPUTS, STATUS

if TYPE_CHECKING:
    from fairway.serve.contract import Contract
    from fairway.serve.tensor import Array

_MODULE: Final = "fairway.evidence.isolation.worker"
_MAX_BYTES: Final = 1 << 30


class ModelFailedError(Exception):
    """A model did not load, did not answer, or went over its limits; the message says how."""


class Predictions(NamedTuple):
    """An array for each output of the contract, by name; whether the model had no network."""

    answers: Mapping[str, Array]
    isolated: bool


def predict(
    sandbox: Sandbox, flags: Sequence[str], inputs: Mapping[str, Array], contract: Contract
) -> Predictions:
    """Return a model's answers to all rows; ``flags`` are those of the model server.

    Raises ``ModelFailedError``. What comes back are numbers and text: nothing that the model's
    process wrote is unpickled.
    """
    import numpy as np

    folder = sandbox.folder
    arrays = {f"input{i}": inputs[tensor.name] for i, tensor in enumerate(contract.inputs)}
    np.savez(folder / INPUTS, allow_pickle=True, **arrays)
    ended = sandbox.run(_MODULE, [str(folder), *flags])
    error = _error(folder / STATUS)
    if error is not None:
        raise ModelFailedError(error)
    if ended.code != 0 or not (folder / STATUS).is_file():
        raise ModelFailedError(f"the model {how_it_ended(ended, sandbox.limits)}")
    rows = len(next(iter(inputs.values())))
    return Predictions(_read(folder / ANSWERS, contract, rows), ended.isolated)


def _error(path: Path) -> str | None:
    try:
        status = json.loads(path.read_bytes()[:10_000])
        error = status["error"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return "the model wrote over what its process reports"
    return None if error is None else str(error)


def _read(path: Path, contract: Contract, rows: int) -> dict[str, Array]:
    import numpy as np

    answers: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > _MAX_BYTES:
            raise ModelFailedError(f"the model's answers are larger than {_MAX_BYTES >> 20} MiB")
        with np.load(path, allow_pickle=False) as saved:
            for position, output in enumerate(contract.outputs):
                answers[output.name] = saved[f"output{position}"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFailedError("the model wrote over what its process reports") from error
    for output in contract.outputs:
        shape = answers[output.name].shape
        if shape != (rows, *output.shape[1:]):
            raise ModelFailedError(f"output {output.name!r} has shape {shape} for {rows} rows")
    return answers
