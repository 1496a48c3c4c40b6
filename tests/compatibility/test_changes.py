"""What changed between two contracts, and which releases that breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from signature.contracts import tensor

from fairway.compatibility.change import NEEDS, Change, breaking
from fairway.compatibility.compare import changes
from fairway.compatibility.read import contract_changes, read_tensors
from fairway.compatibility.tensors import contract_tensors
from fairway.deployment import OwnFile
from fairway.errors import FairwayError
from fairway.serve.contract import Contract
from fairway.source.folder import Folder

SPECS = Path(__file__).parents[2] / "specs"
Document = dict[str, Any]


def table(*columns: Document, datatype: str = "FP64", rows: int = -1) -> Document:
    return tensor("x", datatype, [rows, len(columns)], columns=list(columns))


def document(*inputs: Document, outputs: list[Document] | None = None) -> Document:
    value = {"inputs": list(inputs), "outputs": outputs or [tensor("y", "FP64", [-1])]}
    Contract.model_validate(value)
    return value


def found(stable: Document, candidate: Document) -> tuple[Change, ...]:
    return changes(contract_tensors(stable), contract_tensors(candidate))


AGE = {"name": "age", "min": 18, "max": 110}
SEX = {"name": "sex", "categories": [1, 2]}
X = tensor("x", "FP64", [-1, 2])
Y = tensor("y", "FP64", [-1])
Z = tensor("z", "INT64", [-1])
EXAMPLES: dict[str, tuple[Document, Document, list[tuple[str, str, str, str, str]]]] = {
    # Each change as kind, side, tensor, column, and what it breaks.
    "an input more": (
        document(X),
        document(X, Z),
        [("added", "input", "z", "", "both")],
    ),
    "an input less": (
        document(X, Z),
        document(X),
        [("removed", "input", "z", "", "both")],
    ),
    "an output more": (
        document(X),
        document(X, outputs=[Y, Z]),
        [("added", "output", "z", "", "forward")],
    ),
    "an output less": (
        document(X, outputs=[Y, Z]),
        document(X, outputs=[Z]),
        [("removed", "output", "y", "", "backward")],
    ),
    "another datatype": (
        document(X),
        document(tensor("x", "FP32", [-1, 2])),
        [("retyped", "input", "x", "", "both")],
    ),
    "another datatype of an answer": (
        document(X),
        document(X, outputs=[tensor("y", "FP32", [-1])]),
        [("retyped", "output", "y", "", "both")],
    ),
    "another dimension": (
        document(tensor("x", "FP64", [-1])),
        document(tensor("x", "FP64", [-1, 1])),
        [("reshaped", "input", "x", "", "both")],
    ),
    "more unnamed columns": (
        document(X),
        document(tensor("x", "FP64", [-1, 3])),
        [("reshaped", "input", "x", "", "both")],
    ),
    "one row only": (
        document(X),
        document(tensor("x", "FP64", [1, 2])),
        [("narrowed", "input", "x", "", "backward")],
    ),
    "any number of rows": (
        document(tensor("x", "FP64", [1, 2]), outputs=[tensor("y", "FP64", [1])]),
        document(X, outputs=[Y]),
        [("widened", "input", "x", "", "forward"), ("widened", "output", "y", "", "backward")],
    ),
    "other rows": (
        document(tensor("x", "FP64", [1, 2])),
        document(tensor("x", "FP64", [2, 2])),
        [("reshaped", "input", "x", "", "both")],
    ),
    "another method": (
        document(X),
        document(X, outputs=[tensor("y", "FP64", [-1], method="decision_function")]),
        [("method", "output", "y", "", "both")],
    ),
    "a column more": (
        document(table(AGE)),
        document(table(AGE, SEX)),
        [("added", "input", "x", "sex", "both")],
    ),
    "a column less": (
        document(table(AGE, SEX)),
        document(table(SEX)),
        [("removed", "input", "x", "age", "both")],
    ),
    "another name": (
        document(table(AGE, SEX)),
        document(table({**AGE, "name": "years", "max": 100}, SEX)),
        [("renamed", "input", "x", "age", "both"), ("narrowed", "input", "x", "age", "backward")],
    ),
    "another order": (
        document(table(AGE, SEX)),
        document(table(SEX, AGE)),
        [("reordered", "input", "x", "age", "both")],
    ),
    "a new column in front of a lost one": (
        document(table(AGE, SEX)),
        document(table({"name": "bmi"}, AGE)),
        [("added", "input", "x", "bmi", "both"), ("removed", "input", "x", "sex", "both")],
    ),
    "another unit": (
        document(table({**AGE, "unit": "years"})),
        document(table({**AGE, "unit": "months"})),
        [("unit", "input", "x", "age", "both")],
    ),
    "a unit that is said at last": (
        document(table(AGE)),
        document(table({**AGE, "unit": "years"})),
        [],
    ),
    "null no longer": (
        document(table({**AGE, "nullable": True})),
        document(table(AGE)),
        [("required", "input", "x", "age", "backward")],
    ),
    "null from now on": (
        document(table(AGE)),
        document(table({**AGE, "nullable": True})),
        [("optional", "input", "x", "age", "forward")],
    ),
    "tighter limits": (
        document(table(AGE)),
        document(table({**AGE, "min": 21})),
        [("narrowed", "input", "x", "age", "backward")],
    ),
    "no limit": (
        document(table(AGE)),
        document(table({"name": "age", "min": 18})),
        [("widened", "input", "x", "age", "forward")],
    ),
    "moved limits": (
        document(table(AGE)),
        document(table({**AGE, "min": 21, "max": 120})),
        [("shifted", "input", "x", "age", "both")],
    ),
    "a category more": (
        document(table(SEX)),
        document(table({"name": "sex", "categories": [1, 2, 3]})),
        [("widened", "input", "x", "sex", "forward")],
    ),
    "categories instead of limits": (
        document(table(AGE)),
        document(table({"name": "age", "categories": [20, 30]})),
        [("narrowed", "input", "x", "age", "backward")],
    ),
    "the same whole numbers in other words": (
        document(table({"name": "n", "min": 0.5, "max": 3}, datatype="INT8")),
        document(table({"name": "n", "categories": [3, 2, 1]}, datatype="INT8")),
        [],
    ),
    "the limits of the datatype": (
        document(table({"name": "n", "min": 0, "max": 255}, datatype="UINT8")),
        document(tensor("x", "UINT8", [-1, 1])),
        [],
    ),
    "limits beyond the datatype": (
        document(table({"name": "n", "min": -5, "max": 1000}, datatype="UINT8")),
        document(table({"name": "n"}, datatype="UINT8")),
        [],
    ),
    "columns are listed at last, one with a limit": (
        document(X),
        document(table({"name": "a"}, AGE)),
        [("narrowed", "input", "x", "age", "backward")],
    ),
    "any text": (
        document(table({"name": "t", "categories": ["a", "b"]}, datatype="BYTES")),
        document(table({"name": "t"}, datatype="BYTES")),
        [("widened", "input", "x", "t", "forward")],
    ),
    "what callers cannot notice": (
        document(X),
        document({**X, "source": "float_input"}),
        [],
    ),
}
BREAKS = {(True, True): "both", (True, False): "backward", (False, True): "forward"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_changed(name: str) -> None:
    stable, candidate, expected = EXAMPLES[name]
    assert [
        (*change[:4], BREAKS[change.breaks_backward, change.breaks_forward])
        for change in found(stable, candidate)
    ] == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_way_back_breaks_the_other_direction(name: str) -> None:
    stable, candidate, _ = EXAMPLES[name]
    there, back = found(stable, candidate), found(candidate, stable)
    assert {(c.breaks_backward, c.breaks_forward) for c in there} == {
        (c.breaks_forward, c.breaks_backward) for c in back
    }
    assert len(there) == len(back)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tighter limits", {"shadow", "rolling", "blueGreen", "canary", "ab"}),
        ("no limit", {"canary", "ab", "rollback"}),
        ("an output more", {"rollback"}),
        ("an output less", {"rolling", "blueGreen", "canary", "ab"}),
        ("another method", {"rolling", "blueGreen", "canary", "ab", "rollback"}),
        ("another datatype", {"shadow", "rolling", "blueGreen", "canary", "ab", "rollback"}),
        ("the limits of the datatype", set()),
    ],
)
def test_which_releases_a_change_breaks(name: str, expected: set[str]) -> None:
    stable, candidate, _ = EXAMPLES[name]
    there = found(stable, candidate)
    assert {release for release in NEEDS if breaking(there, release)} == expected


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("an input more", "input 'z' is new"),
        ("an output less", "output 'y' is gone"),
        ("another datatype", "input 'x' is FP32, and was FP64"),
        ("one row only", "input 'x' has the shape [1, 2], and had [-1, 2]"),
        ("another method", "output 'y' comes from decision_function, and came from predict"),
        ("another name",
         "column 'age' of input 'x' is named 'years' now: its numbers may mean something else"),
        ("another order", "the columns of input 'x' have another order, from 'age' on"),
        ("another unit", "column 'age' of input 'x' is in months, and was in years"),
        ("null no longer", "column 'age' of input 'x' may no longer be null"),
        ("tighter limits", "column 'age' of input 'x' takes 21 to 110, and took 18 to 110"),
        ("no limit", "column 'age' of input 'x' takes at least 18, and took 18 to 110"),
        ("a category more", "column 'sex' of input 'x' takes 1, 2, 3, and took 1, 2"),
        ("any text", "column 't' of input 'x' takes any value, and took 'a', 'b'"),
    ],
)  # fmt: skip
def test_each_change_is_a_sentence(name: str, sentence: str) -> None:
    stable, candidate, _ = EXAMPLES[name]
    assert found(stable, candidate)[0].sentence == sentence


def test_long_lists_are_cut() -> None:
    stable = document(table({"name": "a", "categories": list(range(40))}))
    candidate = document(table({"name": "a", "max": 3.5}))
    (change,) = found(stable, candidate)
    assert change.sentence == (
        "column 'a' of input 'x' takes at most 3.5, and took 0, 1, 2, 3, 4 and 35 more"
    )


# -- files -------------------------------------------------------------------------------------


def own(folder: Folder, name: str) -> OwnFile:
    content = folder.file(name)
    assert not isinstance(content, str)
    return OwnFile(name, len(content.data), content.digest)


def test_the_fleets_contracts_are_compatible_with_themselves() -> None:
    contracts = sorted(SPECS.glob("*/contract.json"))
    assert contracts
    for path in contracts:
        value = json.loads(path.read_bytes())
        assert found(value, value) == ()


def test_equal_contracts_are_not_read(tmp_path: Path) -> None:
    missing = OwnFile("nowhere.json", 1, "sha256:00")
    folder = Folder(str(tmp_path), "specs/a")
    assert contract_changes(folder, missing, missing._replace(path="elsewhere.json")) == ()
    with pytest.raises(FairwayError, match=r"specs/a/nowhere.json: .* does not exist"):
        read_tensors(folder, missing)


def test_contracts_are_read_beside_the_spec(tmp_path: Path) -> None:
    for name, value in (("a.json", document(X)), ("b.json", document(X, Z))):
        (tmp_path / name).write_text(json.dumps(value), "utf-8")
    folder = Folder(str(tmp_path), "specs/a")
    first, second = own(folder, "a.json"), own(folder, "b.json")
    assert [change.kind for change in contract_changes(folder, first, second)] == ["added"]
    with pytest.raises(FairwayError, match=r"specs/a/a.json changed while it was used"):
        read_tensors(Folder(str(tmp_path), "specs/a"), first._replace(digest=second.digest))
