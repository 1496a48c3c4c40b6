"""Requests read against contracts, without a process: types, limits and places."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from fairway.serve.contract import Contract
from fairway.serve.errors import Refusal
from fairway.serve.request import RequestReader


def reader(datatype: str, shape: list[int], columns: list[dict[str, object]] | None = None):
    tensor = {"name": "x", "datatype": datatype, "shape": shape, "columns": columns}
    output = {"name": "y", "datatype": "FP64", "shape": [-1]}
    contract = Contract.model_validate({"inputs": [tensor], "outputs": [output]})
    return RequestReader("model", "1", contract, 10)


def read(reader: RequestReader, datatype: str, shape: list[int], data: object) -> np.ndarray:
    tensor = {"name": "x", "datatype": datatype, "shape": shape, "data": data}
    return reader.read({}, json.dumps({"inputs": [tensor]}).encode()).request.inputs[0].data


@pytest.mark.parametrize(
    ("datatype", "data", "dtype"),
    [
        ("BOOL", [True, False], "bool"),
        ("UINT8", [0, 255], "uint8"),
        ("UINT16", [0, 65535], "uint16"),
        ("UINT32", [0, 2**32 - 1], "uint32"),
        ("UINT64", [0, 2**64 - 1], "uint64"),
        ("INT8", [-128, 127], "int8"),
        ("INT16", [-(2**15), 2**15 - 1], "int16"),
        ("INT32", [-(2**31), 2**31 - 1], "int32"),
        ("INT64", [-(2**63), 2**63 - 1], "int64"),
        ("FP16", [-65504, 0.5], "float16"),
        ("FP32", [1, 0.1], "float32"),
        ("FP64", [1, 1e308], "float64"),
        ("BYTES", ["", "größer"], "object"),
    ],
)
def test_every_datatype_at_its_edges(datatype: str, data: list[object], dtype: str) -> None:
    for columns in (None, [{"name": "c"}]):
        array = read(reader(datatype, [-1], columns), datatype, [2], data)
        assert array.dtype == dtype
        assert array.tolist() == np.array(data, dtype=dtype).tolist()


@pytest.mark.parametrize(
    ("datatype", "value", "expected"),
    [
        ("BOOL", 1, "expected true or false, found a number"),
        ("BOOL", "true", "expected true or false, found a string"),
        ("UINT8", 256, "256 is outside UINT8, 0 to 255"),
        ("UINT64", -1, "-1 is outside UINT64"),
        ("INT8", -129, "-129 is outside INT8, -128 to 127"),
        ("INT64", 2**63, "outside INT64"),
        ("INT64", 2**64, "a number with a fraction or beyond 64 bits"),
        ("INT64", 1.0, "expected a whole number"),
        ("INT64", True, "expected a whole number, found a boolean"),
        ("INT64", None, "expected a whole number, found null"),
        ("FP16", 70000, "infinite, or too large for the datatype"),
        ("FP64", "1", "expected a number, found a string"),
        ("FP64", None, "expected a number, found null"),
        ("BYTES", 3, "expected a string, found a number"),
        ("BYTES", None, "expected a string, found null"),
    ],
)
def test_value_of_another_type(datatype: str, value: object, expected: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(reader(datatype, [-1]), datatype, [1], [value])
    assert expected in caught.value.message
    assert caught.value.message.startswith("input 'x', row 0")
    assert caught.value.status == 400


def test_limits_are_inclusive_in_the_precision_of_the_tensor() -> None:
    columns = [{"name": "c", "min": 0.1, "max": 0.7}]
    for datatype in ("FP16", "FP32", "FP64"):
        limited = reader(datatype, [-1], columns)
        assert read(limited, datatype, [2], [0.1, 0.7]).shape == (2,)
        with pytest.raises(Refusal, match=r"row 1, column 'c': 0\.75 is above the maximum 0.7"):
            read(limited, datatype, [2], [0.1, 0.75])


def test_whole_numbers_have_limits_and_categories() -> None:
    columns = [{"name": "n", "min": -5}, {"name": "kind", "categories": [1, 2, 4]}]
    limited = reader("INT32", [-1, 2], columns)
    assert read(limited, "INT32", [2, 2], [[-5, 1], [2**31 - 1, 4]]).tolist()[0] == [-5, 1]
    with pytest.raises(Refusal, match="column 'kind': 3 is not one of 1, 2, 4"):
        read(limited, "INT32", [2, 2], [[0, 1], [0, 3]])
    with pytest.raises(Refusal, match="column 'n': -6 is below the minimum -5"):
        read(limited, "INT32", [1, 2], [-6, 3])


def test_null_is_nan_or_none() -> None:
    columns = [{"name": "a", "nullable": True, "max": 5}, {"name": "b"}]
    numbers = read(reader("FP32", [-1, 2], columns), "FP32", [2, 2], [[None, 1], [2, 3]])
    np.testing.assert_array_equal(numbers, [[np.nan, 1], [2, 3]])
    with pytest.raises(Refusal, match="row 1, column 'b': null or NaN, but the column is not"):
        read(reader("FP32", [-1, 2], columns), "FP32", [2, 2], [[None, 1], [2, None]])
    columns = [{"name": "a", "nullable": True, "categories": ["x"]}]
    texts = read(reader("BYTES", [-1], columns), "BYTES", [2], [None, "x"])
    assert texts.tolist() == [None, "x"]
    categories = [{"name": "a", "nullable": True, "categories": [1, 2]}]
    with pytest.raises(Refusal, match=r"3\.0 is not one of 1, 2"):
        read(reader("FP64", [-1], categories), "FP64", [3], [None, 1, 3])


def test_three_dimensions() -> None:
    columns = [{"name": "u"}, {"name": "v", "max": 10}]
    cube = reader("FP64", [-1, 3, 2], columns)
    data = np.arange(12.0).reshape(2, 3, 2)
    data[1] -= 6
    assert (read(cube, "FP64", [2, 3, 2], data.tolist()) == data).all()
    data[1, 2, 1] = 99
    with pytest.raises(Refusal) as caught:
        read(cube, "FP64", [2, 3, 2], data.tolist())
    assert caught.value.message == (
        "input 'x', row 1, element [2, 1], column 'v': 99.0 is above the maximum 10"
    )
    nested = data.tolist()
    nested[1][2] = [1.0]
    with pytest.raises(Refusal, match=r"data\[1, 2\] has 1 elements, but .* expects 2"):
        read(cube, "FP64", [2, 3, 2], nested)


def test_fixed_number_of_rows() -> None:
    fixed = reader("FP64", [2, 1])
    assert read(fixed, "FP64", [2, 1], [1, 2]).shape == (2, 1)
    with pytest.raises(Refusal, match=r"expected shape \[2, 1\], found \[3, 1\]"):
        read(fixed, "FP64", [3, 1], [1, 2, 3])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\x05\x00\x00\x00ab", "ends in an element"),
        (b"\x05\x00", "ends in an element"),
        (b"\xff\xff\xff\xff", "ends in an element"),
        (struct.pack("<I", 1) + b"\xff", "element 0 is not UTF-8"),
        (b"", "binary data has 0 elements, the shape 1"),
        (struct.pack("<I", 0) * 2, "binary data has 2 elements"),
    ],
)
def test_binary_text(raw: bytes, expected: str) -> None:
    tensor = {"name": "x", "datatype": "BYTES", "shape": [1],
              "parameters": {"binary_data_size": len(raw)}}  # fmt: skip
    head = json.dumps({"inputs": [tensor]}).encode()
    with pytest.raises(Refusal, match=expected):
        reader("BYTES", [-1]).read({"inference-header-content-length": str(len(head))}, head + raw)


def test_binary_booleans() -> None:
    tensor = {"name": "x", "datatype": "BOOL", "shape": [2], "parameters": {"binary_data_size": 2}}
    head = json.dumps({"inputs": [tensor]}).encode()
    headers = {"inference-header-content-length": str(len(head))}
    found = reader("BOOL", [-1]).read(headers, head + b"\x01\x00").request.inputs[0].data
    assert found.tolist() == [True, False]
    with pytest.raises(Refusal, match="a BOOL byte must be 0 or 1"):
        reader("BOOL", [-1]).read(headers, head + b"\x01\x02")


def test_arrays_may_be_written_to() -> None:
    """A model may scale its inputs in place, whichever way they came."""
    tensor = {"name": "x", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 4}}
    head = json.dumps({"inputs": [tensor]}).encode()
    headers = {"inference-header-content-length": str(len(head))}
    body = head + struct.pack("<f", 2.0)
    array = reader("FP32", [-1]).read(headers, body).request.inputs[0].data
    array *= 2
    assert array.tolist() == [4.0]
