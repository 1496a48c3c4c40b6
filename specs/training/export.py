"""Turn a fitted pipeline into the bytes of a model file: the same bytes for the same training.

Four things make a plain dump differ between runs: the last bits of the fitted numbers, which depend
on the processor; the object addresses that skops writes as identities; the time of day in the zip
archive; and the order of an ONNX graph's domains. Each is removed here, and nothing else is
changed.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from itertools import count

import numpy as np
import skops.io
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

OPSET = {"": 18, "ai.onnx.ml": 3}  # old enough for any runtime of the last years
SIGNIFICANT_DIGITS = 9  # below the noise of a solver, above the precision of a float32
NEGLIGIBLE = 1e-12  # of the largest entry of an array: rounding noise around zero
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that the format can say


def settle(model: Pipeline) -> None:
    """Round the fitted numbers of a pipeline, in place, so that noise does not reach the file."""
    for step in _estimators(model):
        for name, value in list(vars(step).items()):
            # scikit-learn's convention: what `fit` learned ends in one underscore.
            if not name.endswith("_") or name.startswith("_"):
                continue
            if isinstance(value, np.ndarray) and value.dtype == np.float64:
                setattr(step, name, _rounded(value))
            elif isinstance(value, float):
                setattr(step, name, float(_rounded(np.array([value]))[0]))


def _estimators(model: BaseEstimator) -> Iterator[BaseEstimator]:
    """Yield a model and everything fitted inside it."""
    yield model
    inner: list[BaseEstimator] = []
    if isinstance(model, Pipeline):
        inner = [step for _, step in model.steps]
    elif isinstance(model, ColumnTransformer):
        inner = [step for _, step, _ in model.transformers_ if isinstance(step, BaseEstimator)]
    for step in inner:
        yield from _estimators(step)


def _rounded(values: np.ndarray) -> np.ndarray:
    flat = [float(f"{value:.{SIGNIFICANT_DIGITS}g}") for value in values.ravel()]
    rounded = np.array(flat, dtype=np.float64).reshape(values.shape)
    floor = NEGLIGIBLE * np.abs(rounded).max(initial=0.0)
    return np.where(np.abs(rounded) < floor, 0.0, rounded)


def to_skops(model: Pipeline) -> bytes:
    """Write a skops archive whose bytes are a function of the model alone."""
    plain = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    schema = json.loads(plain.read("schema.json"))
    renamed = _renumber(schema)
    # Stored, not deflated: compressors differ between builds of zlib, and git compresses anyway.
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for old, new in renamed.items():
            out.writestr(_entry(new), plain.read(old))
        out.writestr(_entry("schema.json"), json.dumps(schema, indent=1).encode())
    return archive.getvalue()


def _renumber(schema: dict[str, object]) -> dict[str, str]:
    """Replace addresses by ordinals, in place, and say how the archive's members are renamed.

    skops reads `__id__` to give one object back where one was saved, so equal identities stay
    equal. Scalars are the exception: whether Python shares them differs between its releases and
    cannot be seen afterwards, so each gets an ordinal of its own.
    """
    fresh = count(1)
    ordinals: dict[int, int] = {}
    members: dict[str, str] = {}

    def visit(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                visit(item)
        if not isinstance(node, dict):
            return
        if isinstance(identity := node.get("__id__"), int):
            if node.get("is_json"):
                node["__id__"] = next(fresh)
            else:
                if identity not in ordinals:
                    ordinals[identity] = next(fresh)
                node["__id__"] = ordinals[identity]
        if node.get("__loader__") == "NdArrayNode" and isinstance(file := node.get("file"), str):
            node["file"] = members.setdefault(file, f"{len(members) + 1}.npy")
        for value in node.values():
            visit(value)

    visit(schema)
    return members


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=ZIP_EPOCH)
    info.create_system = 3  # Unix, whatever wrote it
    info.external_attr = 0o644 << 16
    return info


def to_onnx(model: Pipeline, name: str, source: str, columns: int, classes: int) -> bytes:
    """Convert a classifier to an ONNX graph: `source` in, `label` and `probability` out."""
    graph = convert_sklearn(
        model,
        name=name,
        initial_types=[(source, FloatTensorType([None, columns]))],
        final_types=[
            ("label", Int64TensorType([None])),
            ("probability", FloatTensorType([None, classes])),
        ],
        # Plain tensors: the default wraps probabilities in a list of maps, one a row.
        options={"zipmap": False},
        target_opset=OPSET,
    )
    # The domains come from a set, whose order depends on the seed of Python's hashes.
    domains = sorted(graph.opset_import, key=lambda each: each.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(domains)
    return graph.SerializeToString(deterministic=True)
