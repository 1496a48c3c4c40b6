"""Origins: from a place in a rendered object to the line of the spec that caused it.

The template says which fields of the plan a place was made from, and the plan's ``ORIGINS`` say
which field of the spec is behind them. Only violations ask, so nothing is recorded beforehand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from fairway.location import Location, Route
from fairway.packs import pack_folder
from fairway.plan.model import Plan
from fairway.plan.origins import ORIGINS
from fairway.project import shown_path
from fairway.source.document import Document
from fairway.target.load import Target, read_template
from fairway.target.render import RenderedObject

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_DOTTED = re.compile(r"(?<![\w.])([a-z][a-z0-9_]*)((?:\.[a-z][a-z0-9_]*)*)")
_VERSION = "app.kubernetes.io/version"


class ObjectOrigin(NamedTuple):
    """Where a place of an object came from: a route of the spec, if any, and of the template."""

    spec: Route | None
    template: Location
    document: Document


def object_origin(
    made: RenderedObject, route: Route, plan: Plan, targets: Mapping[str, Target]
) -> ObjectOrigin:
    """Return where the value at ``route`` of a rendered object came from."""
    document = _template(targets[made.target].folder, made.template)[made.document]
    at, text, scope = _walk(document.value, route)
    spec = _spec_route(text, scope, made.value, plan)
    return ObjectOrigin(spec, Location(document.path, at), document)


@cache
def _template(folder: str, name: str) -> list[Document]:
    """Return a template's documents, under a name that is the same on every machine."""
    builtin = os.path.realpath(pack_folder("targets"))
    real = os.path.realpath(folder)
    shown = f"targets/{os.path.relpath(real, builtin)}" if real.startswith(builtin) else folder
    path = shown_path(os.path.join(shown, name))
    return [replace(each, path=path) for each in read_template(os.path.join(folder, name))]


def _walk(node: Any, route: Route) -> tuple[Route, str, dict[str, str]]:
    """Follow a route of the object through its template, as far as both go together.

    Returns the template's route, the expressions there, and what loops' names stand for.
    """
    at: list[str | int] = []
    scope: dict[str, str] = {}
    for step in (*route, None):
        while isinstance(node, dict):
            if "$each" in node:
                each = _EXPRESSION.fullmatch(str(node["$each"]))
                scope[str(node.get("$as"))] = each.group(1).strip() if each else ""
            if "$value" not in node:
                break
            at.append("$value")
            node = node["$value"]
        if step is None:
            break
        if isinstance(node, dict) and isinstance(step, str) and step in node:
            node = node[step]
            at.append(step)
        elif isinstance(node, list) and isinstance(step, int) and (index := _item(node, step)) >= 0:
            node = node[index]
            at.append(index)
        else:
            # Of what is not there the map around it says nothing, but an expression may be both.
            node = node if isinstance(node, str) else ""
            break
    return tuple(at), " ".join(_expressions(node)), scope


def _expressions(node: Any) -> Iterator[str]:
    """Yield the expressions of a node and of all that is below it."""
    if isinstance(node, str):
        yield from _EXPRESSION.findall(node)
    elif isinstance(node, dict | list):
        for below in node.values() if isinstance(node, dict) else node:
            yield from _expressions(below)


def _item(node: list[Any], index: int) -> int:
    """Return the template's item that made the object's item, or -1 where that is not clear."""
    if len(node) == 1:
        return 0
    repeated = [i for i, item in enumerate(node) if isinstance(item, dict) and "$each" in item]
    dropped = any(isinstance(item, dict) and "$when" in item for item in node)
    if not repeated and not dropped and index < len(node):
        return index
    return index if repeated and not dropped and index < repeated[0] else -1


def _spec_route(
    text: str, scope: Mapping[str, str], value: Mapping[str, Any], plan: Plan
) -> Route | None:
    """Return the field of the spec behind expressions; None where there are several."""
    found: set[str] = set()
    for name, rest in _DOTTED.findall(text):
        full = name + rest
        while (head := full.partition(".")[0]) in scope:
            full = scope[head] + full[len(head) :]
        while full not in ORIGINS and "." in full:
            full = full.rpartition(".")[0]
        if full in ORIGINS:
            found.add(ORIGINS[full])
    if len(found) != 1:
        return None
    return _with_version(tuple(found.pop().split(".")), value, plan)


def _with_version(route: Route, value: Mapping[str, Any], plan: Plan) -> Route:
    """Return the version's own route where the object is one version's."""
    if route != ("versions",):
        return route
    metadata = value.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    version = labels.get(_VERSION) if isinstance(labels, Mapping) else None
    known = {workload.version for workload in plan.workloads}
    return (*route, version) if isinstance(version, str) and version in known else route
