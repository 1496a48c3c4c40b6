"""Whether two answers of a model agree: numbers within a tolerance, everything else exactly.

Answers are the ``outputs`` of the Open Inference Protocol (v2), a list of named tensors, or any
JSON that has the same form on both sides. Two nulls agree, which is how NaN is sent.
"""

from __future__ import annotations

from typing import NamedTuple


class Mismatch(NamedTuple):
    """The first place where two answers differ, such as ``label[3]``, and both values there."""

    where: str
    stable: object
    candidate: object


def mismatch(stable: object, candidate: object, tolerance: float) -> Mismatch | None:
    """Return where two answers differ first, or None when they agree.

    Numbers agree when they are at most ``tolerance`` apart. The order of named tensors, their
    datatypes and how their data is nested mean nothing; their shapes do.
    """
    one, other = _tensors(stable), _tensors(candidate)
    if one is None or other is None:
        return _value("outputs", stable, candidate, tolerance)
    if one.keys() != other.keys():
        return Mismatch("outputs", sorted(one), sorted(other))
    for name, tensor in one.items():
        shapes = (tensor.get("shape"), other[name].get("shape"))
        if None not in shapes and shapes[0] != shapes[1]:
            return Mismatch(f"{name}: shape", *shapes)
        data = (_flat(tensor.get("data")), _flat(other[name].get("data")))
        found = _value(name, *data, tolerance)
        if found is not None:
            return found
    return None


def _tensors(answer: object) -> dict[str, dict[str, object]] | None:
    """Return tensors by name, None for what is not a list of named tensors."""
    if not isinstance(answer, list):
        return None
    found: dict[str, dict[str, object]] = {}
    for tensor in answer:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str) or "data" not in tensor or name in found:
            return None
        found[name] = tensor
    return found


def _flat(data: object) -> object:
    """Return nested lists as one list in row-major order."""
    if not isinstance(data, list) or not any(isinstance(item, list) for item in data):
        return data
    flat: list[object] = []
    for item in data:
        inner = _flat(item)
        flat += inner if isinstance(inner, list) else [inner]
    return flat


def _value(where: str, stable: object, candidate: object, tolerance: float) -> Mismatch | None:
    if isinstance(stable, list) and isinstance(candidate, list):
        if len(stable) != len(candidate):
            return Mismatch(f"{where}: length", len(stable), len(candidate))
        for index, (one, other) in enumerate(zip(stable, candidate, strict=True)):
            found = _value(f"{where}[{index}]", one, other, tolerance)
            if found is not None:
                return found
        return None
    if isinstance(stable, dict) and isinstance(candidate, dict):
        if stable.keys() != candidate.keys():
            return Mismatch(f"{where}: keys", sorted(stable), sorted(candidate))
        for key, one in stable.items():
            found = _value(f"{where}.{key}", one, candidate[key], tolerance)
            if found is not None:
                return found
        return None
    return None if _same(stable, candidate, tolerance) else Mismatch(where, stable, candidate)


def _same(stable: object, candidate: object, tolerance: float) -> bool:
    if _is_number(stable) and _is_number(candidate):
        assert isinstance(stable, int | float)  # noqa: S101 - for the type checker only
        assert isinstance(candidate, int | float)  # noqa: S101
        both_nan = stable != stable and candidate != candidate
        return stable == candidate or both_nan or abs(stable - candidate) <= tolerance
    return type(stable) is type(candidate) and stable == candidate


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
