"""What may be passed to each function that a pickle may call.

An allowed function is harmless with the arguments that picklers give it; with others it may
allocate without bound, call what it is given, or misread memory. So arguments are held to what
NumPy 1.26 to 2.4, scikit-learn and CPython 3.11 to 3.13 write.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fairway.scan.allow import ANY, WRAPPER
from fairway.scan.report import RefusedError
from fairway.scan.values import (
    ARRAY,
    BYTES,
    DATA,
    LONGEST_BYTES,
    Dtype,
    Global,
    Items,
    Made,
    Opaque,
    Table,
    Value,
    is_bytes,
    is_integer,
    is_text,
)

_DTYPE = re.compile(r"([biufcOSUVmM])(\d{1,9})", re.ASCII)
_BASES = {"object", "dict", "list", "tuple", "float", "int", "str"}
_BIT_GENERATORS = {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
Tuple = tuple[Value, ...]


class Wrapper(Made):
    """joblib's stand-in for an array, whose bytes follow its state in the file."""

    __slots__ = ("read",)

    def __init__(self, by: Global) -> None:
        super().__init__(by)
        self.read = False


def call(function: Value, arguments: Value) -> Value:
    """Return what calling gives; raise ``RefusedError`` unless this call is a known one."""
    if not isinstance(function, Global):
        raise RefusedError("something is called that is not named in the file")
    policy = _POLICIES.get(function.call)
    if policy is None:
        raise RefusedError(f"{function.full} is called, and may only be mentioned")
    if not isinstance(arguments, tuple):
        raise RefusedError(f"{function.full} is called with arguments that are not known")
    made = policy(function, arguments)
    if made is None:
        raise RefusedError(f"{function.full} is called with other arguments than a model needs")
    return made


def build_empty(cls: Value, arguments: Value) -> Value:
    """Return what ``cls.__new__(cls)`` gives; raise ``RefusedError`` for another class."""
    if not isinstance(cls, Global):
        raise RefusedError("something is built that is not named in the file")
    if (cls.module, cls.name) == WRAPPER and arguments == ():
        return Wrapper(cls)
    plain = isinstance(arguments, tuple) and not any(isinstance(v, Global) for v in arguments)
    if not cls.new or not (plain or cls.call == ANY):
        raise RefusedError(f"{cls.full} is built, and may only be mentioned")
    return Table() if cls.call == "table" else Made(cls)


def _any(function: Global, _: Tuple) -> Value:
    return Made(function)


def _data(function: Global, arguments: Tuple) -> Value | None:
    """Take data only: nothing that could be called in turn."""
    return None if any(isinstance(value, Global) for value in arguments) else Made(function)


def _items(function: Global, arguments: Tuple) -> Value | None:
    """Take items that are there: a range would be counted out to its end."""
    match arguments:
        case () | (Items() | tuple() | Opaque(),):
            return Made(function)
        case (Items(), None | int()) if function.name == "deque":
            return Made(function)
    return None


def _nothing(_: Global, arguments: Tuple) -> Value | None:
    return b"" if arguments == () else None


def _bytes(_: Global, arguments: Tuple) -> Value | None:
    """Take bytes only: a number would be a size to allocate."""
    text = len(arguments) == 2 and is_text(arguments[0]) and arguments[1] in ("latin-1", "latin1")
    plain = arguments == () or (len(arguments) == 1 and is_bytes(arguments[0]))
    return BYTES if text or plain else None


def _latin_1(_: Global, arguments: Tuple) -> Value | None:
    """Take bytes as protocols 0 to 2 write them; other codecs expand or decode."""
    match arguments:
        case (str(text), "latin1" | "latin-1") if len(text) <= LONGEST_BYTES:
            return text.encode("latin-1", "replace")
        case (text, "latin1" | "latin-1") if is_text(text):
            return BYTES
    return None


def _table(_: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case () | (Items(),):
            return Table()
    return None


def _defaultdict(_: Global, arguments: Tuple) -> Value | None:
    factory = arguments[0] if len(arguments) == 1 else None
    plain = isinstance(factory, Global) and factory.module == "builtins"
    return Table() if plain or arguments == () else None


def _reconstruct(_: Global, arguments: Tuple) -> Value | None:
    """Take an empty array, whose state gives its shape; another shape would be allocated."""
    match arguments:
        case (Global("numpy", "ndarray"), (0,), b"b" | "b"):
            return Made(Global("numpy", "ndarray"))
    return None


def _masked(_: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (Global(name="MaskedArray"), Global("numpy", "ndarray"), (0,), b"b" | "b"):
            return Made(Global("numpy.ma", "MaskedArray"))
    return None


def _dtype(_: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (str(text), bool() | 0 | 1, bool() | 0 | 1):
            found = _DTYPE.fullmatch(text)
            if found is None:
                return None
            kind, size = found[1], int(found[2])
            return Dtype(kind, 4 * size if kind == "U" else size)
    return None


def _scalar(_: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (Dtype() as dtype, data) if not dtype.holds_objects and is_bytes(data):
            return DATA
    return None


def _buffer(_: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (data, Dtype() as dtype, tuple(), "C" | "F" | "A" | "K"):
            return ARRAY if is_bytes(data) and not dtype.holds_objects else None
    return None


def _reconstructor(_: Global, arguments: Tuple) -> Value | None:
    """``copyreg._reconstructor(cls, base, state)``: how protocols 0 and 1 build an object."""
    match arguments:
        case (Global() as cls, Global("builtins", base), state):
            if base in _BASES and not isinstance(state, Global):
                return build_empty(cls, ())
    return None


def _new(function: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (Global() as cls,) if cls.module == function.module and cls.new:
            return Made(cls)
    return None


def _cython(_: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (Global() as cls, checksum, None | tuple()) if cls.new and is_integer(checksum):
            return Made(cls)
    return None


def _bit_generator(_: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (str(name),) if name in _BIT_GENERATORS:
            return Made(Global("numpy.random._mt19937", name))
        case (Global() as cls,) if cls.module.startswith("numpy.random.") and cls.new:
            return Made(cls)
    return None


def _generator(function: Global, arguments: Tuple) -> Value | None:
    match arguments:
        case (first,) | (first, Global("numpy.random._pickle", "__bit_generator_ctor")):
            if isinstance(first, Made) or first in _BIT_GENERATORS:
                return Made(function)
    return None


_POLICIES: dict[str, Callable[[Global, Tuple], Value | None]] = {
    ANY: _any,
    "bit generator": _bit_generator,
    "buffer": _buffer,
    "bytes": _bytes,
    "cython": _cython,
    "data": _data,
    "defaultdict": _defaultdict,
    "dtype": _dtype,
    "generator": _generator,
    "items": _items,
    "latin-1": _latin_1,
    "masked": _masked,
    "new": _new,
    "nothing": _nothing,
    "reconstruct": _reconstruct,
    "reconstructor": _reconstructor,
    "scalar": _scalar,
    "table": _table,
}
