"""Reading an MLflow model's ``MLmodel``: what MLflow would load, how, and what it would trust.

Source: ``mlflow/sklearn``, ``mlflow/onnx``, ``mlflow/tensorflow`` and ``mlflow/pyfunc`` of MLflow
3.17. MLflow trusts the types that the model itself lists, and imports the loader and the code
that it names: so all three are held to what the project allows.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import NamedTuple

from fairway.scan.allow import known_types
from fairway.scan.report import Found, RefusedError, shown, trusted
from fairway.source.build import parse
from fairway.source.file import decode

NAME = "MLmodel"
LARGEST = 1 << 20
_PYFUNC = "python_function"
_LOADERS = {
    "sklearn": "mlflow.sklearn",
    "onnx": "mlflow.onnx",
    "tensorflow": "mlflow.tensorflow",
}
_AGAIN = "log the model again with mlflow.sklearn, mlflow.onnx or mlflow.tensorflow"
_TYPES = "list it in `trust.skopsTypes` if you trust it, or log the model without it"


class MlflowModel(NamedTuple):
    """What MLflow loads: its flavor, and the paths inside the model of what it reads.

    ``serialization`` is how a scikit-learn model is saved: skops, pickle or cloudpickle.
    """

    flavor: str
    paths: tuple[str, ...]
    serialization: str | None

    @property
    def inner(self) -> str:
        """The format of what MLflow reads."""
        if self.serialization is not None:
            return "skops" if self.serialization == "skops" else "pickle"
        return "savedmodel" if self.flavor == "tensorflow" else self.flavor


def read_mlmodel(
    data: bytes, paths: Collection[str], patterns: tuple[str, ...], found: Found
) -> MlflowModel:
    """Return what an ``MLmodel`` says; raise ``RefusedError`` when MLflow would do more.

    ``paths`` are the model's files; ``patterns`` the project's trusted skops types.
    """
    flavors = _flavors(data)
    unknown = flavors.keys() - _LOADERS.keys() - {_PYFUNC}
    names = [name for name in _LOADERS if name in flavors]
    if unknown or len(names) != 1:
        said = ", ".join(sorted(shown(name) for name in flavors)) or "none"
        raise RefusedError(f"the flavors of the MLmodel are not known here: {said}", _AGAIN)
    flavor = names[0]
    conf = flavors[flavor]
    serialization = _serialization(conf, patterns, found) if flavor == "sklearn" else None
    loaded = _paths(flavor, conf)
    pyfunc = flavors.get(_PYFUNC)
    if pyfunc is not None:
        loaded += _pyfunc(flavor, pyfunc)
    for each in (conf, pyfunc or {}):
        if each.get("code"):
            message = "MLflow would import the code that the model brings along"
            found.fault(message, "log the model without code_paths")
    wanted = tuple(dict.fromkeys(_inside(path, paths) for path in loaded))
    return MlflowModel(flavor, wanted, serialization)


def _flavors(data: bytes) -> dict[str, dict[str, object]]:
    source, findings = decode(NAME, data)
    if source is None or findings:
        raise RefusedError("the MLmodel is no plain text", _AGAIN)
    document, more = parse(source)
    if more or not isinstance(document.value, dict):
        why = more[0].message if more else "it is no map"
        raise RefusedError(f"the MLmodel is no YAML that every reader understands: {why}", _AGAIN)
    flavors = document.value.get("flavors")
    if not isinstance(flavors, dict) or not all(isinstance(v, dict) for v in flavors.values()):
        raise RefusedError("the MLmodel has no flavors", _AGAIN)
    return flavors


def _serialization(conf: dict[str, object], patterns: tuple[str, ...], found: Found) -> str:
    form = conf.get("serialization_format", "pickle")
    if form not in ("skops", "pickle", "cloudpickle"):
        raise RefusedError("the MLmodel has an unknown serialization format", _AGAIN)
    types = conf.get("skops_trusted_types")
    if types is not None and not isinstance(types, list):
        raise RefusedError("the types that the MLmodel trusts are no list", _AGAIN)
    known = {name for names in known_types()["skops"].values() for name in names}
    for name in types or ():
        if not isinstance(name, str) or not (name in known or trusted(name, patterns)):
            text = shown(str(name), 200)
            found.fault(f"the MLmodel trusts {text}, which the project does not trust", _TYPES)
    return str(form)


def _paths(flavor: str, conf: dict[str, object]) -> list[object]:
    key = {"sklearn": "pickled_model", "onnx": "data", "tensorflow": "saved_model_dir"}[flavor]
    if flavor == "tensorflow" and conf.get("model_type", "tf2-module") not in ("tf2-module", None):
        raise RefusedError("a Keras model is loaded by Python code that it names", _AGAIN)
    return [conf.get(key)]


def _pyfunc(flavor: str, conf: dict[str, object]) -> list[object]:
    loader = conf.get("loader_module")
    if loader != _LOADERS[flavor]:
        raise RefusedError(f"MLflow would import {shown(str(loader))} to load the model", _AGAIN)
    keys = [key for key in ("model_path", "data") if conf.get(key) is not None]
    return [conf[key] for key in keys]


def _inside(path: object, paths: Collection[str]) -> str:
    """Return a path that the model has, as a file or as a folder of files."""
    plain = PurePosixPath(path) if isinstance(path, str) else PurePosixPath("/")
    name = str(plain)
    has = name in paths or any(each.startswith(f"{name}/") for each in paths)
    if plain.is_absolute() or ".." in plain.parts or not has:
        raise RefusedError(f"the MLmodel loads {shown(str(path))}, which it does not hold", _AGAIN)
    return name
