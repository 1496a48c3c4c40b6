"""Finding a field of the language by its route: its model, its type, its description."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fairway.location import Route


class FieldAt(NamedTuple):
    """What stands at a route: its annotation and, for a model's field, pydantic's field."""

    annotation: Any
    info: FieldInfo | None

    @property
    def model(self) -> type[BaseModel] | None:
        """The model, when the field is a map with fixed keys."""
        return _model(self.annotation)


def field_at(root: type[BaseModel], route: Route) -> FieldAt | None:
    """Return the field of ``root`` at ``route``, or None when the language has none there."""
    found = FieldAt(root, None)
    for step in route:
        model = found.model
        if model is not None:
            info = next((i for n, i in model.model_fields.items() if (i.alias or n) == step), None)
            if info is None:
                return None
            found = FieldAt(info.annotation, info)
            continue
        kind = _plain(found.annotation)
        arguments = get_args(kind)
        if get_origin(kind) is dict:
            found = FieldAt(arguments[1], None)
        elif get_origin(kind) is list and isinstance(step, int):
            found = FieldAt(arguments[0], None)
        else:
            return None
    return found


def field_tree(annotation: Any) -> Any:
    """Return where ``field_at`` finds fields: a map by key, a 1-tuple for any key, else None."""
    model, kind = _model(annotation), _plain(annotation)
    if model is not None:
        return {
            info.alias or name: field_tree(info.annotation)
            for name, info in model.model_fields.items()
        }
    if get_origin(kind) in (dict, list):
        return (field_tree(get_args(kind)[-1]),)
    return None


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a model as they are written in YAML, in order."""
    return tuple(info.alias or name for name, info in model.model_fields.items())


def places_of(model: type[BaseModel], key: str) -> list[Route]:
    """Return the maps of the language, below fixed keys only, in which ``key`` is a key."""
    found: list[Route] = []
    waiting: list[tuple[Route, type[BaseModel]]] = [((), model)]
    while waiting:
        route, owner = waiting.pop(0)
        if key in keys_of(owner):
            found.append(route)
        for name, info in owner.model_fields.items():
            below = _model(info.annotation)
            if below is not None:
                waiting.append(((*route, info.alias or name), below))
    return found


def type_name(annotation: Any) -> str:
    """Return a type as people read it: ``duration``, ``list of host``, ``one of v2, v1``."""
    if get_origin(annotation) is Annotated:
        return type_name(get_args(annotation)[0])
    plain = _plain(annotation)
    origin, arguments = get_origin(plain), get_args(plain)
    if origin is Literal:
        return "one of " + ", ".join(str(value) for value in arguments)
    if origin is list:
        return f"list of {type_name(arguments[0])}"
    if origin is dict:
        return f"map of {type_name(arguments[1])}"
    if origin in (Union, UnionType):
        return " or ".join(type_name(a) for a in arguments if a is not NoneType)
    names = {str: "string", int: "integer", float: "number", bool: "boolean", Any: "anything"}
    if plain in names:
        return names[plain]
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return "map"
    return _words(getattr(plain, "__name__", str(plain)))


def _words(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _plain(annotation: Any) -> Any:
    """Return an annotation without ``Annotated`` and without an optional's None."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            left = [a for a in get_args(annotation) if a is not NoneType]
            if len(left) != 1:
                return annotation
            annotation = left[0]
        else:
            return annotation


def _model(annotation: Any) -> type[BaseModel] | None:
    plain = _plain(annotation)
    return plain if isinstance(plain, type) and issubclass(plain, BaseModel) else None
