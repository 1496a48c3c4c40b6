"""Saying what is wrong with a value that does not fit its field, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import ErrorDetails, ValidationError

from fairway import rule
from fairway.finding import Finding, Fix, Related
from fairway.location import Location, Route, format_route
from fairway.source.layers import Merged
from fairway.source.scalar import kind_of
from fairway.spec.mend import example, flow, in_form, with_unit
from fairway.spec.nearest import listed, nearest
from fairway.spec.walk import field_at, keys_of, places_of, type_name
from fairway.spec.wording import lowered, named, shown_number, within

OUTSIDE = {"DeploymentSpec": ("environments",)}
"""Keys of a file that its model does not have, because they are read before it is bound."""


class Misfit(NamedTuple):
    """One of pydantic's errors with the route of the value in the merged document.

    ``inner`` says that the error is about a member of a union, which the route does not show.
    """

    kind: str
    route: Route
    message: str
    context: dict[str, Any]
    is_key: bool
    inner: bool


def misfits(model: type[BaseModel], merged: Merged, error: ValidationError) -> list[Finding]:
    """Return a finding for every misfit, in the order of the model's fields, within the limit."""
    every = errors_of(merged.value, error)
    explainer = _Explainer(model, merged, every)
    findings = dict.fromkeys(explainer.findings(every[: rule.MOST_FINDINGS]))
    if len(every) > rule.MOST_FINDINGS:
        last = explainer.locate(every[rule.MOST_FINDINGS].route)
        findings[rule.too_many(last.file)] = None
    return list(findings)


def errors_of(value: Any, error: ValidationError) -> list[Misfit]:
    """Return pydantic's errors with routes into ``value``."""
    return [
        _misfit(value, detail) for detail in error.errors(include_url=False, include_input=False)
    ]


def _misfit(value: Any, detail: ErrorDetails) -> Misfit:
    loc: Route = detail["loc"]
    is_key = bool(loc) and loc[-1] == "[key]"
    wanted = loc[:-1] if is_key else loc
    route: Route = ()
    node: Any = value
    for step in wanted:
        held = isinstance(node, dict) and step in node
        held = held or (isinstance(node, list) and isinstance(step, int) and step < len(node))
        if not held:
            break
        node = node[step]
        route += (step,)
    if detail["type"] == "missing":
        route = wanted
    short_form = wanted[:1] == ("versions",) and wanted[len(route) :] == ("uri",)
    inner = len(route) < len(wanted) and not short_form
    return Misfit(detail["type"], route, detail["msg"], detail.get("ctx", {}), is_key, inner)


