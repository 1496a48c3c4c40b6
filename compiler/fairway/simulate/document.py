"""A simulation as JSON: every number of it; what does not exist, or never ends, is null."""

from __future__ import annotations

from math import isfinite
from typing import Any

from fairway.indented_json import indented_json
from fairway.simulate.result import Simulation
from fairway.simulate.verdict import verdict

FORMAT = 1


def document(simulation: Simulation) -> dict[str, Any]:
    """Return plain data: maps, lists, texts, numbers."""
    value = _plain(simulation)
    run = value.pop("run")
    return {"simulationVersion": FORMAT, "verdict": verdict(simulation), **value, **run}


def json_text(simulation: Simulation) -> str:
    """Return the document as text that ends with a newline."""
    return indented_json(document(simulation), 2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        # Twelve digits: more are noise of the addition's order.
        return float(f"{value:.12g}") if isfinite(value) else None
    if hasattr(value, "_asdict"):
        return {_camel(name): _plain(child) for name, child in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [_plain(child) for child in value]
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
