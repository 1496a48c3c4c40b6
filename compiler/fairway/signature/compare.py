"""The contract held against the model's own signature, where the model server makes them meet.

Only what would fail, or silently predict from the wrong columns, is a disagreement. An ONNX graph
is fed tensor by tensor, and its answers must have the contract's kind and shape (see
``fairway.serve.graph`` and ``fairway.serve.model``). Any other model gets the contract's columns
side by side (``fairway.serve.estimator``): their names, number and order count, while all numbers
are one kind, since one tensor has one datatype for columns of several. What such a model gives is
not compared: a logged signature does not say which method's answer it describes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fairway.serve.contract import Contract
from fairway.serve.signature import InputTensor, OutputTensor, Route
from fairway.signature.datatype import KINDS, fits, is_text, same_kind
from fairway.signature.own import OwnColumn, OwnSignature, OwnTensor, Size

_MOST_NAMED = 5


class Disagreement(NamedTuple):
    """What the contract says otherwise than the model: its route in ``contract.json``, and why."""

    route: Route
    message: str
    fix: str


def disagreements(contract: Contract, own: OwnSignature) -> tuple[Disagreement, ...]:
    """Return everything in which the contract and the model's own signature differ."""
    inputs, outputs = _tensors(own.inputs), _tensors(own.outputs)
    if own.graph or (inputs and all(tensor.name for tensor in inputs)):
        found = [*_graph_inputs(contract.inputs, inputs, own)]
        if own.graph:
            found += _graph_outputs(contract.outputs, outputs, own)
        return tuple(found)
    if inputs:
        return tuple(_one_tensor(contract.inputs, inputs, own))
    columns = tuple(part for part in own.inputs if isinstance(part, OwnColumn))
    return tuple(_columns(contract.inputs, columns, own)) if columns else ()


def _tensors(parts: Sequence[OwnTensor | OwnColumn]) -> tuple[OwnTensor, ...]:
    return tuple(part for part in parts if isinstance(part, OwnTensor))


def _graph_inputs(
    declared: Sequence[InputTensor], own: Sequence[OwnTensor], source: OwnSignature
) -> Iterator[Disagreement]:
    known = {tensor.name: tensor for tensor in own}
    fed = {tensor.source or tensor.name for tensor in declared}
    for index, tensor in enumerate(declared):
        found = known.get(tensor.source or tensor.name)
        if found is None:
            yield _unknown("inputs", index, tensor, known, source)
            continue
        if not (fits(tensor.datatype, found.datatype) if found.datatype else not source.graph):
            yield _type("inputs", index, tensor, found, source)
        yield from _shape("inputs", index, tensor, found, source, first=True)
    for name in known.keys() - fed:
        message = f"{source.source} takes the input {name!r}, which the contract lacks"
        yield Disagreement(("inputs",), message, f"add it ({_described(known[name])})")


def _graph_outputs(
    declared: Sequence[OutputTensor], own: Sequence[OwnTensor], source: OwnSignature
) -> Iterator[Disagreement]:
    known = {tensor.name: tensor for tensor in own}
    for index, tensor in enumerate(declared):
        found = known.get(tensor.source or tensor.name)
        if found is None:
            yield _unknown("outputs", index, tensor, known, source)
            continue
        if found.datatype is None or not same_kind(tensor.datatype, found.datatype):
            yield _type("outputs", index, tensor, found, source)
        yield from _shape("outputs", index, tensor, found, source, first=False)


def _one_tensor(
    declared: Sequence[InputTensor], own: Sequence[OwnTensor], source: OwnSignature
) -> Iterator[Disagreement]:
    """Compare a model of one unnamed array with the contract's columns side by side."""
    if len(own) != 1:
        return
    tensor = own[0]
    for index, each in enumerate(declared):
        if tensor.datatype is not None and is_text(each.datatype) != is_text(tensor.datatype):
            yield _type("inputs", index, each, tensor, source)
    shape = tensor.shape
    if shape is None or not shape:
        return
    if len(shape) > 2 or any(len(each.shape) > 2 for each in declared):
        if len(declared) == 1:
            yield from _shape("inputs", 0, declared[0], tensor, source, first=False)
        return
    width = shape[1] if len(shape) == 2 else 1
    if isinstance(width, int):
        yield from _width(declared, width, source)


