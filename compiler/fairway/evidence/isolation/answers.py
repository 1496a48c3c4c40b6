"""Answers of a model server, held against the contract."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fairway.evidence.isolation.requests import flat
from fairway.serve.contract import Contract
from fairway.serve.signature import whole_range

REFUSALS = (400, 413)
"""A request that is wrong, and one whose body is too large."""


def fault_of(contract: Contract, status: int, body: bytes, rows: int) -> str | None:
    """Say what is wrong with an answer: None for a refusal, or a prediction that is as promised."""
    if status in REFUSALS:
        return None
    if status != 200:
        return f"the answer was {status}"
    outputs = outputs_of(body)
    if outputs is None:
        return "the answer was no prediction"
    for output in contract.outputs:
        found = outputs.get(output.name)
        if found is None:
            return f"the answer has no output {output.name!r}"
        shape = [rows, *output.shape[1:]]
        data = found.get("data")
        if found.get("datatype") != output.datatype or found.get("shape") != shape:
            return f"output {output.name!r} is not {output.datatype} of shape {shape}"
        if not isinstance(data, list) or len(data) != math.prod(shape):
            return f"output {output.name!r} does not have its {math.prod(shape)} values"
        if not all(_fits(output.datatype, value) for value in data):
            return f"output {output.name!r} has values that are not {output.datatype}"
    return None


def outputs_of(body: bytes) -> dict[str, Mapping[str, Any]] | None:
    """Return the outputs of a prediction by name, None when it is none."""
    try:
        return {str(output["name"]): output for output in json.loads(body)["outputs"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def differs(
    contract: Contract, body: bytes, expected: Mapping[str, Sequence[Any]], tolerance: float
) -> str | None:
    """Say how an answer differs from an example's, by its tolerance; None when it does not."""
    outputs = outputs_of(body) or {}
    for output in contract.outputs:
        if output.name not in expected:
            continue
        wanted = flat(list(expected[output.name]))
        found = outputs.get(output.name, {}).get("data")
        if not isinstance(found, list) or len(found) != len(wanted):
            return f"{output.name} does not have {len(wanted)} values"
        for position, (value, want) in enumerate(zip(found, wanted, strict=True)):
            if not _near(value, want, tolerance):
                at = f"[{position}]" if len(wanted) > 1 else ""
                return f"{output.name}{at} is {_shown(value)}, not {_shown(want)}"
    return None


def _fits(datatype: str, value: object) -> bool:
    if datatype == "BYTES":
        return isinstance(value, str)
    if datatype == "BOOL":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if datatype.startswith("FP"):
        return math.isfinite(value)
    low, high = whole_range(datatype)
    return isinstance(value, int) and low <= value <= high


def _near(value: object, want: object, tolerance: float) -> bool:
    if isinstance(value, bool) or isinstance(want, bool):
        return value is want
    if not isinstance(value, int | float) or not isinstance(want, int | float):
        return value == want
    # As the model server's own warm-up compares: absolute, plus relative to the expected size.
    return abs(value - want) <= tolerance + tolerance * abs(want)


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:80]
