"""``python -m fairway.evidence.isolation.worker``: load one model and answer every row.

The model gets inputs only, never the target, and gives arrays of the contract's types; metrics
are computed elsewhere, by code that the model's own cannot touch.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from fairway.serve.options import parse

INPUTS: Final = "inputs.npz"
ANSWERS: Final = "answers.npz"
STATUS: Final = "status.json"
_BATCH: Final = 1000


def main() -> None:
    """Answer ``inputs.npz`` into ``answers.npz``; ``status.json`` says how that went.

    The first argument is the folder of the three files, the others are the model server's flags.
    Arrays are called ``input0``, ``output1`` by their place in the contract: a name inside an
    archive is a path.
    """
    folder = Path(sys.argv[1])
    try:
        _answer(folder, sys.argv[2:])
        error = None
    except MemoryError:
        raise  # with its name in the log, and no more work in what memory is left
    except Exception as failure:  # noqa: BLE001 - the model's code may raise anything
        error = f"{type(failure).__name__}: {failure}"
    (folder / STATUS).write_text(json.dumps({"error": error and error[:2000]}), "utf-8")


def _answer(folder: Path, flags: list[str]) -> None:
    import numpy as np

    from fairway.serve.contract import Contract
    from fairway.serve.model import ServedModel, load_predictor

    options = parse(flags)
    contract = Contract.model_validate_json(options.contract.read_bytes())
    with np.load(folder / INPUTS, allow_pickle=True) as saved:
        # Object arrays hold text; the file is ours, and no model has run yet.
        inputs = {tensor.name: saved[f"input{i}"] for i, tensor in enumerate(contract.inputs)}
    predictor = load_predictor(options, contract)
    model = ServedModel(options.name, options.version, contract, predictor, 1)
    rows = len(next(iter(inputs.values())))
    parts = [
        model.answer(
            {name: array[start : start + _BATCH].copy() for name, array in inputs.items()},
            contract.outputs,
        )
        for start in range(0, rows, _BATCH)
    ]
    answers = {
        f"output{position}": np.concatenate([part[output.name] for part in parts])
        for position, output in enumerate(contract.outputs)
    }
    plain = {
        name: array.astype(str) if array.dtype.kind in "OS" else array
        for name, array in answers.items()
    }
    np.savez(folder / ANSWERS, allow_pickle=False, **plain)


if __name__ == "__main__":
    main()