def _columns(
    declared: Sequence[InputTensor], own: Sequence[OwnColumn], source: OwnSignature
) -> Iterator[Disagreement]:
    names = [_column_names(tensor, alone=len(declared) == 1) for tensor in declared]
    if not all(names) or not all(column.name for column in own):
        if all(column.required and column.nested is None for column in own):
            yield from _width(declared, len(own), source)
        return
    known = {column.name: column for column in own}
    given = [name for each in names for name in each]
    for index, tensor in enumerate(declared):
        for place, name in enumerate(names[index]):
            found = known.get(name)
            if found is None:
                inner: Route = ("columns", place) if tensor.columns else ()
                route: Route = ("inputs", index, *inner, "name")
                message = f"{source.source} has no column {name!r}"
                missing = [other for other in known if other not in given]
                yield Disagreement(route, message, _choose(missing or list(known)))
            elif found.datatype is not None and is_text(tensor.datatype) != is_text(found.datatype):
                route = ("inputs", index, "datatype")
                message = (
                    f"{tensor.name!r} is {tensor.datatype}, and its column {name!r} "
                    f"is {found.type_name} in {source.source}"
                )
                yield Disagreement(route, message, f"put {name!r} into another input")
    lacking = [c.name for c in own if c.required and c.name not in given]
    if lacking:
        message = f"{source.source} takes {_listed(lacking)}, which the contract lacks"
        yield Disagreement(("inputs",), message, "add the missing columns to `columns`")
    elif len(declared) == 1:
        yield from _order(given, [name for name in known if name in given], source)


def _column_names(tensor: InputTensor, *, alone: bool) -> list[str]:
    """Return the names that the model server gives an input's columns; none when it has none."""
    if tensor.columns is not None:
        return [column.name for column in tensor.columns]
    return [tensor.name] if tensor.width == 1 and not alone else []


def _order(given: list[str], own: list[str], source: OwnSignature) -> Iterator[Disagreement]:
    """Compare the order of the same columns; a model that knows no names goes by their places."""
    if sorted(given) != sorted(own):
        return
    for place, (ours, theirs) in enumerate(zip(given, own, strict=True)):
        if ours != theirs:
            message = f"the column {ours!r} stands where {source.source} has {theirs!r}"
            fix = f"put the columns in the model's order: {_listed(own)}"
            yield Disagreement(("inputs", 0, "columns", place, "name"), message, fix)
            return


def _width(
    declared: Sequence[InputTensor], width: int, source: OwnSignature
) -> Iterator[Disagreement]:
    ours = sum(tensor.width for tensor in declared)
    if ours == width:
        return
    message = f"the contract has {_count(ours)}, and {source.source} takes {width}"
    if len(declared) > 1:
        yield Disagreement(("inputs",), message, "add or remove columns")
    else:
        yield Disagreement(("inputs", 0, "shape"), message, f"write [-1, {width}]")


def _shape(
    side: str,
    index: int,
    tensor: InputTensor | OutputTensor,
    found: OwnTensor,
    source: OwnSignature,
    *,
    first: bool,
) -> Iterator[Disagreement]:
    """Compare the sizes that both know; ``first`` is whether the number of rows counts."""
    if found.shape is None:
        return
    shown = f"{list(tensor.shape)} in the contract and {_sizes(found.shape)} in {source.source}"
    message = f"{tensor.name!r} has the shape {shown}"
    fix = f"write the shape as the model has it: {_sizes(_openings(found.shape))}"
    if len(tensor.shape) != len(found.shape):
        yield Disagreement((side, index, "shape"), message, fix)
        return
    for place, (ours, theirs) in enumerate(zip(tensor.shape, found.shape, strict=True)):
        if isinstance(theirs, int) and ours != theirs and (place or first):
            yield Disagreement((side, index, "shape", place), message, fix)
            return


def _unknown(
    side: str,
    index: int,
    tensor: InputTensor | OutputTensor,
    known: dict[str, OwnTensor],
    source: OwnSignature,
) -> Disagreement:
    named = "source" if tensor.source else "name"
    what = "input" if side == "inputs" else "output"
    message = f"{source.source} has no {what} {tensor.source or tensor.name!r}"
    fix = f"{_choose(list(known))}; a tensor that has another name in the model has a `source`"
    return Disagreement((side, index, named), message, fix)


def _type(
    side: str,
    index: int,
    tensor: InputTensor | OutputTensor,
    found: OwnTensor,
    source: OwnSignature,
) -> Disagreement:
    message = f"{tensor.name!r} is {tensor.datatype}, and {found.type_name} in {source.source}"
    if found.datatype is None:
        fix = "export the model with a tensor of a type that the protocol has: "
        fix += ", ".join(KINDS)
    else:
        fix = f"write {found.datatype}"
    return Disagreement((side, index, "datatype"), message, fix)


def _described(tensor: OwnTensor) -> str:
    shape = "" if tensor.shape is None else f", {_sizes(_openings(tensor.shape))}"
    return f"{tensor.type_name}{shape}"


def _openings(shape: Sequence[Size]) -> list[Size]:
    """Return a shape as a contract has it: -1 for rows that are open."""
    return [-1 if place == 0 and not isinstance(size, int) else size
            for place, size in enumerate(shape)]  # fmt: skip


def _sizes(shape: Sequence[Size]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def _choose(names: Sequence[str]) -> str:
    return f"the model has {_listed(names)}" if names else "the model has none"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(repr(name) for name in names[:_MOST_NAMED]) + more


def _count(columns: int) -> str:
    return "1 column" if columns == 1 else f"{columns} columns"
