"""Keys without a value: ``null`` removes a key, so a misspelt one would go unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fairway import rule
from fairway.finding import Finding
from fairway.location import Location, Route
from fairway.source.document import Document
from fairway.source.layers import Layer, Merged, merge
from fairway.spec.bind import WHOLE, bind
from fairway.spec.known import has_key


def blank_keys(document: Document) -> frozenset[Route]:
    """Return the routes of every key of ``document`` whose value is null."""
    return frozenset(_blank(document.value, ())) if document.nulls else frozenset()


def check_blank_keys(
    merged: Merged, document: Document, blank: frozenset[Route], environments: tuple[str, ...]
) -> list[Finding]:
    """Return a finding for every blank key that the language does not have, as for any other."""
    if all(has_key(_in_environment(route)) for route in blank):
        return []
    shown = replace(document, value=_filled(document.value))
    layers = [
        Layer(layer.name, shown if layer.document is document else layer.document, layer.prefix)
        for layer in merged.layers
    ]
    filled = merge(layers, WHOLE)
    filled.value.pop("environments", None)
    return [
        finding._replace(environments=environments)
        for finding in bind("deployment", filled)[1]
        if finding.rule == rule.UNKNOWN_KEY.id and finding.at.route in blank
    ]


def _in_environment(route: Route) -> Route:
    """Return the route without the environment whose override it stands in."""
    return route[2:] if route[0] == "environments" else route


def check_blank_versions(document: Document, blank: frozenset[Route]) -> list[Finding]:
    """Return a finding for every version that is named and has no source."""
    return [
        rule.TYPE(
            f"version {route[1]} has no source",
            Location(document.path, route, "key"),
            fix=f"write where its files are, such as ./models/{route[1]}, or remove it",
        )
        for route in sorted(blank, key=str)
        if len(route) == 2 and route[0] == "versions"
    ]


def _blank(node: Any, route: Route) -> Iterator[Route]:
    if isinstance(node, dict):
        for key, value in node.items():
            if value is None:
                yield (*route, key)
            elif isinstance(value, dict | list):
                yield from _blank(value, (*route, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            if isinstance(value, dict | list):
                yield from _blank(value, (*route, index))


def _filled(node: Any) -> Any:
    """Return the values with something in place of every null, so that no key is removed."""
    if isinstance(node, dict):
        return {key: _filled(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value) for value in node]
    return "" if node is None else node
