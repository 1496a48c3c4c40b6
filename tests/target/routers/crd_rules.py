"""The CEL rules of custom resource definitions (x-kubernetes-validations), asked of an object.

The API server fills in defaults first, and so does this. Rules about a change (``oldSelf``) have
nothing to say of an object that is new. What uses a function that only Kubernetes has cannot be
compiled here, and is listed by ``uncompiled``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from artifacts.custom_resource_schema import definition
from cel_expr_python import cel

ONLY_KUBERNETES = ("isIP(", "ip(", "url(", "isURL(", "quantity(", "format.", "cidr(", ".sort()")


def broken(document: Mapping[str, Any]) -> list[str]:
    """Return the messages of the rules that an object breaks, each with its place."""
    schema = definition(document["apiVersion"], document["kind"])
    return [message for message in _ask(filled(document, schema), schema, "") if message]


def asked(document: Mapping[str, Any]) -> int:
    """Return how many rules an object was asked."""
    schema = definition(document["apiVersion"], document["kind"])
    return len(list(_ask(filled(document, schema), schema, "")))


def filled(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a value with the defaults of its schema, as the API server stores it."""
    if isinstance(value, list):
        return [filled(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    properties, more = schema.get("properties", {}), schema.get("additionalProperties")
    made = {
        key: filled(child, properties.get(key, more if isinstance(more, dict) else {}))
        for key, child in value.items()
    }
    for key, below in properties.items():
        if key not in made and "default" in below:
            made[key] = filled(copy.deepcopy(below["default"]), below)
    return made


def _ask(value: Any, schema: Mapping[str, Any], route: str) -> Iterator[str]:
    """Yield an answer for each rule: empty where it holds, else the message and the place."""
    for rule in schema.get("x-kubernetes-validations", ()):
        text = rule["rule"]
        if "oldSelf" in text or (program := _program(text)) is None:
            continue
        holds = program.eval(data={"self": value}).value()
        yield "" if holds is True else f"{route or '.'}: {rule.get('message', text)} ({holds})"
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties")
        for key, child in value.items():
            below = properties.get(key, more)
            if isinstance(below, dict):
                yield from _ask(child, below, f"{route}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _ask(item, schema.get("items", {}), f"{route}[{index}]")


@cache
def _program(text: str) -> Any:
    """Return a rule's program, None where it needs a function that only Kubernetes has."""
    env = cel.NewEnv(variables={"self": cel.Type.DYN})
    try:
        return env.compile(text)
    except Exception:  # whatever its compiler has against it
        if any(name in text for name in ONLY_KUBERNETES):
            return None
        raise
