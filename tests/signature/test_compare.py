"""A contract is held to the model's own signature, and only where the model server would fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from signature.contracts import contract, table, tensor

from fairway.lock.digest import digest_files
from fairway.serve.contract import Contract
from fairway.serve.errors import StartupError
from fairway.serve.graph import Graph
from fairway.serve.tensor import DTYPES
from fairway.signature.compare import Disagreement, disagreements
from fairway.signature.datatype import KINDS, ONNX, fits, same_kind
from fairway.signature.own import OwnColumn, OwnSignature, OwnTensor
from fairway.signature.read import own_signature

SPECS = Path(__file__).parents[2] / "specs"
NUMBERS = [datatype for datatype in KINDS if datatype != "BYTES"]
DIGITS = json.loads((SPECS / "digit-reader/contract.json").read_bytes())


@pytest.mark.parametrize(
    "model", sorted(SPECS.glob("*/models/*")), ids=lambda p: "/".join(p.parts[-3:])
)
def test_no_false_alarm_over_the_fleet(model: Path) -> None:
    declared = Contract.model_validate_json((model.parents[1] / "contract.json").read_bytes())
    own = own_signature(model, digest_files(model))
    assert (own is not None) == (model / "model.onnx").exists()
    assert own is None or disagreements(declared, own) == ()


def changed(*steps: Any) -> Contract:
    """Return the digit reader's contract, without examples, with another value at a route."""
    value = json.loads(json.dumps(DIGITS))
    value["examples"] = []
    *route, last, new = steps
    holder = value
    for step in route:
        holder = holder[step]
    holder[last] = new
    return Contract.model_validate(value)


@pytest.mark.parametrize(
    ("steps", "route", "message", "fix"),
    [
        (
            ("inputs", 0, "name", "image"),
            ("inputs", 0, "name"),
            "model.onnx has no input 'image'",
            "the model has 'pixels'; a tensor that has another name in the model has a `source`",
        ),
        (
            ("inputs", 0, "source", "image"),
            ("inputs", 0, "source"),
            "model.onnx has no input 'image'",
            "the model has 'pixels'; a tensor that has another name in the model has a `source`",
        ),
        (
            ("inputs", 0, "datatype", "BYTES"),
            ("inputs", 0, "datatype"),
            "'pixels' is BYTES, and FP32 in model.onnx",
            "write FP32",
        ),
        (
            ("outputs", 0, "datatype", "FP32"),
            ("outputs", 0, "datatype"),
            "'label' is FP32, and INT64 in model.onnx",
            "write INT64",
        ),
        (
            ("outputs", 0, "shape", [-1, 1]),
            ("outputs", 0, "shape"),
            "'label' has the shape [-1, 1] in the contract and [?] in model.onnx",
            "write the shape as the model has it: [-1]",
        ),
        (
            ("outputs", 1, "shape", [-1, 9]),
            ("outputs", 1, "shape", 1),
            "'probability' has the shape [-1, 9] in the contract and [?, 10] in model.onnx",
            "write the shape as the model has it: [-1, 10]",
        ),
        (
            ("outputs", 1, "name", "probabilities"),
            ("outputs", 1, "name"),
            "model.onnx has no output 'probabilities'",
            "the model has 'label', 'probability'; "
            "a tensor that has another name in the model has a `source`",
        ),
    ],
)
def test_a_graph_and_a_contract_that_differ(
    steps: tuple[Any, ...], route: tuple[str | int, ...], message: str, fix: str
) -> None:
    if steps[2] == "datatype" and steps[-1] == "BYTES":
        value = json.loads(json.dumps(DIGITS))
        value["inputs"] = [tensor("pixels", "BYTES", [-1, 64])]
        value["examples"] = []
        declared = Contract.model_validate(value)
    else:
        declared = changed(*steps)
    model = SPECS / "digit-reader/models/1.0.0"
    own = own_signature(model, digest_files(model))
    assert own is not None
    assert Disagreement(route, message, fix) in disagreements(declared, own)


