"""The files of a generated deployment: contracts, and models as their formats look from outside.

The models are bytes that have the right beginnings; nothing can load them. What the compiler
does with a model does not go further than that.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from typing import Any

_NOUNS = (
    "amount", "age", "balance", "count", "delay", "distance", "duration", "income", "latency",
    "length", "limit", "load", "mileage", "price", "rate", "ratio", "score", "size", "speed",
    "temperature", "tenure", "usage", "value", "volume", "weight",
)  # fmt: skip
_ADJECTIVES = (
    "mean", "last", "total", "peak", "first", "median", "open", "paid", "net", "gross", "daily",
    "weekly", "monthly", "worst", "best",
)  # fmt: skip
_UNITS = ("EUR", "days", "km", "kWh", "ms", "°C", "kg/m²", "%", "items")
_EPOCH = (1980, 1, 1, 0, 0, 0)

MODEL_CODE = '''"""The model's own code."""

from __future__ import annotations


class Model:
    """Answers with the sum of each row, times {factor}."""

    def load(self, folder: str) -> None:
        """Read nothing: there is nothing to read."""

    def predict(self, inputs: dict[str, list[list[float]]]) -> dict[str, list[float]]:
        """Return a score a row."""
        return {{"score": [sum(row) * {factor} for row in inputs["features"]]}}
'''


def contract(source: random.Random) -> str:
    """Return a contract of 5 to 60 columns as JSON text, with one example."""
    size = source.randint(5, 60)
    columns: list[dict[str, Any]] = []
    row: list[float] = []
    for index in range(size):
        column, typical = _column(source, index)
        columns.append(column)
        row.append(typical)
    outputs: list[dict[str, Any]] = [{"name": "score", "datatype": "FP64", "shape": [-1]}]
    if source.random() < 0.3:
        proba = {"name": "probability", "datatype": "FP64", "shape": [-1, source.randint(2, 6)]}
        outputs.append({**proba, "method": "predict_proba"})
    inputs = {"name": "features", "datatype": "FP64", "shape": [-1, size], "columns": columns}
    value = {
        "inputs": [inputs],
        "outputs": outputs,
        "examples": [{"name": "typical", "inputs": {"features": [row]}}],
    }
    return json.dumps(value, indent=source.choice((None, 1, 2)), ensure_ascii=False) + "\n"


def _column(source: random.Random, index: int) -> tuple[dict[str, Any], float]:
    name = f"{source.choice(_ADJECTIVES)}_{source.choice(_NOUNS)}_{index}"
    kind = source.random()
    if kind < 0.15:
        categories = list(range(1, source.randint(3, 9)))
        return {"name": name, "categories": categories}, source.choice(categories)
    column: dict[str, Any] = {"name": name}
    low = source.choice((0, 0, 0, -50, 1, 0.5))
    high = low + source.choice((1, 10, 99.5, 1000, 250_000))
    if kind < 0.7:
        column["unit"] = source.choice(_UNITS)
    column |= {"min": low, "max": high}
    if kind > 0.92:
        column["nullable"] = True
    return column, round(source.uniform(low, high), 3)


def model_files(source: random.Random, form: str) -> dict[str, bytes]:
    """Return the files of one model version of a format, by path; 0.2 to 4 KiB in all."""
    noise = source.randbytes(source.randint(200, 4000))
    if form == "skops":
        return {"model.skops": _skops(noise)}
    if form == "joblib":
        return {"model.joblib": b"\x78\x9c" + noise}
    if form == "onnx":
        return {"model.onnx": b"\x08\x0a" + noise}
    if form == "savedmodel":
        half = len(noise) // 2
        return {
            "saved_model.pb": noise[:half],
            "variables/variables.data-00000-of-00001": noise[half:],
            "variables/variables.index": source.randbytes(64),
        }
    return {"weights.bin": noise, "vocabulary.txt": b"a\nb\nc\n"}


def _skops(noise: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in (("schema.json", b"{}\n"), ("0.npy", noise)):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return stream.getvalue()


def holdout(source: random.Random) -> str:
    """Return a few rows of held-out data as CSV."""
    rows = ("label,weight", *(f"{source.randint(0, 1)},{source.random():.3f}" for _ in range(5)))
    return "\n".join(rows) + "\n"
