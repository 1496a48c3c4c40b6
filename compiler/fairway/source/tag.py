"""Tags of the YAML 1.2 core schema (specification 1.2.2, section 10.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairway.source.scalar import resolve

_PREFIX = "tag:yaml.org,2002:"
_SCALARS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def resolve_tagged(tag: str, raw: Any) -> tuple[Any, str]:
    """Return the value of a node with an explicit tag, and what is wrong with it (or ``""``)."""
    if tag == "!":
        return raw, ""
    name = tag.removeprefix(_PREFIX)
    shown = f"!!{name}" if name != tag else tag
    if name == "str" and isinstance(raw, str):
        return raw, ""
    if name in ("map", "seq") and isinstance(raw, dict if name == "map" else list):
        return raw, ""
    if name in _SCALARS and isinstance(raw, str):
        value = resolve(raw)
        if _SCALARS[name](value):
            return (float(value) if name == "float" else value), ""  # type: ignore[arg-type]
        return raw, f"`{raw[:40]}` is not what its tag {shown} says"
    return raw, f"the tag {shown[:60]} is not one of the core schema's"
