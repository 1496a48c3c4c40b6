"""Which states a pickle may give to the objects that it builds (the opcode BUILD).

BUILD calls ``__setstate__``, or writes into ``__dict__``, or, for a pair, sets attributes one by
one: so a state must be what the object's class takes, and never reach a class or a function.
"""

from __future__ import annotations

from fairway.scan.allow import ANY, takes_tuple
from fairway.scan.calls import Wrapper
from fairway.scan.report import RefusedError
from fairway.scan.values import (
    SET,
    Dtype,
    Global,
    Items,
    Made,
    Table,
    Value,
    is_bytes,
    is_integer,
    is_text,
)

_HAS_OBJECTS = 0x01  # NPY_ITEM_HASOBJECT, numpy/ndarraytypes.h
_MOST_DIMENSIONS = 64
_ALIGNMENTS = (-1, 1, 2, 4, 8, 16, 32, 64)
_GROWING = {"list": Items, "table": Table}


def give_state(target: Value, state: Value) -> None:
    """Return when ``target`` may have this state; raise ``RefusedError`` otherwise."""
    if isinstance(target, Dtype):
        _dtype(target, state)
    elif isinstance(target, Wrapper):
        if target.read or not isinstance(state, Table) or state.other:
            raise RefusedError("an array's description is not as joblib writes it")
    elif isinstance(target, Made):
        _object(target.by, state)
    elif isinstance(target, Table) and isinstance(state, Table | None):
        _attributes(state)  # a dictionary's subclass, such as Bunch, has attributes as well
    else:
        raise RefusedError("a state is given to something that has none")


def _object(made: Global, state: Value) -> None:
    if (made.module, made.name) == ("numpy", "ndarray"):
        _array(state)
    elif made.name == "MaskedArray" and made.module.startswith("numpy."):
        _masked_array(state)
    elif made.call == ANY or state is None:
        return
    elif isinstance(state, Table):
        _attributes(state)
    elif not (isinstance(state, tuple) and takes_tuple(made)):
        raise RefusedError(f"{made.full} is given a state that its class does not write")


def _attributes(state: Table | None) -> None:
    for name in state.items if state is not None else ():
        if name.startswith("__") and name.endswith("__"):
            raise RefusedError(f"a state sets the special attribute {name}")


def _array(state: Value) -> None:
    """Hold an array's state to its shape: NumPy reads as many objects as the shape has."""
    match state:
        case (version, tuple() as shape, Dtype() as dtype, bool() | 0 | 1, data):
            count = _count(shape)
            if dtype.holds_objects:
                fits = isinstance(data, Items) and data.count == count and dtype.kind == "O"
            else:
                fits = count is not None and (is_bytes(data) or is_text(data))
            if fits and is_integer(version):
                return
    raise RefusedError("an array's state is not as NumPy writes it")


def _masked_array(state: Value) -> None:
    match state:
        case (version, shape, dtype, order, data, mask, _) if is_bytes(mask) or is_text(mask):
            _array((version, shape, dtype, order, data))
            return
    raise RefusedError("a masked array's state is not as NumPy writes it")


def _count(shape: tuple[Value, ...]) -> int | None:
    """Return how many items an array of a shape has, or None when it is no shape."""
    count = 1
    for size in shape:
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 48:
            return None
        count *= size
    return count if len(shape) <= _MOST_DIMENSIONS else None


def _dtype(dtype: Dtype, state: Value) -> None:
    """Hold a dtype's state to its type: NumPy believes it, and reads memory by it."""
    match state:
        case (3 | 4, str() | bytes(), None, names, fields, size, align, flags, *rest):
            plain = names is None and fields is None
            integers = is_integer(size) and is_integer(align) and is_integer(flags)
            if dtype.built or not integers or len(rest) > 1 or not _metadata(rest):
                raise RefusedError("a dtype's state is not as NumPy writes it")
            if not plain:
                dtype.holds_objects = _fields(dtype, names, fields)
            fits = (
                size in (-1, dtype.size) and (plain or dtype.kind == "V") and align in _ALIGNMENTS
            )
            if (
                fits
                and isinstance(flags, int)
                and bool(flags & _HAS_OBJECTS) is dtype.holds_objects
            ):
                dtype.built = True
                return
    raise RefusedError("a dtype's state is not as NumPy writes it")


def _metadata(rest: list[Value]) -> bool:
    """Version 4 ends with the unit of a datetime."""
    return all(value is None or isinstance(value, tuple | Table) for value in rest)


def _fields(dtype: Dtype, names: Value, fields: Value) -> bool:
    """Return whether a field holds objects; every field must lie inside of its record."""
    if not isinstance(names, tuple) or not isinstance(fields, Table) or fields.other:
        raise RefusedError("a dtype's fields are not as NumPy writes them")
    if set(names) != set(fields.items):
        raise RefusedError("a dtype's fields are not those that it names")
    objects = False
    for field in fields.items.values():
        match field:
            case (Dtype() as inner, int(offset)) if 0 <= offset <= dtype.size - inner.size:
                objects = objects or inner.holds_objects
            case _:
                raise RefusedError("a dtype's field lies outside of its record")
    return objects


def wrapped_array(state: Value) -> tuple[Dtype, int, bool]:
    """Return an array's dtype, its size in bytes, and whether padding comes before its bytes.

    Source: ``NumpyArrayWrapper.read_array`` of joblib 1.2 to 1.6, which reads by these attributes.
    """
    items = state.items if isinstance(state, Table) else {}
    names = {"subclass", "shape", "order", "dtype", "allow_mmap"}
    padded = items.get("numpy_array_alignment_bytes")
    match items.get("subclass"), items.get("shape"), items.get("order"), items.get("dtype"):
        case (
            Global("numpy", "ndarray" | "memmap" | "matrix"),
            tuple() as shape,
            "C" | "F",
            Dtype() as dtype,
        ) if dtype.built and dtype.size > 0:
            count = _count(shape)
            known = items.keys() <= names | {"numpy_array_alignment_bytes"}
            mapped = isinstance(items.get("allow_mmap"), bool)
            if count is not None and known and mapped and padded in (None, 16):
                return dtype, count * dtype.size, padded is not None
    raise RefusedError("an array's description is not as joblib writes it")


def grow(target: Value, kind: str) -> None:
    """Return when items may be added to ``target``: a built-in, or what a project trusts.

    The opcodes call ``append``, ``extend``, ``add`` and ``__setitem__`` of whatever it is.
    """
    made = isinstance(target, Made) and (target.by.call == ANY or _grows(target.by, kind))
    plain = target is SET if kind == "set" else isinstance(target, _GROWING[kind])
    if not (made or plain):
        raise RefusedError(f"items are added to something that is no {kind}")


def _grows(made: Global, kind: str) -> bool:
    if kind == "list":
        return (made.module, made.name) == ("collections", "deque")
    return kind == "table" and made.full == "sklearn.utils._bunch.Bunch"