def test_a_narrower_image() -> None:
    declared = contract(tensor("pixels", "FP32", [-1, 63]), outputs=DIGITS["outputs"])
    model = SPECS / "digit-reader/models/1.0.0"
    own = own_signature(model, digest_files(model))
    assert own is not None
    (found,) = disagreements(declared, own)
    assert found.route == ("inputs", 0, "shape", 1)
    assert found.fix == "write the shape as the model has it: [-1, 64]"


def test_numbers_are_cast_as_numpy_casts_them() -> None:
    for given in NUMBERS:
        for taken in NUMBERS:
            assert fits(given, taken) == np.can_cast(DTYPES[given], DTYPES[taken], "same_kind")
            both = fits(given, taken) and fits(taken, given)
            assert same_kind(given, taken) == both
        assert not fits(given, "BYTES")
        assert not fits("BYTES", given)
    assert fits("BYTES", "BYTES")


def graph(path: Path, datatype: str, shape: list[int | str | None]) -> Path:
    """Write a graph that gives back what it takes."""
    element = {name: number for number, name in ONNX.items()}[datatype]
    ends = [helper.make_tensor_value_info(name, element, shape) for name in ("x", "y")]
    node = helper.make_node("Identity", ["x"], ["y"])
    model = helper.make_model(
        helper.make_graph([node], "g", ends[:1], ends[1:]),
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)],
    )
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("taken", KINDS)
def test_the_model_server_starts_with_what_agrees(taken: str, tmp_path: Path) -> None:
    """No alarm where it serves; an alarm wherever it does not start."""
    path = graph(tmp_path / "model.onnx", taken, ["n", 2])
    own = own_signature(path, ())
    assert own is not None
    for given in KINDS:
        value = tensor("x", given, [-1, 2])
        declared = contract(value, outputs=[tensor("y", taken, [-1, 2])])
        found = disagreements(declared, own)
        try:
            Graph(path, declared, 1)
        except StartupError:
            assert [each.route for each in found] == [("inputs", 0, "datatype")]
        else:
            # Numbers as text start, and fail with the first request.
            assert (found == ()) == (taken != "BYTES" or given == "BYTES")


@pytest.mark.parametrize(
    ("declared", "own", "route"),
    [
        ([-1, 2], [1, 2], ("inputs", 0, "shape", 0)),
        ([1, 2], [1, 2], None),
        ([1, 2], ["n", 2], None),
        ([-1, 2], ["n", "m"], None),
        ([-1, 2], None, None),
        ([-1], ["n", 1], ("inputs", 0, "shape")),
        ([-1, 2, 3], ["n", 2, 3], None),
        ([-1, 3, 2], ["n", 2, 3], ("inputs", 0, "shape", 1)),
    ],
)
def test_shapes_are_compared_where_both_know_them(
    declared: list[int], own: list[int | str] | None, route: object, tmp_path: Path
) -> None:
    path = graph(tmp_path / "model.onnx", "FP32", own)  # type: ignore[arg-type]
    found = own_signature(path, ())
    assert found is not None
    outputs = [tensor("y", "FP32", [-1, *declared[1:]])]
    routes = [
        each.route
        for each in disagreements(contract(tensor("x", "FP32", declared), outputs=outputs), found)
        if each.route[0] == "inputs"
    ]
    assert routes == ([] if route is None else [route])


