"""A contract's JSON Schema accepts what the contract accepts, and its examples are nested data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from signature.contracts import tensor

from fairway.serve.contract import Contract
from fairway.signature.contract import contract_schema

SPECS = Path(__file__).parents[2] / "specs"


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*/contract.json")), ids=lambda p: p.parent.name)
def test_the_fleets_examples_are_accepted(path: Path) -> None:
    found = contract_schema(Contract.model_validate_json(path.read_bytes()))
    assert json.loads(json.dumps(found)) == [*found[:2], list(found.examples)]
    inputs, outputs = validator(found.inputs), validator(found.outputs)
    assert found.examples
    for example in found.examples:
        inputs.validate(example["inputs"])
        outputs.validate(example["outputs"])
        for data in example["inputs"].values():
            for value in (None, "text", 1e12):
                changed = json.loads(json.dumps(data))
                changed[0][0] = value
                assert not inputs.is_valid({next(iter(example["inputs"])): changed})


def test_what_a_contract_says_of_columns_is_kept() -> None:
    found = contract_schema(
        Contract.model_validate(
            {
                "inputs": [
                    tensor(
                        "people", "FP64", [-1, 2],
                        columns=[
                            {"name": "age", "unit": "years", "min": 18, "max": 110},
                            {"name": "height", "nullable": True},
                        ],
                    ),
                    tensor(
                        "country", "BYTES", [-1],
                        columns=[{"name": "country", "categories": ["DE", "FR"]}],
                    ),
                    tensor("count", "UINT8", [4]),
                ],
                "outputs": [tensor("y", "FP32", [-1, 3]), tensor("label", "INT8", [-1])],
                "examples": [
                    {
                        "name": "flat",
                        "inputs": {"people": [18, None, 20, 1.8], "country": ["DE", "FR"],
                                   "count": [1, 2, 3, 4]},
                    }
                ],
            }
        )
    )  # fmt: skip
    assert found.inputs["properties"]["people"] == {
        "type": "array",
        "items": {
            "type": "array",
            "prefixItems": [
                {"type": "number", "minimum": 18, "maximum": 110, "x-unit": "years"},
                {"type": ["number", "null"]},
            ],
            "items": False,
            "minItems": 2,
        },
        "minItems": 1,
        "x-datatype": "FP64",
        "x-shape": [-1, 2],
        "x-columns": ["age", "height"],
    }
    assert found.inputs["properties"]["country"]["items"] == {
        "type": "string",
        "enum": ["DE", "FR"],
    }
    assert found.inputs["properties"]["count"] == {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 255},
        "minItems": 4,
        "maxItems": 4,
        "x-datatype": "UINT8",
        "x-shape": [4],
    }
    assert found.outputs["properties"]["y"]["items"]["items"] == {"type": ["number", "null"]}
    (example,) = found.examples
    assert example["inputs"]["people"] == [[18, None], [20, 1.8]]
    validator(found.inputs).validate(example["inputs"])


DATATYPES = st.sampled_from(
    ["BOOL", "UINT8", "UINT64", "INT8", "INT16", "INT64", "FP16", "FP32", "FP64", "BYTES"]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-300, 300)
    | st.integers(-(2**64), 2**64)
    | st.sampled_from([0.5, -1.5])
    | st.sampled_from(["a", ""])
)


@settings(max_examples=300, deadline=None)
@given(datatype=DATATYPES, data=st.data())
def test_the_schema_and_the_contract_agree_on_every_value(
    datatype: str, data: st.DataObject
) -> None:
    column: dict[str, Any] = {"name": "c"}
    if datatype not in ("BYTES", "BOOL"):
        if data.draw(st.booleans()):
            column |= {"min": data.draw(st.integers(-5, 0)), "max": data.draw(st.integers(0, 5))}
        elif data.draw(st.booleans()):
            column["categories"] = [0, 1, 7]
    elif datatype == "BYTES" and data.draw(st.booleans()):
        column["categories"] = ["a"]
    if datatype == "BYTES" or datatype.startswith("FP"):
        column["nullable"] = data.draw(st.booleans())
    inputs = [tensor("x", datatype, [-1, 2], columns=[column, {"name": "d"}])]
    outputs = [tensor("y", "FP64", [-1])]
    schema = contract_schema(Contract.model_validate({"inputs": inputs, "outputs": outputs}))
    value = data.draw(VALUES)
    other = {"BOOL": True, "BYTES": "a"}.get(datatype, 1)
    example = {"name": "one", "inputs": {"x": [[value, other]]}}
    try:
        Contract.model_validate({"inputs": inputs, "outputs": outputs, "examples": [example]})
        accepted = True
    except ValidationError:
        accepted = False
    assert validator(schema.inputs).is_valid(example["inputs"]) == accepted
