"""The differences of two contracts: what callers of one version meet at the other.

What a request must be like is what the model server holds it to (``fairway.serve.request``): it
has every input and no other, of exactly the datatype and shape, and every value is within the
limits of its column. Columns are told apart by their places alone, so a column that has another
name or unit is a request that is still accepted, and answered from the wrong numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairway.compatibility.change import Change, Kind, Side
from fairway.compatibility.columns import column_changes
from fairway.compatibility.tensors import Tensor, Tensors


def changes(stable: Tensors, candidate: Tensors) -> tuple[Change, ...]:
    """Return every change from ``stable`` to ``candidate`` that callers can notice."""
    return (
        *_side("input", stable.inputs, candidate.inputs),
        *_side("output", stable.outputs, candidate.outputs),
    )


def _side(side: Side, old: Mapping[str, Tensor], new: Mapping[str, Tensor]) -> Iterator[Change]:
    # A request has all inputs, so another set of them suits neither version; of the outputs, it
    # may ask for those that there are.
    inputs = side == "input"
    for name in new:
        if name not in old:
            yield Change("added", side, name, "", inputs, True, f"{side} {name!r} is new")
    for name, tensor in old.items():
        if name not in new:
            yield Change("removed", side, name, "", True, inputs, f"{side} {name!r} is gone")
        else:
            yield from _tensor(side, tensor, new[name])


def _tensor(side: Side, old: Tensor, new: Tensor) -> Iterator[Change]:
    what = f"{side} {old.name!r}"
    if old.datatype != new.datatype:
        sentence = f"{what} is {new.datatype}, and was {old.datatype}"
        yield Change("retyped", side, old.name, "", True, True, sentence)
    yield from _shape(side, old, new)
    if old.method != new.method:
        sentence = f"{what} comes from {new.method}, and came from {old.method}"
        yield Change("method", side, old.name, "", True, True, sentence)
    if side == "input" and old.datatype == new.datatype and len(old.shape) == len(new.shape):
        yield from column_changes(old, new)


def _shape(side: Side, old: Tensor, new: Tensor) -> Iterator[Change]:
    """Compare the shapes; another number of columns that have names is said by their names."""
    before, after = old.shape, new.shape
    named = old.named and new.named and len(before) == len(after) > 1
    if named:
        before, after = before[:-1], after[:-1]
    if before == after:
        return
    text = f"{side} {old.name!r} has the shape {list(new.shape)}, and had {list(old.shape)}"
    kind: Kind = "reshaped"
    if before[1:] == after[1:] and -1 in (before[0], after[0]) and len(before) == len(after):
        # Only the rows: a request of any number of them becomes one of so many, or the reverse.
        kind = "narrowed" if before[0] == -1 else "widened"
    accepted_less, accepted_more = kind != "widened", kind != "narrowed"
    # An answer is the other way round: fewer numbers of rows are what its readers know.
    backward, forward = (
        (accepted_less, accepted_more) if side == "input" else (accepted_more, accepted_less)
    )
    yield Change(kind, side, old.name, "", backward, forward, text)