def test_inputs_that_nobody_feeds_and_types_without_a_name(tmp_path: Path) -> None:
    ends = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"]),
        helper.make_tensor_value_info("mask", TensorProto.BOOL, ["n", 4]),
        helper.make_tensor_value_info("b", TensorProto.BFLOAT16, ["n"]),
    ]
    maps = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [1]))
    model = helper.make_graph([], "g", ends, [helper.make_value_info("y", maps), ends[0]])
    onnx.save(helper.make_model(model), tmp_path / "model.onnx")
    own = own_signature(tmp_path / "model.onnx", ())
    assert own is not None
    inputs = (tensor("x", "FP32", [-1]), tensor("b", "FP32", [-1]))
    found = disagreements(contract(*inputs), own)
    assert [(each.route, each.message) for each in found] == [
        (("inputs", 1, "datatype"), "'b' is FP32, and bfloat16 in model.onnx"),
        (("inputs",), "model.onnx takes the input 'mask', which the contract lacks"),
        (("outputs", 0, "datatype"), "'y' is FP64, and sequence in model.onnx"),
    ]
    assert found[1].fix == "add it (BOOL, [-1, 4])"
    other = [tensor("z", "FP32", [-1], source="x")]
    assert not [d for d in disagreements(contract(*inputs, outputs=other), own)
                if d.route[0] == "outputs"]  # fmt: skip


def columns(*names: str, kind: str = "FP64", required: bool = True) -> tuple[OwnColumn, ...]:
    return tuple(OwnColumn(name, kind, kind.lower(), required) for name in names)


def logged(*parts: Any) -> OwnSignature:
    return OwnSignature("MLmodel", parts, ())


AGE, INCOME = columns("age", "income")
COUNTRY = OwnColumn("country", "BYTES", "string")
SINCE = OwnColumn("since", None, "datetime", nested={"type": "string"})


