"""From types to schemas: the messages that CEL checks rules against, and what fills them.

Only loading a pack that changed needs this; what it makes is kept between runs.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from fairway.plan.model import Plan
from fairway.policy import fleet_subject, subject
from fairway.spec import units

ROOTS: Mapping[str, type] = {
    "deployment": subject.Deployment,
    "plan": Plan,
    "pod": subject.Pod,
    "dockerfile": subject.Dockerfile,
    "file": subject.File,
    "fleet": fleet_subject.Fleet,
}
"""The variables of conditions that have a type."""

_UNITS: Mapping[Any, tuple[str, str]] = {
    units.Duration: ("double", "{}.milliseconds / 1000"),
    units.Percentage: ("double", "float({}.percent)"),
    units.PercentagePoints: ("double", "float({}.points)"),
    units.Rate: ("double", "float({}.per_second)"),
    units.Cpu: ("double", "{}.millicores / 1000"),
    units.Memory: ("double", "float({}.bytes)"),
    units.CountOrPercentage: ("Quantity", "quantity({})"),
    str: ("string", "{}"),
    bool: ("bool", "{}"),
    int: ("int", "{}"),
    float: ("double", "float({})"),
}
UNIT_NOTES: Mapping[Any, str] = {
    units.Duration: "seconds",
    units.Percentage: "percent",
    units.PercentagePoints: "percentage points",
    units.Rate: "per second",
    units.Cpu: "cores",
    units.Memory: "bytes",
}


_OF_THE_PLAN = ("fairway.plan.", "fairway.arithmetic.", "fairway.signature.")


class Quantity(NamedTuple):
    """A number that a spec may write in several ways."""

    value: float
    unit: str  # %, s or nothing


class Kind(NamedTuple):
    """The type of a field: a scalar, ``dyn`` or a message's name, and how it is filled.

    ``fill`` makes the value from an expression of the source; ``shape`` is one, list or map.
    """

    name: str
    fill: str
    shape: str = "one"
    optional: bool = False
    note: str = ""


class Field(NamedTuple):
    """A field of a message: its name in rules and its attribute in Python."""

    name: str
    attribute: str
    kind: Kind
    description: str


class Message(NamedTuple):
    """The fields that rules can read of a type."""

    name: str
    description: str
    fields: tuple[Field, ...]


def messages() -> dict[str, Message]:
    """Return every message that the variables lead to, by name."""
    found: dict[str, Message] = {}
    waiting: list[type] = [Quantity, *ROOTS.values()]
    names: dict[str, type] = {}
    while waiting:
        cls = waiting.pop(0)
        name = message_name(cls)
        if names.setdefault(name, cls) is not cls:
            raise TypeError(f"two types are called {name}: {cls} and {names[name]}")
        if name in found:
            continue
        fields = tuple(_fields(cls))
        doc = (cls.__doc__ or "").strip().partition("\n")[0]
        found[name] = Message(name, doc, tuple(field for field, _ in fields))
        waiting += [inner for _, inner in fields if inner is not None]
    return found


def message_name(cls: type) -> str:
    """Return a type's name among the messages; the plan's own types have a prefix."""
    plan = cls.__module__.startswith(_OF_THE_PLAN) and cls is not Plan
    return f"Plan{cls.__name__}" if plan else cls.__name__


def _fields(cls: type) -> Iterator[tuple[Field, type | None]]:
    if issubclass(cls, BaseModel):
        for attribute, info in cls.model_fields.items():
            kind, inner = _kind(info.annotation)
            name = info.alias or attribute
            yield Field(name, attribute, kind, info.description or ""), inner
        return
    hints = typing.get_type_hints(cls, include_extras=True)
    for name, hint in hints.items():
        description = ""
        if hasattr(hint, "__metadata__"):
            description = next((each for each in hint.__metadata__ if type(each) is str), "")
        kind, inner = _kind(hint)
        yield Field(name, name, kind, description), inner


def _kind(hint: Any) -> tuple[Kind, type | None]:
    """Return a type's kind, and the type whose message it needs."""
    hint = _bare(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union(hint, arguments)
    if origin is typing.Literal:
        return Kind("string", "{}"), None
    if origin in (tuple, list):
        kind, inner = _kind(arguments[0])
        fill = "list({})" if kind.fill == "{}" else f"[{kind.fill.format('x')} for x in {{}}]"
        return Kind(kind.name, fill, "list", note=kind.note), inner
    if origin is not None and issubclass(origin, Mapping):
        kind, inner = _kind(arguments[1])
        if kind.shape != "one":
            return Kind("dyn", "{}", "map"), inner
        return Kind(kind.name, "dict({})", "map"), inner
    if hint is Any:
        return Kind("dyn", "{}"), None
    if hint in _UNITS:
        name, fill = _UNITS[hint]
        note = UNIT_NOTES.get(hint, "")
        return Kind(name, fill, note=note), (Quantity if name == "Quantity" else None)
    name = message_name(hint)
    return Kind(name, f"fill_{name}({{}})"), hint


def _bare(hint: Any) -> Any:
    while hasattr(hint, "__metadata__"):
        hint = get_args(hint)[0]
    return hint


def _union(hint: Any, arguments: tuple[Any, ...]) -> tuple[Kind, type | None]:
    rest = [_bare(each) for each in arguments if each is not type(None)]
    optional = len(rest) < len(arguments)
    if len(rest) == 1:
        kind, inner = _kind(rest[0])
    elif all(each in _UNITS for each in rest) and set(rest) & set(UNIT_NOTES):
        kind, inner = Kind("Quantity", "quantity({})"), Quantity
    elif set(rest) <= {int, str}:
        kind, inner = Kind("dyn", "{}"), None
    else:
        raise TypeError(f"rules cannot read a {hint}")
    return kind._replace(optional=optional), inner


def filler_source(wanted: Mapping[str, Message]) -> str:
    """Return Python source of ``fill_<message>`` for each message: from values to plain data."""
    parts = [_QUANTITY]
    for message in wanted.values():
        if message.name == "Quantity":
            continue
        always = [field for field in message.fields if not field.kind.optional]
        lines = [f"def fill_{message.name}(v):"]
        pairs = ", ".join(f"{f.name!r}: {f.kind.fill.format('v.' + f.attribute)}" for f in always)
        lines.append(f"    r = {{{pairs}}}")
        for field in message.fields:
            if field.kind.optional:
                value = field.kind.fill.format("x")
                lines.append(f"    x = v.{field.attribute}")
                lines.append(f"    if x is not None: r[{field.name!r}] = {value}")
        parts.append("\n".join([*lines, "    return r"]))
    return "\n".join(parts)


_QUANTITY = """\
def quantity(v):
    kind = type(v).__name__
    if kind == "CountOrPercentage": v = v.value
    if type(v) is str: return {"value": float(v[:-1]), "unit": "%"}
    if kind == "Percentage": return {"value": float(v.percent), "unit": "%"}
    if kind == "Duration": return {"value": v.milliseconds / 1000, "unit": "s"}
    return {"value": float(v), "unit": ""}"""
