"""What is known of the values on an unpickler's stack, without building any of them."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias


class Global(NamedTuple):
    """A module's attribute that the pickle names; ``call`` says how it may be called.

    ``new`` is whether it may be built empty (``cls.__new__(cls)``) and given a state. ``call`` is
    the name of a policy in ``calls``, or empty when it may only be mentioned.
    """

    module: str
    name: str
    new: bool = False
    call: str = ""

    @property
    def full(self) -> str:
        """The module and the name with a dot between."""
        return f"{self.module}.{self.name}"


class Opaque:
    """A value of which only the kind matters, and which holds nothing that can be called."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind: Final = kind


DATA = Opaque("data")
TEXT = Opaque("text")
BYTES = Opaque("bytes")
SET = Opaque("set")
ARRAY = Opaque("array")
LONG_TUPLE = Opaque("tuple")


class Items:
    """A list, of which only the length is known: NumPy reads beyond one that is too short."""

    __slots__ = ("count",)

    def __init__(self, count: int = 0) -> None:
        self.count = count


class Table:
    """A dictionary: the values of its short text keys, for the states that are looked into."""

    __slots__ = ("items", "other")

    def __init__(self) -> None:
        self.items: dict[str, Value] = {}
        self.other = False


class Made:
    """An object of a class or by a function that the pickle names, with or without a state."""

    __slots__ = ("by",)

    def __init__(self, by: Global) -> None:
        self.by: Final = by


class Dtype:
    """A NumPy dtype: its kind, its size in bytes, and whether its items are Python objects."""

    __slots__ = ("built", "holds_objects", "kind", "size")

    def __init__(self, kind: str, size: int) -> None:
        self.kind = kind
        self.size = size
        self.holds_objects = kind == "O"
        self.built = False


Value: TypeAlias = (
    bool
    | int
    | str
    | bytes
    | tuple["Value", ...]
    | Global
    | Opaque
    | Items
    | Table
    | Made
    | Dtype
    | None
)
LONGEST_TEXT = 512
"""The most characters of a text that is kept; no name of a module is longer."""
LONGEST_BYTES = 16
LONGEST_TUPLE = 64
MOST_KEYS = 64


def is_text(value: Value) -> bool:
    """Return whether a value is a text, known or not."""
    return isinstance(value, str) or value is TEXT


def is_bytes(value: Value) -> bool:
    """Return whether a value is bytes, known or not."""
    return isinstance(value, bytes) or value is BYTES


def is_integer(value: Value) -> bool:
    """Return whether a value is a known integer, and no boolean."""
    return isinstance(value, int) and not isinstance(value, bool)
