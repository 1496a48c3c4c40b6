"""ONNX models that real converters write are accepted, and what reaches out of them is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from scan.estimators import RECIPES, estimator
from scan.saved_models import message, number
from scan.scanning import messages, scan, scan_bytes, write_files
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from fairway.scan import onnx_file

CONVERTED = ["bayes", "boosting", "components", "forest", "histogram boosting", "logistic",
             "mixture", "neighbours", "perceptron", "polynomials", "ridge", "sgd",
             "support vectors", "tree", "calibrated", "isolation"]  # fmt: skip
X = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 4])
Y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 4])


@cache
def converted(name: str) -> bytes:
    assert name in RECIPES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"target_opset": {"": 18, "ai.onnx.ml": 3}}
        model = to_onnx(
            estimator(name), initial_types=[("x", FloatTensorType([None, 5]))], **options
        )
    return model.SerializeToString()


def model(
    nodes: list[onnx.NodeProto],
    initializers: list[onnx.TensorProto] | None = None,
    domains: tuple[str, ...] = ("",),
    functions: list[onnx.FunctionProto] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "g", [X], [Y], initializers or [])
    opsets = [helper.make_opsetid(domain, 18 if not domain else 1) for domain in domains]
    return helper.make_model(graph, opset_imports=opsets, functions=functions or [])


def body(operator: str, **more: str) -> onnx.GraphProto:
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    return helper.make_graph([helper.make_node(operator, ["x"], ["z"], **more)], "b", [], [out])


def condition(operator: str, **more: str) -> onnx.ModelProto:
    true = numpy_helper.from_array(np.array(True), "c")
    node = helper.make_node(
        "If", ["c"], ["y"], then_branch=body("Relu"), else_branch=body(operator, **more)
    )
    return model([node], [true], ("", more.get("domain", "")))


def deep(levels: int) -> onnx.ModelProto:
    graph = body("Relu")
    out = [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)]
    for _ in range(levels):
        node = helper.make_node("If", ["c"], ["z"], then_branch=graph, else_branch=body("Relu"))
        graph = helper.make_graph([node], "g", [], out)
    return model([helper.make_node("If", ["c"], ["y"], then_branch=graph, else_branch=graph)])


def local(operator: str = "Relu", **more: str) -> onnx.ModelProto:
    inner = [helper.make_node(operator, ["x"], ["y"], **more)]
    opsets = [helper.make_opsetid(domain, 1) for domain in ("", more.get("domain", ""))]
    function = helper.make_function("my.own", "Twice", ["x"], ["y"], inner, opsets)
    return model([helper.make_node("Twice", ["x"], ["y"], domain="my.own")], [], ("", "my.own"),
                 [function])  # fmt: skip


def tensor(location: str | None, **more: str) -> onnx.TensorProto:
    """A weight of 4 × 4 floats whose bytes are in another file."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4])
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        if value is not None:
            entry = weight.external_data.add()
            entry.key, entry.value = key, value
    return weight


def outside(location: str | None, **more: str) -> onnx.ModelProto:
    return model([helper.make_node("MatMul", ["x", "w"], ["y"])], [tensor(location, **more)])


def in_an_attribute(location: str) -> onnx.ModelProto:
    return model([helper.make_node("Constant", [], ["y"], value=tensor(location))])


def in_a_sparse_tensor(location: str) -> onnx.ModelProto:
    made = model([helper.make_node("Relu", ["x"], ["y"])])
    made.graph.sparse_initializer.add().values.CopyFrom(tensor(location))
    return made


def in_training(location: str) -> onnx.ModelProto:
    made = model([helper.make_node("Relu", ["x"], ["y"])])
    made.training_info.add().algorithm.initializer.append(tensor(location))
    return made


def loop() -> onnx.ModelProto:
    return model([helper.make_node("Loop", ["n", "c", "x"], ["y"], body=body("Tanh"))])


