"""A contract that contradicts itself is refused where it does."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

import fairway.serve
from fairway.serve.contract import Contract
from fairway.serve.cpu import available_cpus

GOOD = {
    "inputs": [
        {
            "name": "features",
            "datatype": "FP64",
            "shape": [-1, 2],
            "columns": [
                {"name": "age", "unit": "years", "min": 0, "max": 120},
                {"name": "income", "nullable": True},
            ],
        },
        {
            "name": "country",
            "datatype": "BYTES",
            "shape": [-1],
            "columns": [{"name": "country", "categories": ["DE", "FR"]}],
        },
    ],
    "outputs": [{"name": "score", "datatype": "FP64", "shape": [-1]}],
    "examples": [
        {
            "name": "flat and nested",
            "inputs": {"features": [[30, 1.5], [31, None]], "country": ["DE", "FR"]},
            "outputs": {"score": [0.1, 0.2]},
        }
    ],
}


def put(route: str, value: object) -> dict[str, object]:
    """The good contract with the value at a route such as ``inputs.0.name``."""
    contract = json.loads(json.dumps(GOOD))
    *path, last = [int(part) if part.isdigit() else part for part in route.split(".")]
    node = contract
    for part in path:
        node = node[part]
    node[last] = value
    return contract


CASES = {
    "no inputs": ("inputs", [], "inputs"),
    "no outputs": ("outputs", [], "outputs"),
    "unknown key": ("inputs.0.dtype", "FP64", "inputs.0.dtype"),
    "unknown datatype": ("inputs.0.datatype", "FLOAT", "inputs.0.datatype"),
    "no shape": ("inputs.0.shape", [], "inputs.0.shape"),
    "open second dimension": ("outputs.0.shape", [-1, -1], "outputs.0.shape.1"),
    "zero rows": ("outputs.0.shape", [0], "outputs.0.shape.0"),
    "shape of floats": ("outputs.0.shape", [1.5], "outputs.0.shape.0"),
    "columns and shape": ("inputs.0.shape", [-1, 3], "inputs.0.columns"),
    "two columns in one dimension": (
        "inputs.1.columns", [{"name": "a"}, {"name": "b"}], "inputs.1.columns",
    ),
    "column twice": ("inputs.0.columns.1.name", "age", "inputs.0.columns.1.name"),
    "empty name": ("inputs.0.columns.1.name", "", "inputs.0.columns.1.name"),
    "min above max": ("inputs.0.columns.0.min", 121, "inputs.0.columns.0.min"),
    "min is text": ("inputs.0.columns.0.min", "0", "inputs.0.columns.0.min"),
    "min beyond FP64": ("inputs.0.columns.0.min", -(10**400), "inputs.0.columns.0.min"),
    "fraction as a category": (
        "inputs.0.columns.1.categories", [1.5], "inputs.0.columns.1.categories.0",
    ),
    "limits of text": ("inputs.1.columns.0", {"name": "c", "max": 3}, "inputs.1.columns.0.max"),
    "categories and limits": (
        "inputs.0.columns.0.categories", [1, 2], "inputs.0.columns.0.categories",
    ),
    "category twice": (
        "inputs.1.columns.0.categories", ["DE", "FR", "DE"], "inputs.1.columns.0.categories.2",
    ),
    "no category": ("inputs.1.columns.0.categories", [], "inputs.1.columns.0.categories"),
    "number as a category of text": (
        "inputs.1.columns.0.categories", [1], "inputs.1.columns.0.categories",
    ),
    "nullable whole number": ("inputs.0.datatype", "INT64", "inputs.0.columns.1.nullable"),
    "input twice": ("inputs.1.name", "features", "inputs.1.name"),
    "unknown method": ("outputs.0.method", "score", "outputs.0.method"),
    "example lacks an input": ("examples.0.inputs", {"features": [[1, 2]]}, "examples.0.inputs"),
    "example of an unknown output": (
        "examples.0.outputs", {"label": [1]}, "examples.0.outputs.label",
    ),
    "example out of limits": (
        "examples.0.inputs.features.0.0", 121, "examples.0.inputs.features.0.0",
    ),
    "example with null": (
        "examples.0.inputs.features.1.0", None, "examples.0.inputs.features.1.0",
    ),
    "example of another type": (
        "examples.0.inputs.features.1.0", "x", "examples.0.inputs.features.1.0",
    ),
    "example of another category": (
        "examples.0.inputs.country.1", "IT", "examples.0.inputs.country.1",
    ),
    "example with a short row": (
        "examples.0.inputs.features.1", [1], "examples.0.inputs.features.1",
    ),
    "example with different rows": ("examples.0.inputs.country", ["DE"], "examples.0"),
    "negative tolerance": ("examples.0.tolerance", -1, "examples.0.tolerance"),
}  # fmt: skip


@pytest.mark.parametrize(("route", "value", "expected"), CASES.values(), ids=CASES.keys())
def test_located_problem(route: str, value: object, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Contract.model_validate(put(route, value))
    routes = {".".join(map(str, error["loc"])) for error in caught.value.errors()}
    assert expected in routes, caught.value
    assert len(routes) <= 2  # nothing that follows only from the first


def test_good_contract_round_trips() -> None:
    contract = Contract.model_validate(GOOD)
    assert Contract.model_validate_json(contract.model_dump_json(by_alias=True)) == contract
    with pytest.raises(ValidationError, match="frozen"):
        contract.inputs = ()  # type: ignore[misc]


def test_problems_of_several_parts_come_together() -> None:
    contract = put("inputs.0.columns.0.min", 500)
    contract["outputs"][0]["shape"] = [-1, 0]
    with pytest.raises(ValidationError) as caught:
        Contract.model_validate(contract)
    assert [error["loc"] for error in caught.value.errors()] == [
        ("inputs", 0, "columns", 0, "min"),
        ("outputs", 0, "shape", 1),
    ]


def test_every_field_is_documented() -> None:
    schema = Contract.model_json_schema()
    for part in [schema, *schema["$defs"].values()]:
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), name
            assert field.get("examples"), name


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module))
    return names


def test_the_package_stands_alone() -> None:
    """Nothing of the compiler is imported; the contract needs pydantic only."""
    folder = Path(fairway.serve.__file__).parent
    for path in folder.glob("*.py"):
        ours = {name for name in imports(path) if name.split(".")[0] == "fairway"}
        assert all(name.startswith("fairway.serve.") for name in ours), path
    light = imports(folder / "contract.py") | imports(folder / "signature.py")
    foreign = {name.split(".")[0] for name in light}
    assert foreign <= {"pydantic", "pydantic_core", "fairway", "__future__", "math",
        "sys",
                       "collections", "typing"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250000 100000", 2), ("50000 100000", 1), ("max 100000", None), ("", None), (None, None)],
)
def test_cpus_of_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, expected: int | None
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)))
    path = tmp_path / "cpu.max"
    if text is not None:
        path.write_text(text)
    assert available_cpus(path) == (expected or 8)