@pytest.mark.parametrize(
    ("inputs", "own", "expected"),
    [
        pytest.param([table("x", "FP64", "age", "income")], (AGE, INCOME), [], id="same"),
        pytest.param(
            [table("x", "FP32", "age", "income")],
            (AGE._replace(datatype="INT64"), INCOME._replace(datatype="BOOL")),
            [],
            id="numbers of other precision and kind",
        ),
        pytest.param(
            [table("x", "FP64", "income", "age")],
            (AGE, INCOME),
            [
                (
                    ("inputs", 0, "columns", 0, "name"),
                    "the column 'income' stands where MLmodel has 'age'",
                    "put the columns in the model's order: 'age', 'income'",
                )
            ],
            id="other order",
        ),
        pytest.param(
            [table("x", "FP64", "age", "income"), table("t", "BYTES", "country")],
            (AGE, COUNTRY, INCOME),
            [],
            id="order across inputs of several datatypes",
        ),
        pytest.param(
            [tensor("age", "FP64", [-1]), tensor("country", "BYTES", [-1])],
            (AGE, COUNTRY),
            [],
            id="an input for each column",
        ),
        pytest.param(
            [tensor("years", "FP64", [-1]), tensor("country", "BYTES", [-1])],
            (AGE, COUNTRY),
            [
                (("inputs", 0, "name"), "MLmodel has no column 'years'", "the model has 'age'"),
                (
                    ("inputs",),
                    "MLmodel takes 'age', which the contract lacks",
                    "add the missing columns to `columns`",
                ),
            ],
            id="another name",
        ),
        pytest.param(
            [table("x", "FP64", "age", "income", "height")],
            (AGE, INCOME),
            [
                (
                    ("inputs", 0, "columns", 2, "name"),
                    "MLmodel has no column 'height'",
                    "the model has 'age', 'income'",
                )
            ],
            id="a column too many",
        ),
        pytest.param(
            [table("x", "FP64", "age")],
            (AGE, INCOME._replace(required=False)),
            [],
            id="a column that may be absent",
        ),
        pytest.param(
            [table("x", "FP64", "age", "country")],
            (AGE, COUNTRY),
            [
                (
                    ("inputs", 0, "datatype"),
                    "'x' is FP64, and its column 'country' is string in MLmodel",
                    "put 'country' into another input",
                )
            ],
            id="text as a number",
        ),
        pytest.param(
            [table("x", "FP64", "age"), table("s", "BYTES", "since")],
            (AGE, SINCE),
            [],
            id="a type that the protocol lacks",
        ),
        pytest.param(
            [tensor("x", "FP64", [-1, 3])],
            (AGE, INCOME),
            [
                (
                    ("inputs", 0, "shape"),
                    "the contract has 3 columns, and MLmodel takes 2",
                    "write [-1, 2]",
                )
            ],
            id="width without names",
        ),
        pytest.param([tensor("x", "FP64", [-1, 2])], (AGE, INCOME), [], id="same width"),
        pytest.param([tensor("x", "FP64", [-1, 2])], (AGE, SINCE), [], id="width of no table"),
        pytest.param(
            [table("x", "FP64", "a", "b")],
            (OwnTensor("", "FP64", "float64", (None, 3)),),
            [
                (
                    ("inputs", 0, "shape"),
                    "the contract has 2 columns, and MLmodel takes 3",
                    "write [-1, 3]",
                )
            ],
            id="width of an array",
        ),
        pytest.param(
            [table("x", "FP64", "a", "b"), tensor("z", "INT64", [-1])],
            (OwnTensor("", "FP64", "float64", (None, 3)),),
            [],
            id="inputs side by side",
        ),
        pytest.param(
            [table("x", "FP64", "a"), tensor("z", "INT64", [-1])],
            (OwnTensor("", "FP64", "float64", (None, 3)),),
            [(("inputs",), "the contract has 2 columns, and MLmodel takes 3", "add or remove "
              "columns")],
            id="too few side by side",
        ),
        pytest.param(
            [tensor("x", "BYTES", [-1])],
            (OwnTensor("", "FP64", "float64", (None,)),),
            [(("inputs", 0, "datatype"), "'x' is BYTES, and float64 in MLmodel", "write FP64")],
            id="text for an array of numbers",
        ),
        pytest.param(
            [tensor("x", "FP64", [-1, 2]), tensor("z", "BYTES", [-1])],
            (OwnTensor("", None, "object", (None, 3)),),
            [],
            id="an array of objects",
        ),
        pytest.param(
            [tensor("x", "FP32", [-1, 8, 8])],
            (OwnTensor("", "FP32", "float32", (None, 28, 28)),),
            [
                (
                    ("inputs", 0, "shape", 1),
                    "'x' has the shape [-1, 8, 8] in the contract and [?, 28, 28] in MLmodel",
                    "write the shape as the model has it: [-1, 28, 28]",
                )
            ],
            id="images",
        ),
        pytest.param(
            [tensor("x", "FP32", [-1, 2])],
            (
                OwnTensor("x", "FP32", "float32", (None, 2)),
                OwnTensor("y", None, "object", (None, 2)),
            ),
            [
                (
                    ("inputs",),
                    "MLmodel takes the input 'y', which the contract lacks",
                    "add it (object, [-1, 2])",
                )
            ],
            id="named arrays",
        ),
        pytest.param([tensor("x", "FP32", [-1, 2])], (), [], id="outputs only"),
    ],
)  # fmt: skip
def test_logged_signatures(
    inputs: list[dict[str, Any]], own: tuple[Any, ...], expected: list[tuple[Any, str, str]]
) -> None:
    assert list(disagreements(contract(*inputs), logged(*own))) == expected


def test_every_route_leads_into_the_contract() -> None:
    """A route is the place in contract.json at which the finding will point."""
    declared = contract(table("x", "FP64", "b", "a"), tensor("z", "BYTES", [-1]))
    value = declared.model_dump(exclude_none=True)
    for own in (
        logged(*columns("a", "b", "c")),
        logged(OwnTensor("", "FP64", "float64", (None, 9))),
        logged(OwnTensor("q", "FP64", "float64", (None, 9))),
    ):
        found = disagreements(declared, own)
        assert found
        for each in found:
            node = value
            for step in each.route:
                node = node[step]  # type: ignore[index,assignment]
            assert each.fix