class _Explainer:
    """Makes findings of the misfits of one merged document."""

    def __init__(self, model: type[BaseModel], merged: Merged, every: list[Misfit]) -> None:
        self.model = model
        self.merged = merged
        self.unknown: dict[Route, list[str]] = {}
        for misfit in every:
            if misfit.kind == "extra_forbidden":
                self.unknown.setdefault(misfit.route[:-1], []).append(str(misfit.route[-1]))

    def findings(self, every: list[Misfit]) -> Iterator[Finding]:
        """Yield a finding for each misfit but those that another one explains."""
        for misfit in every:
            if misfit.kind != "missing" or not self._renamed(misfit.route):
                yield self._finding(misfit)

    def locate(self, route: Route) -> Location:
        return self.merged.locate(route)

    def _renamed(self, route: Route) -> bool:
        """Whether a missing key is there under an unknown name that is almost its own."""
        unknown = self.unknown.get(route[:-1], [])[: rule.MOST_FINDINGS]
        known = self._known(route[:-1])
        return any(name == "<<" or nearest(name, known) == route[-1] for name in unknown)

    def _finding(self, misfit: Misfit) -> Finding:
        kind, route = misfit.kind, misfit.route
        at = self.merged.locate(route)
        if misfit.is_key:
            return rule.VALUE(misfit.message, self.merged.locate(route, "key"))
        if kind == "extra_forbidden":
            return self._unknown_key(route)
        if kind == "missing":
            return self._missing(route)
        if misfit.inner:
            return self._wrong_type(route, at)
        if kind == "choice":
            message = f"{named(route)}: {misfit.message}"
            return rule.CHOICE(message, self.merged.locate(route, "key"), fix=_one_of(misfit))
        if kind == "unit":
            fix = with_unit(misfit.context.get("kind", ""), self._value(route))
            return rule.UNIT(f"{named(route)}: {misfit.message}", at, fix=fix)
        if kind == "value":
            fix = in_form(misfit.context, self._value(route))
            return rule.VALUE(f"{named(route)}: {misfit.message}", at, fix=fix)
        if kind in ("string", "string_type"):
            return self._not_a_string(misfit, at)
        if kind == "literal_error":
            return self._literal(route, at)
        if kind in ("too_short", "too_long"):
            return self._wrong_size(misfit, at)
        if kind.startswith(("greater_than", "less_than", "finite_number")):
            return self._out_of_range(misfit, at)
        return self._wrong_type(route, at)

    # -- keys --------------------------------------------------------------------------------

    def _known(self, route: Route) -> tuple[str, ...]:
        owner = field_at(self.model, route)
        known = keys_of(owner.model) if owner is not None and owner.model is not None else ()
        return known + (OUTSIDE.get(self.model.__name__, ()) if not route else ())

    def _unknown_key(self, route: Route) -> Finding:
        at = self.merged.locate(route, "key")
        key = str(route[-1])
        known = self._known(route[:-1])
        message = f"unknown key `{key[:80]}`{within(route[:-1])}"
        if key == "<<":
            fix = Fix("YAML 1.2 has no merge keys: write the values out")
            return rule.UNKNOWN_KEY(message, at, fix=fix)
        close = nearest(key, known)
        if close is not None:
            return rule.UNKNOWN_KEY(message, at, fix=Fix(f"rename it to `{close}`", close))
        elsewhere = [place for place in places_of(self.model, key) if place != route[:-1]]
        if 0 < len(elsewhere) <= 2:
            where = " or ".join(f"`{format_route(place)}`" for place in elsewhere)
            return rule.UNKNOWN_KEY(message, at, fix=Fix(f"move it into {where}"))
        return rule.UNKNOWN_KEY(message, at, fix=Fix(f"known keys: {listed(known, 30)}"))

    def _missing(self, route: Route) -> Finding:
        info = self._info(route)
        examples = info.examples if info is not None else None
        key = str(route[-1])
        shown = f"`{example(key, examples[0])}`" if examples else f"`{key}`"
        removed = self._removed(route)
        if removed is not None:
            message = f"`{key}` is required{within(route[:-1])}, and null removes it"
            return rule.MISSING_KEY(message, removed, fix=Fix(f"give it a value: {shown}"))
        described = lowered(info.description or "") if info is not None else ""
        message = f"required key `{key}` is missing{within(route[:-1])}: {described}"
        fix = Fix(f"add {shown}" if len(_choices(self.model, route)) == 1 else f"add it: {shown}")
        origin = self.merged.origin(route)
        related: tuple[Related, ...] = ()
        if origin.layer.name == "spec" and len(origin.route) < len(route) - 1:
            begun = self.merged.locate(route[:-1], "key")
            if begun.file != origin.layer.document.path:
                related = (Related(f"{named(route[:-1])} begins here", begun),)
        at = self.merged.locate(route, "key")
        return rule.MISSING_KEY(message.rstrip(": ."), at, fix=fix, related=related)

    def _removed(self, route: Route) -> Location | None:
        """Return where a null stands at ``route``, in the strongest layer that has one."""
        for layer in self.merged.layers:
            there = layer.prefix + route
            if layer.document.holds(there):
                return Location(layer.document.path, there, "key")
        return None

    # -- values ------------------------------------------------------------------------------

    def _value(self, route: Route) -> Any:
        node = self.merged.value
        for step in route:
            node = node[step]
        return node

    def _info(self, route: Route) -> Any:
        field = field_at(self.model, route)
        return field.info if field is not None else None

    def _expected(self, route: Route) -> str:
        field = field_at(self.model, route)
        return type_name(field.annotation) if field is not None else "another type"

    def _written(self, route: Route) -> str:
        """Return a value as its author wrote it; empty when an alias stands there, or nothing."""
        origin = self.merged.origin(route)
        text = origin.layer.document.written(origin.route) if origin.exact else ""
        return "" if text.startswith("*") or "\n" in text or "\r" in text else text

    def _not_a_string(self, misfit: Misfit, at: Location) -> Finding:
        route = misfit.route
        value, written = self._value(route), self._written(route)
        message = f"{named(route)}: {misfit.message}"
        if misfit.kind != "string":
            message = f"{named(route)}: expected a string, got {kind_of(value)}"
        fix = None
        if isinstance(value, int | float | bool) and written:
            read = shown_number(value)
            message += f" ({written})" if read == written else f" ({written} is read as {read})"
            fix = Fix(f'quote it: "{written}"', f'"{written}"')
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            fix = Fix(f"write {flow(value[0])}", flow(value[0]))
        elif value is None:
            fix = Fix("remove it, or write a value")
        return rule.TYPE(message, at, fix=fix)

    def _literal(self, route: Route, at: Location) -> Finding:
        known = _choices(self.model, route)
        value = self._value(route)
        expected = f"one of {', '.join(known)}" if len(known) > 1 else known[0]
        if not isinstance(value, str):
            shown = shown_number(value) if isinstance(value, int | float) else kind_of(value)
            return rule.TYPE(f"{named(route)}: expected {expected}, got {shown}", at)
        close = nearest(value, known) if len(known) > 1 else known[0]
        message = f"{named(route)}: `{value[:60]}` is not {expected}"
        fix = Fix(f"write {close}", close) if close else None
        return rule.VALUE(message, at, fix=fix)

    def _wrong_size(self, misfit: Misfit, at: Location) -> Finding:
        route, context = misfit.route, misfit.context
        if misfit.kind == "too_long":
            message = f"at most {context['max_length']} are allowed, and there are more"
            if isinstance(context.get("actual_length"), int):
                message = f"{context['actual_length']} are more than {context['max_length']}"
            return rule.VALUE(f"{named(route)}: {message}", at)
        info = self._info(route)
        given = info.examples[0] if info is not None and info.examples else None
        fix = Fix(f"for example `{example(str(route[-1]), given)}`") if given else None
        return rule.VALUE(f"{named(route)}: at least one is needed", at, fix=fix)

    def _out_of_range(self, misfit: Misfit, at: Location) -> Finding:
        words = {
            "greater_than": "more than {gt}",
            "greater_than_equal": "at least {ge}",
            "less_than": "less than {lt}",
            "less_than_equal": "at most {le}",
            "finite_number": "a finite number",
        }
        needed = words[misfit.kind].format(**misfit.context)
        shown = self._written(misfit.route) or shown_number(self._value(misfit.route))
        return rule.VALUE(f"{named(misfit.route)}: {shown[:60]} must be {needed}", at)

    def _wrong_type(self, route: Route, at: Location) -> Finding:
        expected = self._expected(route)
        value = self._value(route)
        word = "list" if expected.startswith("list") else expected
        article = "an" if word[:1] in "aeiou" else "a"
        got = kind_of(value)
        if expected == "integer" and isinstance(value, float):
            got = self._written(route) or shown_number(value)
        message = f"{named(route)}: expected {article} {word}, got {got}"
        return rule.TYPE(message, at, fix=self._retyped(route, expected, value))

    def _retyped(self, route: Route, expected: str, value: Any) -> Fix | None:
        field = field_at(self.model, route)
        written = self._written(route)
        if isinstance(value, str) and expected in ("integer", "number", "boolean"):
            return Fix(f"remove the quotes: {value}", value) if written[:1] in ("'", '"') else None
        if field is not None and field.model is not None and not isinstance(value, dict):
            return Fix(f"write a map with the keys {listed(keys_of(field.model))}")
        if not expected.startswith("list"):
            return None
        if written and (not isinstance(value, dict) or written.startswith("{")):
            return Fix(f"write a list: [{written}]", f"[{written}]")
        return Fix("write a list: put `- ` before each item")


def _one_of(misfit: Misfit) -> Fix:
    if misfit.context["given"] == "none of them":
        return Fix(f"add one of {misfit.context['keys']}")
    return Fix("keep one of them, and remove the others")


def _choices(model: type[BaseModel], route: Route) -> list[str]:
    """Return what a field accepts, when that is a list of words."""
    field = field_at(model, route)
    expected = type_name(field.annotation) if field is not None else ""
    return expected.removeprefix("one of ").split(", ") if expected.startswith("one of ") else []
