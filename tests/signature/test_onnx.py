"""ONNX graphs are read as ONNX reads them, and damaged ones are refused."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from onnx import TensorProto, helper

from fairway.signature.datatype import ONNX, ONNX_OTHERS
from fairway.signature.errors import OwnSignatureError
from fairway.signature.onnx import onnx_signature

SPECS = Path(__file__).parents[2] / "specs"
GRAPHS = sorted(SPECS.glob("*/models/*/model.onnx"))


def oracle(path: Path) -> list[list[tuple[str, int, list[int | str | None] | None]]]:
    """Return the graph's inputs and outputs as the onnx package reads them."""
    graph = onnx.load(path).graph
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {tensor.values.name for tensor in graph.sparse_initializer}
    sides = [[v for v in graph.input if v.name not in constants], graph.output]
    return [[(v.name, _element(v), _shape(v)) for v in side] for side in sides]


def _element(value: onnx.ValueInfoProto) -> int:
    return value.type.tensor_type.elem_type if value.type.HasField("tensor_type") else -1


def _shape(value: onnx.ValueInfoProto) -> list[int | str | None] | None:
    if not value.type.tensor_type.HasField("shape"):
        return None
    return [
        dim.dim_param or (dim.dim_value if dim.dim_value > 0 else None)
        for dim in value.type.tensor_type.shape.dim
    ]


def same(path: Path) -> bool:
    own = onnx_signature(path)
    ours = [
        [
            (t.name, _number(t.datatype, t.type_name), None if t.shape is None else list(t.shape))
            for t in side
        ]
        for side in (own.inputs, own.outputs)
    ]
    for schema in own.schemas():
        Draft202012Validator.check_schema(schema)
    return ours == oracle(path)


def _number(datatype: str | None, name: str) -> int:
    numbers = {**{v: k for k, v in ONNX.items()}, **{v: k for k, v in ONNX_OTHERS.items()}}
    return numbers.get(datatype or name, -1)


@pytest.mark.parametrize("path", GRAPHS, ids=lambda p: p.parent.name)
def test_the_fleets_graphs(path: Path) -> None:
    assert same(path)


def test_there_are_graphs_in_the_fleet() -> None:
    assert GRAPHS


def test_every_type_of_onnx_is_known_by_its_number() -> None:
    names = dict(TensorProto.DataType.items())
    assert ONNX.keys() | ONNX_OTHERS.keys() == set(names.values())
    assert not ONNX.keys() & ONNX_OTHERS.keys()
    for name, number in names.items():
        if number in ONNX_OTHERS:
            assert ONNX_OTHERS[number] == name.lower()


def save(path: Path, inputs, outputs, **more) -> Path:  # type: ignore[no-untyped-def]
    graph = helper.make_graph([], "g", inputs, outputs, **more)
    onnx.save(helper.make_model(graph), path)
    return path


def test_shapes_constants_and_types_that_are_no_tensors(tmp_path: Path) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("s", TensorProto.FLOAT, [1], [1.0]),
        helper.make_tensor("i", TensorProto.INT64, [1], [0]),
        [4],
    )
    floats = helper.make_tensor_type_proto(TensorProto.FLOAT, ["n", 3])
    path = save(
        tmp_path / "model.onnx",
        [
            helper.make_tensor_value_info("a", TensorProto.FLOAT, ["batch", None, 3, -1]),
            helper.make_tensor_value_info("unknown rank", TensorProto.DOUBLE, None),
            helper.make_tensor_value_info("scalar", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, [2]),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, [4]),
            helper.make_tensor_value_info("größe", TensorProto.STRING, [1]),
        ],
        [
            helper.make_value_info("maps", helper.make_sequence_type_proto(floats)),
            helper.make_value_info("maybe", helper.make_optional_type_proto(floats)),
            helper.make_tensor_value_info("b", TensorProto.BFLOAT16, [1]),
        ],
        initializer=[weight],
        sparse_initializer=[sparse],
    )
    assert same(path)
    own = onnx_signature(path)
    assert [part.name for part in own.inputs] == ["a", "unknown rank", "scalar", "größe"]
    assert [part.type_name for part in own.outputs] == ["sequence", "optional", "bfloat16"]  # type: ignore[union-attr]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_graphs_are_refused_or_read(data: st.DataObject, tmp_path: Path) -> None:
    original = tmp_path / "original.onnx"
    if not original.exists():
        values = [helper.make_tensor_value_info("a", TensorProto.FLOAT, ["n", 3])]
        save(original, values, values)
    changed = bytearray(original.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "model.onnx"
    path.write_bytes(changed[: data.draw(st.integers(0, len(changed)))])
    try:
        found = onnx_signature(path)
    except OwnSignatureError as refused:
        reason = str(refused)
    else:
        reason = ""
        assert found.graph
    assert not reason or reason.startswith("model.onnx cannot be read as ONNX: ")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\x08\x07", "it holds no graph"),
        (b"\x3a\x00\x3a\x00", "it holds several graphs"),
        (b"\x38\x01", "it holds no graph|no message|several"),
        (b"\x3a\x7f", "a field is longer than its message"),
        (b"\x0b", "wire type 3"),
        (b"\x00\x00", "field number 0"),
        (b"\xff" * 12, "longer than 64 bits"),
        (b"\x80", "a number is cut"),
        (b"\x3a\x04\x5a\x02\x0a\x01", "a field is longer than its message"),
        (b"\x3a\x05\x5a\x03\x0a\x01\xff", "a name is not UTF-8"),
        (b"<html>not found</html>", "cannot be read as ONNX"),
    ],
)
def test_what_is_no_graph(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(OwnSignatureError, match=reason) as refused:
        onnx_signature(path)
    assert refused.value.fix


def test_weights_are_passed_over(tmp_path: Path) -> None:
    """A file of gigabytes is read in no time, since its weights are never touched."""
    path = tmp_path / "model.onnx"
    values = [helper.make_tensor_value_info("a", TensorProto.FLOAT, ["n", 3])]
    size = 2 << 30
    graph = helper.make_graph([], "g", values, values).SerializeToString()
    raw = b"\x4a" + _varint(size)  # TensorProto.raw_data
    tensor = b"\x2a" + _varint(len(raw) + size)  # GraphProto.initializer
    head = b"\x3a" + _varint(len(graph) + len(tensor) + len(raw) + size) + graph + tensor + raw
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(len(head) + size)
    assert [part.name for part in onnx_signature(path).inputs] == ["a"]


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])
