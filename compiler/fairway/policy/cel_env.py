"""The environments of CEL: a typed one in which rules are checked, an untyped one that judges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from cel_expr_python import cel

from fairway.policy.variables import VARIABLES

if TYPE_CHECKING:
    from fairway.policy.schema import Kind, Message

Type: TypeAlias = Any

_PACKAGE = "fairway"
_NAMES = ("deployment", "plan", "object", "objects", "pod", "dockerfile", "file", "fleet")


@cache
def untyped() -> Any:
    """Return the environment in which checked programs run; no type is known there."""
    return cel.NewEnv(variables=dict.fromkeys(_NAMES, cel.Type.DYN))


def untyped_with(name: str) -> Any:
    """Return an environment that knows the variable of a rule's elements as well."""
    return cel.NewEnv(variables=dict.fromkeys((*_NAMES, name), cel.Type.DYN))


def typed(about: str, more: Mapping[str, Type] | None = None) -> Any:
    """Return the environment of conditions about ``about``, with further variables."""
    from fairway.policy.schema import ROOTS, message_name

    variables = {
        name: cel.Type(f"{_PACKAGE}.{message_name(ROOTS[name])}") if name in ROOTS else _dyn(name)
        for name in VARIABLES[about]
    }
    return cel.NewEnv(descriptor_pool=_pool(), variables={**variables, **(more or {})})


def _dyn(name: str) -> Type:
    return cel.Type.List(cel.Type.DYN) if name == "objects" else cel.Type.DYN


@cache
def _pool() -> Any:
    """Return the messages as protobuf descriptors, which is how CEL knows structures."""
    from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2

    from fairway.policy.schema import messages

    struct = descriptor_pb2.FileDescriptorProto()
    struct_pb2.DESCRIPTOR.CopyToProto(struct)
    file = descriptor_pb2.FileDescriptorProto(
        name="fairway.proto", package=_PACKAGE, syntax="proto2", dependency=[struct.name]
    )
    for message in messages().values():
        _describe(message, file.message_type.add(name=message.name))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(struct)
    pool.Add(file)
    return pool


_SCALARS = {"double": 1, "int": 3, "bool": 8, "string": 9}
_MESSAGE = 11


def _describe(message: Message, made: Any) -> None:
    for number, field in enumerate(message.fields, 1):
        shape = field.kind.shape
        entry = made.field.add(name=field.name, number=number, label=3 if shape != "one" else 1)
        if shape == "map":
            nested = made.nested_type.add(name=f"{field.name[:1].upper()}{field.name[1:]}Entry")
            nested.options.map_entry = True
            nested.field.add(name="key", number=1, label=1, type=_SCALARS["string"])
            _typed(nested.field.add(name="value", number=2, label=1), field.kind)
            entry.type = _MESSAGE
            entry.type_name = f".{_PACKAGE}.{message.name}.{nested.name}"
        else:
            _typed(entry, field.kind)


def _typed(field: Any, kind: Kind) -> None:
    if kind.name in _SCALARS:
        field.type = _SCALARS[kind.name]
        return
    field.type = _MESSAGE
    own = f".{_PACKAGE}.{kind.name}"
    field.type_name = ".google.protobuf.Value" if kind.name == "dyn" else own
