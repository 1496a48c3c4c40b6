"""The signatures that MLflow 3.17 writes are read; the texts here are its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fairway.lock.digest import digest_files
from fairway.signature.datatype import NUMPY
from fairway.signature.errors import OwnSignatureError
from fairway.signature.mlflow import mlflow_signature
from fairway.signature.own import OwnColumn, OwnSignature, OwnTensor
from fairway.signature.read import own_signature

# infer_signature of a data frame with a column of each type, and of predictions as an array.
FRAME = (
    '[{"type": "double", "name": "a", "required": true}, '
    '{"type": "long", "name": "b", "required": true}, '
    '{"type": "string", "name": "c", "required": false}, '
    '{"type": "boolean", "name": "d", "required": true}, '
    '{"type": "datetime", "name": "e", "required": true}, '
    '{"type": "integer", "name": "f", "required": true}, '
    '{"type": "float", "name": "g", "required": true}]'
)
LABELS = '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
# infer_signature of a dictionary of arrays.
NAMED = (
    '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 30]}}, '
    '{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "str", "shape": [-1]}}]'
)
# infer_signature of a list of dictionaries, and of a list of texts.
NESTED = (
    '[{"type": "long", "name": "a", "required": true}, {"type": "array", "items": '
    '{"type": "double"}, "name": "b", "required": true}, {"type": "object", "properties": '
    '{"x": {"type": "string", "required": true}}, "name": "c", "required": true}]'
)
TEXTS = '[{"type": "string", "required": true}]'


def logged(folder: Path, **signature: Any) -> OwnSignature | None:
    model = {"flavors": {"sklearn": {}}, "model_uuid": "8f2c", "signature": signature}
    (folder / "MLmodel").write_text(yaml.safe_dump(model), "utf-8")
    return mlflow_signature(folder)


def test_columns(tmp_path: Path) -> None:
    own = logged(tmp_path, inputs=FRAME, outputs=LABELS, params=None)
    assert own is not None
    nested = {"type": "string", "x-datatype": "datetime"}
    assert own.inputs == (
        OwnColumn("a", "FP64", "double"),
        OwnColumn("b", "INT64", "long"),
        OwnColumn("c", "BYTES", "string", required=False),
        OwnColumn("d", "BOOL", "boolean"),
        OwnColumn("e", None, "datetime", nested=nested),
        OwnColumn("f", "INT32", "integer"),
        OwnColumn("g", "FP32", "float"),
    )
    assert own.outputs == (OwnTensor("", "INT64", "int64", (None,)),)
    inputs, outputs = own.schemas()
    assert inputs["required"] == ["a", "b", "d", "e", "f", "g"]
    row = {"a": 0.5, "b": 1, "d": True, "e": "2026-01-01", "f": 2, "g": 1.5}
    assert Draft202012Validator(inputs).is_valid(row)
    assert not Draft202012Validator(inputs).is_valid({**row, "b": 0.5})
    assert Draft202012Validator(outputs).is_valid([1, 2])


def test_tensors_and_nested_types(tmp_path: Path) -> None:
    own = logged(tmp_path, inputs=NAMED, outputs=NESTED)
    assert own is not None
    assert own.inputs == (
        OwnTensor("x", "FP32", "float32", (None, 30)),
        OwnTensor("y", "BYTES", "str", (None,)),
    )
    answer = {"a": 1, "b": [0.5], "c": {"x": "text"}}
    assert Draft202012Validator(own.schemas()[1]).is_valid(answer)
    assert not Draft202012Validator(own.schemas()[1]).is_valid({**answer, "c": {}})
    texts = logged(tmp_path, inputs=TEXTS, outputs=None)
    assert texts is not None
    assert texts.schemas() == ({"type": "string", "x-datatype": "BYTES"}, {})


def test_the_older_word_for_columns_that_may_be_absent(tmp_path: Path) -> None:
    own = logged(tmp_path, inputs='[{"type": "double", "name": "a", "optional": true}]')
    assert own is not None
    assert own.inputs == (OwnColumn("a", "FP64", "double", required=False),)


def test_every_kind_of_nested_type_is_a_schema(tmp_path: Path) -> None:
    kinds = [
        {"type": "map", "values": {"type": "array", "items": {"type": "any"}}},
        {"type": "sparkml_vector"},
        {"type": "binary"},
        {"type": "object", "properties": {"x": {"type": "long", "required": False}}},
    ]
    named = [{**kind, "name": str(place)} for place, kind in enumerate(kinds)]
    own = logged(tmp_path, inputs=json.dumps(named))
    assert own is not None
    Draft202012Validator.check_schema(own.schemas()[0])
    row = {"0": {"k": [1, "x"]}, "1": [0.5], "2": "YQ==", "3": {}}
    assert Draft202012Validator(own.schemas()[0]).is_valid(row)


def test_names_of_numpy() -> None:
    import numpy as np

    names = {np.dtype(code).name for code in "?bhilqBHILQefd"} | {"str"}
    assert NUMPY.keys() == names


@pytest.mark.parametrize("signature", [None, {"inputs": None, "outputs": None}])
def test_a_model_without_a_signature(signature: object, tmp_path: Path) -> None:
    text = yaml.safe_dump({"flavors": {}, "signature": signature})
    (tmp_path / "MLmodel").write_text(text)
    assert mlflow_signature(tmp_path) is None


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"a": 1}', "no list of columns"),
        ("[1]", "no list of columns"),
        ([{"type": "double"}], "not the JSON text"),
        ('[{"name": "a"}]', "a column without a type"),
        ('[{"type": "quaternion", "name": "a"}]', "unknown type 'quaternion'"),
        ('[{"type": "object", "name": "a"}]', "unknown type 'object'"),
        ('[{"type": "array", "name": "a"}]', "type that cannot be read"),
        ('[{"type": "tensor"}]', "without a dtype and a shape"),
        ('[{"type": "tensor", "tensor-spec": {"dtype": "int8", "shape": ["n"]}}]', "a shape"),
        ('[{"type": "double", "name": "a"}, {"type": "double"}]', "names only some"),
        ('[{"type": "double", "name": "a"}, {"type": "long", "name": "a"}]', "one name twice"),
        (FRAME[:-1] + ", " + LABELS[1:], "mixes columns and tensors"),
        ('[{"type": "double", "type": "long", "name": "a"}]', "is not JSON"),
        ('[{"type": "double", "name": ["a"]}]', "a name that is no text"),
        ('[{"name": "a", "type": "array", "items": ' * 1 + '{"type": "array", "items": ' * 40
         + '{"type": "any"}' + "}" * 41 + "]", "type that cannot be read"),
    ],
)  # fmt: skip
def test_a_malformed_signature_is_refused(inputs: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(OwnSignatureError, match=message) as refused:
        logged(tmp_path, inputs=inputs)
    assert str(refused.value).startswith("MLmodel: `signature.inputs`")
    assert refused.value.fix


@pytest.mark.parametrize(
    "text", ["[1]", "signature: [", "a: !!python/object/apply:os.system [id]", "signature: 7\n"]
)
def test_a_file_that_is_no_mlmodel_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(OwnSignatureError, match="MLmodel"):
        mlflow_signature(tmp_path)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_changed_file_is_refused_or_read(data: st.DataObject, tmp_path: Path) -> None:
    logged(tmp_path, inputs=FRAME, outputs=NESTED)
    changed = bytearray((tmp_path / "MLmodel").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "MLmodel").write_bytes(changed)
    try:
        own = mlflow_signature(tmp_path)
    except OwnSignatureError as refused:
        reason = str(refused)
    else:
        reason = "MLmodel"
        for schema in own.schemas() if own is not None else ():
            Draft202012Validator.check_schema(schema)
    assert reason.startswith("MLmodel")


def test_which_file_speaks_for_a_model(tmp_path: Path) -> None:
    graph = Path(__file__).parents[2] / "specs/digit-reader/models/1.0.0/model.onnx"
    assert own_signature(graph, digest_files(graph)) == own_signature(
        graph.parent, digest_files(graph.parent)
    )
    (tmp_path / "model.skops").write_bytes(b"PK")
    assert own_signature(tmp_path, digest_files(tmp_path)) is None
    assert own_signature(tmp_path / "model.skops", ()) is None
    logged(tmp_path, inputs=FRAME)
    own = own_signature(tmp_path, digest_files(tmp_path))
    assert own is not None
    assert own.source == "MLmodel"
    (tmp_path / "model.onnx").write_bytes(graph.read_bytes())
    own = own_signature(tmp_path, digest_files(tmp_path))
    assert own is not None
    assert own.source == "model.onnx"
