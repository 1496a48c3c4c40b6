"""Saying what is wrong with a value that does not fit its field, and where it stands."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails, ValidationError

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Location, Route, format_route
from fairway.source.layers import Merged
from fairway.source.scalar import kind_of
from fairway.spec.nearest import listed, nearest
from fairway.spec.walk import field_at, keys_of, type_name


def misfits(model: type[BaseModel], merged: Merged, error: ValidationError) -> list[Finding]:
    """Return a finding for every misfit, in the order of the model's fields."""
    details = error.errors(include_url=False, include_input=False)
    return [_finding(model, merged, detail) for detail in details]


def _finding(model: type[BaseModel], merged: Merged, detail: ErrorDetails) -> Finding:
    kind = detail["type"]
    loc = detail["loc"]
    context: dict[str, Any] = detail.get("ctx", {})
    if loc and loc[-1] == "[key]":
        route = loc[:-1]
        at = merged.locate(route, "key")
        return rule.VALUE(f"{detail['msg']}", at)
    route = loc
    if kind == "extra_forbidden":
        return _unknown_key(model, merged, route)
    if kind == "missing":
        return _missing(model, merged, route)
    at = merged.locate(route)
    if kind == "choice":
        return rule.CHOICE(f"{_named(route)}: {detail['msg']}", merged.locate(route, "key"))
    if kind in ("unit", "value"):
        chosen = rule.UNIT if kind == "unit" else rule.VALUE
        return chosen(f"{_named(route)}: {detail['msg']}", at, fix=_quote_fix(merged, route, kind))
    if kind in ("string", "string_type"):
        return _not_a_string(model, merged, route, detail)
    if kind == "literal_error":
        return _literal(model, merged, route, at)
    if kind in ("too_short", "too_long"):
        least, most = context.get("min_length"), context.get("max_length")
        bound = f"at least {least}" if kind == "too_short" else f"at most {most}"
        return rule.VALUE(f"{_named(route)}: {bound} needed, got {context['actual_length']}", at)
    if kind.startswith(("greater_than", "less_than", "finite_number")):
        return _out_of_range(merged, route, kind, context, at)
    return _wrong_type(model, merged, route, at)


def _value(merged: Merged, route: Route) -> Any:
    node = merged.value
    for step in route:
        node = node[step]
    return node


def _named(route: Route) -> str:
    return f"`{format_route(route)}`" if route else "the file"


def _unknown_key(model: type[BaseModel], merged: Merged, route: Route) -> Finding:
    at = merged.locate(route, "key")
    key = str(route[-1])
    owner = field_at(model, route[:-1])
    known = keys_of(owner.model) if owner is not None and owner.model is not None else ()
    where = f" in {_named(route[:-1])}" if route[:-1] else ""
    message = f"unknown key `{key[:80]}`{where}"
    if key == "<<":
        fix = Fix("YAML 1.2 has no merge keys: write the values out")
        return rule.UNKNOWN_KEY(message, at, fix=fix)
    close = nearest(key, known)
    if close is not None:
        return rule.UNKNOWN_KEY(message, at, fix=Fix(f"rename it to `{close}`", close))
    return rule.UNKNOWN_KEY(message, at, fix=Fix(f"known keys: {listed(known, 30)}"))


def _missing(model: type[BaseModel], merged: Merged, route: Route) -> Finding:
    field = field_at(model, route)
    example = field.info.examples if field is not None and field.info is not None else None
    description = field.info.description if field is not None and field.info is not None else ""
    shown = f"add `{route[-1]}:`" + (f", for example {_example(example[0])}" if example else "")
    where = f" in {_named(route[:-1])}" if route[:-1] else ""
    message = f"required key `{route[-1]}` is missing{where}: {_lower(description or '')}"
    return rule.MISSING_KEY(message.rstrip(": ."), merged.locate(route, "key"), fix=Fix(shown))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _example(value: Any) -> str:
    import json

    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, ensure_ascii=False)}`"


def _written(merged: Merged, route: Route) -> str:
    origin = merged.origin(route)
    return origin.layer.document.written(origin.route) if origin.exact else ""


def _quote_fix(merged: Merged, route: Route, kind: str) -> Fix | None:
    del kind
    value = _value(merged, route)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fix("write the unit after the number")
    return None


def _not_a_string(
    model: type[BaseModel], merged: Merged, route: Route, detail: ErrorDetails
) -> Finding:
    value = _value(merged, route)
    written = _written(merged, route)
    field = field_at(model, route)
    expected = type_name(field.annotation) if field is not None else "string"
    message = f"{_named(route)}: expected a {expected}, got {kind_of(value)}"
    if detail["type"] == "string":
        message = f"{_named(route)}: {detail['msg']}"
    fix = None
    if isinstance(value, int | float | bool) and written and "\n" not in written:
        shown = "" if str(value) == written else f", which YAML reads as {str(value).lower()}"
        message += f" ({written}{shown})"
        fix = Fix("quote it", f'"{written}"')
    return rule.TYPE(message, merged.locate(route), fix=fix)


def _literal(model: type[BaseModel], merged: Merged, route: Route, at: Location) -> Finding:
    field = field_at(model, route)
    expected = type_name(field.annotation) if field is not None else ""
    known = expected.removeprefix("one of ").split(", ")
    value = _value(merged, route)
    if not isinstance(value, str):
        message = f"{_named(route)}: expected {expected}, got {kind_of(value)}"
        return rule.TYPE(message, at)
    close = nearest(value, known) if len(known) > 1 else known[0]
    message = f"{_named(route)}: `{value[:60]}` is not {expected}"
    fix = Fix(f"write `{close}`", close) if close else None
    return rule.VALUE(message, at, fix=fix)


def _out_of_range(
    merged: Merged, route: Route, kind: str, context: dict[str, Any], at: Location
) -> Finding:
    words = {
        "greater_than": "more than {gt}",
        "greater_than_equal": "at least {ge}",
        "less_than": "less than {lt}",
        "less_than_equal": "at most {le}",
        "finite_number": "a finite number",
    }
    needed = words[kind].format(**context)
    return rule.VALUE(f"{_named(route)}: {_value(merged, route)} must be {needed}", at)


def _wrong_type(model: type[BaseModel], merged: Merged, route: Route, at: Location) -> Finding:
    field = field_at(model, route)
    expected = type_name(field.annotation) if field is not None else "another type"
    value = _value(merged, route)
    article = "an" if expected[:1] in "aeiou" else "a"
    shown = expected if expected.startswith("one of") else f"{article} {expected}"
    fix = None
    if isinstance(value, str) and expected in ("integer", "number", "boolean"):
        fix = Fix("remove the quotes", value) if _written(merged, route)[:1] in "\"'" else None
    elif field is not None and field.model is not None and not isinstance(value, dict):
        fix = Fix(f"write a map with the keys {listed(keys_of(field.model))}")
    elif expected.startswith("list") and not isinstance(value, list | dict):
        fix = Fix("write a list", f"[{_written(merged, route)}]")
    return rule.TYPE(f"{_named(route)}: expected {shown}, got {kind_of(value)}", at, fix=fix)
