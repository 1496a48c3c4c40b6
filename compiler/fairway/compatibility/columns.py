"""The differences of one input's columns: their names and places, limits, units and nulls."""

from __future__ import annotations

from collections.abc import Iterator

from fairway.compatibility.change import Change, Kind
from fairway.compatibility.tensors import Column, Tensor


def column_changes(old: Tensor, new: Tensor) -> Iterator[Change]:
    """Yield the changes of the columns of an input that has the same datatype in both."""
    if old.named and new.named:
        yield from _named(old, new)
    else:
        yield from _unnamed(old, new)


def _named(old: Tensor, new: Tensor) -> Iterator[Change]:
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    gone = [name for name in before if name not in after]
    fresh = [name for name in after if name not in before]
    renamed = _renamed(old, new) if len(gone) == len(fresh) else {}
    for name, other in renamed.items():
        text = f"{_column(old, name)} is named {other!r} now: its numbers may mean something else"
        yield Change("renamed", "input", old.name, name, True, True, text)
    if not renamed:
        for name in fresh:
            text = f"{_column(old, name)} is new"
            yield Change("added", "input", old.name, name, True, True, text)
        for name in gone:
            text = f"{_column(old, name)} is gone"
            yield Change("removed", "input", old.name, name, True, True, text)
    kept = [name for name in before if name in after]
    order = [name for name in after if name in before]
    if kept != order:
        first = next(name for name, other in zip(kept, order, strict=True) if name != other)
        text = f"the columns of input {old.name!r} have another order, from {first!r} on"
        yield Change("reordered", "input", old.name, first, True, True, text)
    for name in kept:
        yield from _values(old.name, before[name], after[name])
    for name, other in renamed.items():
        yield from _values(old.name, before[name], after[other])


def _renamed(old: Tensor, new: Tensor) -> dict[str, str]:
    """Return the names that differ while all others stay where they are, or none."""
    names = {column.name for column in old.columns}
    others = {column.name for column in new.columns}
    found = {}
    for one, other in zip(old.columns, new.columns, strict=True):
        if one.name != other.name:
            if one.name in others or other.name in names:
                return {}
            found[one.name] = other.name
    return found


def _unnamed(old: Tensor, new: Tensor) -> Iterator[Change]:
    """Compare limits by place, where one of the contracts lists no columns."""
    if not (old.named or new.named) or not old.columns or not new.columns:
        return
    width = max(len(old.columns), len(new.columns))
    before = old.columns if old.named else old.columns * width
    after = new.columns if new.named else new.columns * width
    for one, other in zip(before, after, strict=True):
        name = one.name or other.name
        yield from _values(old.name, one._replace(name=name), other._replace(name=name))


def _values(tensor: str, old: Column, new: Column) -> Iterator[Change]:
    what = f"column {old.name!r} of input {tensor!r}"
    if old.unit and new.unit and old.unit != new.unit:
        text = f"{what} is in {new.unit}, and was in {old.unit}"
        yield Change("unit", "input", tensor, old.name, True, True, text)
    if old.nullable != new.nullable:
        kind: Kind = "optional" if new.nullable else "required"
        text = f"{what} may be null now" if new.nullable else f"{what} may no longer be null"
        yield Change(kind, "input", tensor, old.name, old.nullable, new.nullable, text)
    narrowed = not old.limits.within(new.limits)
    widened = not new.limits.within(old.limits)
    if narrowed or widened:
        kind = "shifted" if narrowed and widened else "narrowed" if narrowed else "widened"
        text = f"{what} takes {new.limits}, and took {old.limits}"
        yield Change(kind, "input", tensor, old.name, narrowed, widened, text)


def _column(tensor: Tensor, name: str) -> str:
    return f"column {name!r} of input {tensor.name!r}"