HAND_MADE: dict[str, Callable[[], onnx.ModelProto]] = {
    "relu": lambda: model([helper.make_node("Relu", ["x"], ["y"])]),
    "if": lambda: condition("Tanh"),
    "loop": loop,
    "nested": lambda: deep(10),
    "function": local,
    "runtime's own": lambda: model(
        [helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft")], [], ("", "com.microsoft")
    ),
    "texts": lambda: model([
        helper.make_node("Constant", [], ["t"], value=helper.make_tensor(
            "t", TensorProto.STRING, [2], [b"os.system", b"\x80\x04"])),
        helper.make_node("Relu", ["x"], ["y"]),
    ]),
    "large": lambda: model([helper.make_node("MatMul", ["x", "w"], ["y"])],
                           [numpy_helper.from_array(np.ones((2000, 2000), "f4"), "w")]),
}  # fmt: skip
HOSTILE: dict[str, Callable[[], onnx.ModelProto]] = {
    **{
        f"tensor at {place!r}": (lambda place=place: outside(place))
        for place in (
            "/etc/passwd", "../secret", "a/../../secret", "C:\\secret", "..\\secret", "", ".",
            "gone.bin", "*/_ORT_MEM_ADDR_/*", "file:///etc/passwd", "w\x00.bin", "a" * 5000,
        )
    },
    "tensor nowhere": lambda: outside(None),
    "tensor in an attribute": lambda: in_an_attribute("/etc/passwd"),
    "sparse tensor": lambda: in_a_sparse_tensor("/etc/passwd"),
    "tensor in training": lambda: in_training("/etc/passwd"),
    "tensor longer than its file": lambda: outside("weights.bin", offset="0", length="100000"),
    "tensor behind its file": lambda: outside("weights.bin", offset="99999999999", length="4"),
    "tensor at a word": lambda: outside("weights.bin", offset="x"),
    "tensor at a negative place": lambda: outside("weights.bin", offset="-1"),
    "custom operator": lambda: model([helper.make_node("Evil", ["x"], ["y"], domain="evil")]),
    "custom operator in a branch": lambda: condition("Evil", domain="evil"),
    "custom operator in a function": lambda: local("Evil", domain="evil"),
    "Python": lambda: model([helper.make_node("PythonOp", ["x"], ["y"], domain="com.microsoft")]),
    "compiled blob": lambda: model(
        [helper.make_node("EPContext", ["x"], ["y"], domain="com.microsoft")]
    ),
    "PyTorch": lambda: model([helper.make_node("ATen", ["x"], ["y"], domain="org.pytorch.aten")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERTED)
def test_converted_is_accepted(name: str, tmp_path: Path):
    report = scan_bytes(tmp_path, converted(name), "model.onnx")
    assert messages(report) == ""
    assert report.format == "onnx"
    proto = onnx.load_from_string(converted(name))
    assert {f"{node.domain or 'ai.onnx'}.{node.op_type}" for node in proto.graph.node} <= set(
        report.operators
    )


@pytest.mark.parametrize("name", sorted(HAND_MADE))
def test_hand_made_is_accepted(name: str, tmp_path: Path):
    report = scan_bytes(tmp_path, HAND_MADE[name]().SerializeToString(), "model.onnx")
    assert messages(report) == ""
    assert report.format == "onnx"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_is_refused(name: str, tmp_path: Path):
    files = {"model.onnx": HOSTILE[name]().SerializeToString(), "weights.bin": b"\xff\x00" * 32}
    report = scan(write_files(tmp_path, files))
    assert [fault for fault in report.faults if fault.path == "model.onnx"] != []
    assert "could not be scanned" not in messages(report)


def test_operators_inside_are_listed(tmp_path: Path):
    report = scan_bytes(tmp_path, condition("Tanh").SerializeToString(), "m.onnx")
    assert set(report.operators) == {"ai.onnx.If", "ai.onnx.Relu", "ai.onnx.Tanh"}


def test_external_data_inside_of_the_folder(tmp_path: Path):
    made = model([helper.make_node("MatMul", ["x", "w"], ["y"])],
                 [numpy_helper.from_array(np.full((600, 600), np.pi, "f4"), "w")])  # fmt: skip
    onnx.save_model(made, tmp_path / "model.onnx", save_as_external_data=True,
                    location="weights.bin", size_threshold=0)  # fmt: skip
    report = scan(tmp_path)
    assert messages(report) == ""
    assert report.format == "onnx"
    (tmp_path / "unused.bin").write_bytes(b"\xff\x00")
    assert "unused.bin" in messages(scan(tmp_path))


def test_field_twice_is_refused(tmp_path: Path):
    """Readers keep the last of two; the first would be what was looked at."""
    data = model([helper.make_node("Relu", ["x"], ["y"])]).SerializeToString()
    twice = message(7, message(1, message(4, "Relu"), message(4, "Evil")))
    assert scan_bytes(tmp_path, data + twice, "m.onnx").faults
    assert scan_bytes(tmp_path, number(1, 8) + twice, "m.onnx").faults


def test_nesting_without_end_is_refused(tmp_path: Path):
    graph = message(1, message(4, "Relu"))
    for _ in range(5000):
        graph = message(1, message(4, "If"), message(5, message(6, graph)))
    report = scan_bytes(tmp_path, number(1, 8) + message(7, graph), "model.onnx")
    assert report.faults
    assert "could not be scanned" not in messages(report)


@pytest.mark.parametrize("end", range(1, 400, 13))
def test_cut_is_refused(end: int, tmp_path: Path):
    assert scan_bytes(tmp_path, converted("ridge")[:-end], "model.onnx").faults


def test_field_numbers_are_those_of_onnx():
    """Every field that is known here is one of ONNX's, and the other way round."""
    for name, known in (
        ("ModelProto", onnx_file.MODEL), ("GraphProto", onnx_file.GRAPH),
        ("NodeProto", onnx_file.NODE), ("FunctionProto", onnx_file.FUNCTION),
        ("TrainingInfoProto", onnx_file.TRAINING),
    ):  # fmt: skip
        descriptor = getattr(onnx, name).DESCRIPTOR
        wires = {field.number: 0 if field.cpp_type in (1, 2) else 2 for field in descriptor.fields}
        assert wires == known, name
    assert onnx.TensorProto.DESCRIPTOR.fields_by_name["external_data"].number == 13
    assert onnx.TensorProto.DESCRIPTOR.fields_by_name["data_location"].number == 14
    attribute = onnx.AttributeProto.DESCRIPTOR.fields_by_name
    assert [attribute[name].number for name in
            ("t", "g", "tensors", "graphs", "sparse_tensor", "sparse_tensors")] == [
        5, 6, 10, 11, 22, 23]  # fmt: skip
