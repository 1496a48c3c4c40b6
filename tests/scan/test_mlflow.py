"""What an MLmodel makes MLflow load, import and trust is held to what the project allows."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
import skops.io
from scan.estimators import estimator
from scan.saved_models import dense, files, served
from scan.scanning import USUAL, command, messages, scan, write_files
from scan.test_onnx import converted

from fairway.scan import Allowed

SIGNATURE = {"inputs": json.dumps([{"type": "double", "name": "a"}]), "outputs": None}
BESIDE = {
    "conda.yaml": b"channels:\n- conda-forge\ndependencies:\n- python=3.11\n",
    "python_env.yaml": b"python: 3.11.7\n",
    "requirements.txt": b"mlflow==3.17.2\nscikit-learn==1.9.1\n",
    "input_example.json": b'{"columns": ["a"], "data": [[1.0]]}',
    "serving_input_example.json": b'{"dataframe_split": {}}',
}


def mlmodel(flavors: object, **more: object) -> bytes:
    """JSON is YAML, so this is what MLflow reads."""
    value = {"artifact_path": "model", "flavors": flavors, "mlflow_version": "3.17.2",
             "model_uuid": "8f2c", "signature": SIGNATURE, **more}  # fmt: skip
    return json.dumps(value, indent=1).encode()


def pyfunc(**more: object) -> dict[str, object]:
    env = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    return {"loader_module": "mlflow.sklearn", "model_path": "model.skops", "env": env, **more}


def sklearn(**more: object) -> dict[str, object]:
    return {"pickled_model": "model.skops", "serialization_format": "skops", "code": None,
            "sklearn_version": "1.9.1", "skops_trusted_types": None, **more}  # fmt: skip


def skops_model(flavors: object = None, name: str = "ridge") -> dict[str, bytes]:
    if flavors is None:
        flavors = {"python_function": pyfunc(), "sklearn": sklearn()}
    return {**BESIDE, "MLmodel": mlmodel(flavors), "model.skops": skops.io.dumps(estimator(name))}


def pickle_model(data: bytes, form: str = "pickle", name: str = "model.pkl") -> dict[str, bytes]:
    flavors = {
        "python_function": pyfunc(model_path=name),
        "sklearn": sklearn(pickled_model=name, serialization_format=form),
    }
    return {**BESIDE, "MLmodel": mlmodel(flavors), name: data}


def onnx_model(**more: object) -> dict[str, bytes]:
    flavors = {
        "python_function": {"loader_module": "mlflow.onnx", "data": "model.onnx", **more},
        "onnx": {"data": "model.onnx", "onnx_version": "1.23.2", "code": None},
    }
    return {**BESIDE, "MLmodel": mlmodel(flavors), "model.onnx": converted("ridge")}


def tensorflow_model() -> dict[str, bytes]:
    flavors = {
        "python_function": {"loader_module": "mlflow.tensorflow"},
        "tensorflow": {"saved_model_dir": "tf2model", "model_type": "tf2-module", "code": None},
    }
    inner = {f"tf2model/{name}": data for name, data in files(served(dense())).items()}
    return {**BESIDE, "MLmodel": mlmodel(flavors), **inner}


class Runs:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> object:
        return os.system, (command(self.marker),)


BENIGN = {
    **{name: (lambda name=name: skops_model(name=name)) for name in
       ("ridge", "logistic", "forest", "polynomials", "words", "bayes", "columns")},
    "trusts what we trust": lambda: skops_model({"sklearn": sklearn(
        skops_trusted_types=["numpy.dtype", "sklearn.tree._tree.Tree"])}),
    "pickle": lambda: pickle_model(pickle.dumps(estimator("forest"))),
    "cloudpickle": lambda: pickle_model(pickle.dumps(estimator("ridge")), "cloudpickle"),
    "onnx": onnx_model,
    "tensorflow": tensorflow_model,
    "notes": lambda: skops_model() | {"README.md": "# Größe\n".encode()},
}  # fmt: skip


def flavored(**flavors: object) -> dict[str, bytes]:
    return skops_model(flavors)


def with_code(folder: str) -> dict[str, bytes]:
    flavors = {"python_function": pyfunc(code=folder), "sklearn": sklearn(code=folder)}
    return skops_model(flavors) | {f"{folder}/extra.py": b"print(1)\n"}


def with_mlmodel(data: bytes) -> dict[str, bytes]:
    return skops_model() | {"MLmodel": data}


HOSTILE = {
    "trusts os.system": lambda: flavored(sklearn=sklearn(skops_trusted_types=["posix.system"])),
    "trusts more than we do": lambda: flavored(sklearn=sklearn(skops_trusted_types=["my.Model"])),
    "trusts everything": lambda: flavored(sklearn=sklearn(skops_trusted_types=True)),
    "trusts a number": lambda: flavored(sklearn=sklearn(skops_trusted_types=[1])),
    "own loader": lambda: flavored(
        python_function=pyfunc(loader_module="evil"), sklearn=sklearn()),
    "loader of a Python model": lambda: flavored(
        python_function=pyfunc(loader_module="mlflow.pyfunc.model", python_model="model.skops"),
        sklearn=sklearn()),
    "no loader": lambda: flavored(python_function={}, sklearn=sklearn()),
    "another flavor's loader": lambda: flavored(
        python_function=pyfunc(loader_module="mlflow.onnx"), sklearn=sklearn()),
    "only pyfunc": lambda: flavored(python_function=pyfunc(loader_module="mlflow.pyfunc.model")),
    "unknown flavor": lambda: flavored(langchain={}, sklearn=sklearn()),
    "two flavors": lambda: flavored(onnx={"data": "model.skops"}, sklearn=sklearn()),
    "no flavors": lambda: flavored(),
    "code": lambda: with_code("code"),
    "code that is not named": lambda: skops_model() | {"code/sitecustomize.py": b"import os\n"},
    "path outside": lambda: flavored(sklearn=sklearn(pickled_model="../model.skops")),
    "absolute path": lambda: flavored(sklearn=sklearn(pickled_model="/etc/passwd")),
    "path to nothing": lambda: flavored(sklearn=sklearn(pickled_model="gone.skops")),
    "no path": lambda: flavored(sklearn=sklearn(pickled_model=None)),
    "a text is loaded": lambda: flavored(sklearn=sklearn(
        pickled_model="README.md", serialization_format="pickle")) | {"README.md": b"cos\n"},
    "pickle said to be skops": lambda: flavored(sklearn=sklearn(
        pickled_model="m.pkl")) | {"m.pkl": pickle.dumps(estimator("ridge"))},
    "skops said to be pickle": lambda: flavored(sklearn=sklearn(serialization_format="pickle")),
    "unknown serialization": lambda: flavored(sklearn=sklearn(serialization_format="dill")),
    "pyfunc loads another file": lambda: flavored(
        python_function=pyfunc(model_path="m.pkl"), sklearn=sklearn())
    | {"m.pkl": pickle.dumps(estimator("ridge"))},
    "pickle beside": lambda: skops_model() | {"metadata/x": pickle.dumps(estimator("ridge"))},
    "library beside": lambda: skops_model() | {"libx.so": b"\x7fELF" + bytes(60)},
    "script beside": lambda: skops_model() | {"run.txt": b"#!/bin/sh\nid\n"},
    "unknown beside": lambda: skops_model() | {"data": bytes(range(256))},
    "archive beside": lambda: skops_model() | {"data.zip": b"PK\x05\x06" + bytes(18)},
    "Keras": lambda: tensorflow_model() | {"MLmodel": mlmodel({"tensorflow": {
        "saved_model_dir": "tf2model", "model_type": "keras"}})},
    "MLmodel is a pickle": lambda: with_mlmodel(b"cos\nsystem\n(S'id'\ntR."),
    "MLmodel is no map": lambda: with_mlmodel(b"- a\n"),
    "MLmodel has a key twice": lambda: with_mlmodel(
        b"flavors: {sklearn: {pickled_model: model.skops}}\nflavors: {}\n"),
    "MLmodel builds objects": lambda: with_mlmodel(
        b"flavors: {sklearn: !!python/object/apply:os.system [id]}\n"),
    "MLmodel is a bomb": lambda: with_mlmodel(
        b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
            b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 9)) for c in range(97, 112)
        ) + b"flavors: *p\n"),
    "MLmodel is nested deep": lambda: with_mlmodel(b"flavors: " + b"[" * 100_000),
    "MLmodel is large": lambda: with_mlmodel(b"#" * (2 << 20)),
    "MLmodel is latin-1": lambda: with_mlmodel(b"flavors: {\xe4: 1}\n"),
    "MLmodel is empty": lambda: with_mlmodel(b""),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BENIGN))
def test_benign_is_accepted(name: str, tmp_path: Path):
    report = scan(write_files(tmp_path, BENIGN[name]()), USUAL)
    assert messages(report) == ""
    assert report.format == "mlflow"
    assert report.flavor == {"onnx": "onnx", "tensorflow": "tensorflow"}.get(name, "sklearn")


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_is_refused(name: str, tmp_path: Path):
    report = scan(write_files(tmp_path, HOSTILE[name]()), USUAL)
    assert report.faults
    assert report.format == "mlflow"
    assert "could not be scanned" not in messages(report)


@pytest.mark.parametrize("form", ["pickle", "cloudpickle", "skops"])
@pytest.mark.parametrize("name", ["model.pkl", "model.skops", "input_example.json"])
def test_payload_never_runs(name: str, form: str, tmp_path: Path):
    marker = tmp_path / "it-ran"
    folder = tmp_path / "model"
    report = scan(write_files(folder, pickle_model(pickle.dumps(Runs(marker)), form, name)), USUAL)
    assert "posix.system" in " ".join(report.types)
    assert report.faults
    assert not marker.exists()


def test_a_tree_that_the_project_does_not_trust(tmp_path: Path):
    report = scan(write_files(tmp_path, skops_model(name="forest")), Allowed())
    assert "sklearn.tree._tree.Tree" in messages(report)
