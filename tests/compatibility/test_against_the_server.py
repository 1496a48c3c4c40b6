"""Whether requests of one version's callers are accepted by the other: the server is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairway.compatibility.change import Change
from fairway.compatibility.compare import changes
from fairway.compatibility.tensors import contract_tensors
from fairway.serve.contract import Contract
from fairway.serve.errors import Refusal
from fairway.serve.signature import whole_range

pytest.importorskip("kserve")
from fairway.serve.request import RequestReader

Document = dict[str, Any]
MEANING = {"renamed", "reordered", "unit", "method"}
"""What a server cannot notice: the same numbers, meant otherwise."""
MOVED = {"renamed", "reordered", "added", "removed"}
"""Kinds that, in a column, leave limits at other places than where names compare them."""

DATATYPES = ("FP64", "INT8", "UINT8", "BYTES", "BOOL")


@st.composite
def columns(draw: st.DrawFn, datatype: str, names: tuple[str, ...]) -> list[Document]:
    found = []
    for name in names:
        column: Document = {"name": name}
        if datatype == "BYTES":
            if draw(st.booleans()):
                column["categories"] = draw(st.sampled_from([["a"], ["a", "b"], ["c"]]))
        elif datatype != "BOOL":
            kind = draw(st.sampled_from(["none", "limits", "categories"]))
            if kind == "limits":
                numbers = st.integers(0 if datatype == "UINT8" else -2, 3)
                low, high = sorted([draw(numbers), draw(numbers)])
                column |= draw(
                    st.sampled_from([{"min": low}, {"max": high}, {"min": low, "max": high}])
                )
            elif kind == "categories":
                column["categories"] = draw(
                    st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True)
                )
        if datatype in ("FP64", "BYTES"):
            column["nullable"] = draw(st.booleans())
        found.append(column)
    return found


@st.composite
def contracts(draw: st.DrawFn) -> Document:
    inputs = []
    rows = draw(
        st.sampled_from([-1, -1, -1, 1, 2])
    )  # as many of each input, or nothing is accepted
    for name in draw(st.sampled_from([("x",), ("x", "z"), ("z", "x")])):
        datatype = draw(st.sampled_from(DATATYPES)) if name == "x" else "INT8"
        names = draw(st.sampled_from([("a",), ("a", "b"), ("b", "a"), ("a", "c")]))
        one: Document = {"name": name, "datatype": datatype, "shape": [rows, len(names)]}
        if draw(st.integers(0, 3)):
            one["columns"] = draw(columns(datatype, names))
        elif draw(st.booleans()):
            one["shape"] = [rows]
        inputs.append(one)
    outputs = [
        {"name": name, "datatype": "FP64", "shape": [-1]}
        for name in draw(st.sampled_from([("y",), ("y", "w"), ("w",)]))
    ]
    return {"inputs": inputs, "outputs": outputs}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Document, Document]:
    """Return contracts that have many parts in common, so that small changes are met."""
    one, other = draw(contracts()), draw(contracts())
    for index, part in enumerate(one["inputs"]):
        if index < len(other["inputs"]) and draw(st.booleans()):
            kept = {**part, "shape": [other["inputs"][0]["shape"][0], *part["shape"][1:]]}
            if "columns" in kept and draw(st.booleans()):
                names = tuple(column["name"] for column in kept["columns"])
                kept["columns"] = draw(columns(kept["datatype"], names))
            other["inputs"][index] = kept
    assume(len({part["name"] for part in other["inputs"]}) == len(other["inputs"]))
    return one, other


def cells(datatype: str, column: Document) -> list[Any]:
    """Return values at the edges of what a column accepts, and beyond."""
    if datatype == "BOOL":
        return [True, False]
    if datatype == "BYTES":
        return ["a", "b", "c", "anything else", None]
    if datatype == "FP64":
        return [-1e300, *(n / 2 for n in range(-6, 9)), 1e300, None]
    low, high = whole_range(datatype)
    return [low, high, *(n for n in range(-4, 6) if low <= n <= high)]


def requests(contract: Document) -> Iterator[dict[str, Any]]:
    """Yield requests that differ from each other in one value, some of them acceptable."""
    shapes = {}
    for part in contract["inputs"]:
        width = part["shape"][1] if len(part["shape"]) > 1 else 1
        listed = part.get("columns") or [{"name": str(index)} for index in range(width)]
        shapes[part["name"]] = (part, listed)
    for rows in (1, 2, 3):
        for name, (part, listed) in shapes.items():
            for place, column in enumerate(listed):
                for value in cells(part["datatype"], column):
                    yield {
                        "inputs": [
                            _data(other, many, rows, (place, value) if name == key else None)
                            for key, (other, many) in shapes.items()
                        ]
                    }


def _data(
    part: Document, listed: list[Document], rows: int, chosen: tuple[int, Any] | None
) -> Document:
    usual = [_usual(part["datatype"], column) for column in listed]
    row = [chosen[1] if chosen and chosen[0] == i else value for i, value in enumerate(usual)]
    shape = [rows, *part["shape"][1:]]
    return {"name": part["name"], "datatype": part["datatype"], "shape": shape, "data": row * rows}


def _usual(datatype: str, column: Document) -> Any:
    """Return a value that the column accepts."""
    if "categories" in column:
        return column["categories"][0]
    usual: dict[str, Any] = {"BOOL": True, "BYTES": "anything"}
    return usual.get(datatype, column.get("min", column.get("max", 0)))


def reader(contract: Document) -> RequestReader:
    return RequestReader("m", "1", Contract.model_validate(contract), max_rows=10)


def accepts(server: RequestReader, request: Document) -> bool:
    try:
        server.read({}, orjson.dumps(request))
    except Refusal:
        return False
    return True


def refused(one: Document, other: Document) -> bool:
    """Whether ``other`` refuses a request that ``one`` accepts."""
    old, new = reader(one), reader(other)
    taken = [request for request in requests(one) if accepts(old, request)]
    assert taken, "there is something that a contract accepts"
    return not all(accepts(new, request) for request in taken)


def noticed(found: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(each for each in found if each.side == "input" and each.kind not in MEANING)


@settings(max_examples=150)
@given(pair=pairs())
def test_requests_are_refused_where_changes_say_so(pair: tuple[Document, Document]) -> None:
    one, other = pair
    found = changes(contract_tensors(one), contract_tensors(other))
    inputs = [change for change in found if change.side == "input"]
    if any(change.column and change.kind in MOVED for change in inputs):
        # Other names at the same places: callers of either are answered from the wrong columns.
        assert any(change.breaks_backward and change.breaks_forward for change in inputs)
        return
    told = noticed(found)
    assert any(change.breaks_backward for change in told) == refused(one, other)
    assert any(change.breaks_forward for change in told) == refused(other, one)


@given(pair=pairs())
def test_answers_that_were_asked_for_are_refused_where_changes_say_so(
    pair: tuple[Document, Document],
) -> None:
    one, other = ({**each, "inputs": pair[0]["inputs"]} for each in pair)
    found = changes(contract_tensors(one), contract_tensors(other))
    assert all(change.side == "output" for change in found)
    request = next(each for each in requests(one) if accepts(reader(one), each))
    for old, new, broken in (
        (one, other, any(change.breaks_backward for change in found)),
        (other, one, any(change.breaks_forward for change in found)),
    ):
        asked = [{**request, "outputs": [{"name": part["name"]}]} for part in old["outputs"]]
        assert all(accepts(reader(old), each) for each in asked)
        assert broken != all(accepts(reader(new), each) for each in asked)


@given(contract=contracts())
def test_nothing_changes_between_equal_contracts(contract: Document) -> None:
    tensors = contract_tensors(contract)
    assert changes(tensors, contract_tensors(contract)) == ()
