"""Validators that start fast: pydantic's core schemas, kept between runs.

Importing pydantic and building the models' schemas takes ten times as long as checking a spec.
What pydantic builds is data but for its classes and functions; with those written as names it is
kept in the user's cache directory, and a later run gives it to ``pydantic_core`` directly. The
values then have stand-in classes with the same attributes. Without a usable cache the models
themselves are used: slower, with the same results.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from fairway import kept
from fairway.packs import PACKAGE
from fairway.spec.core import SchemaValidator, core_version

_DROPPED = frozenset({"metadata", "serialization"})


@cache
def validator(name: str, model: str) -> SchemaValidator:
    """Return the validator of a model, named ``module:class``; kept in the process and on disk."""
    folder = os.path.join(PACKAGE, "spec")
    path = kept.path(f"schema-{name}", core_version, *kept.sources(folder))
    schema = kept.load(path)
    if schema is not None:
        try:
            return SchemaValidator(_decode(*schema))
        except Exception:  # noqa: BLE001, S110 - whatever is wrong with it, it is only a cache
            pass
    module, _, attribute = model.partition(":")
    cls = getattr(import_module(module), attribute)
    cls.model_rebuild(force=True)
    _store(path, cls.__pydantic_core_schema__)
    built: SchemaValidator = cls.__pydantic_validator__
    return built


class StandIn:
    """A value of a model whose class was not imported: the same attributes, nothing else."""

    __slots__ = (
        "__dict__",
        "__pydantic_extra__",
        "__pydantic_fields_set__",
        "__pydantic_private__",
    )
    ONE_OF: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__))

    def __repr__(self) -> str:
        fields = ", ".join(f"{key}={value!r}" for key, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"


def _store(path: str, schema: Any) -> None:
    holes: _Holes = {}
    try:
        data = _encode(schema, (), holes)
    except ValueError:
        return  # a validator that cannot be found by its name: slower, nothing else
    kept.store(path, (data, holes))


# What marshal cannot hold: where it stands in the schema, and how it is found again.
_Path: TypeAlias = tuple[str | int, ...]
_Holes: TypeAlias = dict[_Path, tuple[str, str, tuple[str, ...]]]


def _encode(node: Any, at: _Path, holes: _Holes) -> Any:
    """Return a schema without its classes and functions, which are noted in ``holes``."""
    if isinstance(node, dict):
        # A part of a schema has a type; the map of a model's fields has names that may be any.
        dropped = _DROPPED if isinstance(node.get("type"), str) else frozenset[str]()
        if node.get("type") == "default" and node.get("default") == []:
            # A default that can change is copied, which takes ten times as long as making one.
            holes[*at, "default_factory"] = ("builtins", "list", ())
            dropped = dropped | {"default"}
        return {k: _encode(v, (*at, k), holes) for k, v in node.items() if k not in dropped}
    if isinstance(node, list | tuple):
        return [_encode(value, (*at, index), holes) for index, value in enumerate(node)]
    if isinstance(node, type):
        cls: Any = node
        holes[at] = ("", cls.__name__, tuple(getattr(cls, "ONE_OF", ())))
        return None
    if callable(node):
        holes[at] = (*_function_name(node), ())
        return None
    return node


def _function_name(function: Any) -> tuple[str, str]:
    """Return where a validator is found again; the models' own methods only hand on to these."""
    if function.__qualname__ == "Choice._exactly_one":
        return "fairway.spec.choice", "exactly_one"
    module: Any = sys.modules[function.__module__]
    name = str(function.__name__)
    if getattr(module, name, None) is not function:
        raise ValueError(f"{function.__qualname__} is not found by its name")
    return str(function.__module__), name


def _decode(schema: Any, holes: _Holes) -> Any:
    """Put classes and functions back into a schema."""
    known: dict[tuple[str, str, tuple[str, ...]], Any] = {}
    for at, hole in holes.items():
        value = known.get(hole)
        if value is None:
            value = known[hole] = _found(*hole)
        node = schema
        for step in at[:-1]:
            node = node[step]
        node[at[-1]] = value
    return schema


def _found(module: str, name: str, one_of: tuple[str, ...]) -> Any:
    if module:
        return getattr(import_module(module), name)
    return type(name, (StandIn,), {"ONE_OF": one_of, "__slots__": ()})
