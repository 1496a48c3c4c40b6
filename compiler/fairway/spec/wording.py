"""How messages name routes and values."""

from __future__ import annotations

from typing import Any

from fairway.location import Route, format_route


def named(route: Route) -> str:
    """Return a route as messages name it."""
    return f"`{format_route(route)}`" if route else "the file"


def within(route: Route) -> str:
    """Return where a key is, after its name; nothing at the root."""
    return f" in {named(route)}" if route else ""


def shown_number(value: Any) -> str:
    """Return a number or a boolean as YAML writes it."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return str(value).lower()[:60] if value == value else ".nan"


def lowered(text: str) -> str:
    """Return a sentence as the end of another; an abbreviation stays as it is."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
