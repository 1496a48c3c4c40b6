"""Contracts that say as little as a test needs."""

from __future__ import annotations

from typing import Any

from fairway.serve.contract import Contract


def tensor(name: str, datatype: str, shape: list[int], **more: Any) -> dict[str, Any]:
    """Return a tensor of a contract."""
    return {"name": name, "datatype": datatype, "shape": shape, **more}


def table(name: str, datatype: str, *columns: str) -> dict[str, Any]:
    """Return an input of named columns."""
    named = [{"name": column} for column in columns]
    return tensor(name, datatype, [-1, len(columns)], columns=named)


def contract(*inputs: dict[str, Any], outputs: list[dict[str, Any]] | None = None) -> Contract:
    """Return a contract with these inputs."""
    answer = outputs or [tensor("y", "FP64", [-1])]
    return Contract.model_validate({"inputs": list(inputs), "outputs": answer})
