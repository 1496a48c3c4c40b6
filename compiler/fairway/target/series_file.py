"""Reading ``series.yaml``, a target's catalogue of metrics; every fault has its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import Template
from typing import Any, Final, NoReturn, cast, get_args

from fairway.errors import UsageError
from fairway.location import Location, Part, Route, format_route
from fairway.source.document import Document
from fairway.spec.nearest import nearest
from fairway.target.load import read_map
from fairway.target.series import (
    PLACES,
    Catalogue,
    Exporter,
    Kind,
    Scope,
    Series,
    Side,
)

_UNITS: Final = ("s", "ms", "us", "bytes", "ratio", "1")
_GIVES: Final = ("ratio", "s", "1/s", "1")
_HOLES: Final = frozenset({"backend", "window", "threshold", "quantile"})
_SERIES: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*\Z")
_EXPORTER: Final = (
    "title", "source", "labels", "selectors", "needs", "missing", "cannot", "metrics", "nothing",
)  # fmt: skip
_METRIC: Final = ("series", "kind", "unit", "gives", "query")
_OPTIONAL: Final = ("errors", "buckets", "missing", "quantiles", "selectors", "source")


def read_series(path: str) -> Catalogue:
    """Read one file. Raises ``UsageError`` that says what is wrong at which line and column."""
    reader = _Reader(read_map(path, "a catalogue of series"))
    reader.keys((), ("runtimes", "implementations"), ())
    return Catalogue(
        path,
        reader.exporters("runtimes", "runtime"),
        reader.exporters("implementations", "router"),
    )


class _Reader:
    """Reads the parts of a catalogue from its document."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def fail(self, route: Route, message: str, part: Part = "value") -> NoReturn:
        """Raise a ``UsageError`` at ``route``."""
        span = self.document.span(Location(self.document.path, route, part))
        raise UsageError(f"{self.document.path}:{span.line}:{span.column}: {message}")

    def at(self, route: Route) -> Any:
        """Return the value at ``route``, None when there is none."""
        node = self.document.value
        for step in route:
            node = node.get(step) if isinstance(node, dict) else node[cast(int, step)]
        return node

    def keys(self, route: Route, known: Iterable[str], required: Iterable[str]) -> None:
        """Check that a map stands at ``route``, with ``required`` keys and none but ``known``."""
        value, names = self.at(route), list(known)
        if not isinstance(value, dict):
            self.fail(route, f"`{format_route(route)}` must be a map")
        for key in value:
            if key not in names:
                close = nearest(key, names)
                hint = f"did you mean `{close}`?" if close else f"known: {', '.join(names)}"
                self.fail((*route, key), f"unknown key `{key}`; {hint}", "key")
        for key in required:
            if key not in value:
                self.fail(route, f"`{format_route(route)}` has no `{key}`", "key")

    def names(self, route: Route) -> list[str]:
        """Return the keys of the map at ``route``, none when it is not there."""
        value = self.at(route)
        if value is None:
            return []
        if not isinstance(value, dict):
            self.fail(route, f"`{format_route(route)}` must be a map")
        return list(value)

    def text(self, route: Route, allowed: Iterable[str] = ()) -> str:
        """Return the string at ``route``."""
        value, choices = self.at(route), list(allowed)
        if not isinstance(value, str) or not value:
            self.fail(route, f"`{format_route(route)}` must be a string")
        if choices and value not in choices:
            self.fail(route, f"`{value}` is not one of {', '.join(choices)}")
        return value

    def texts(self, route: Route) -> tuple[str, ...]:
        """Return the strings listed at ``route``, none when it is not there."""
        value = self.at(route)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.fail(route, f"`{format_route(route)}` must be a list of strings")
        return tuple(self.text((*route, index)) for index in range(len(value)))

    def exporters(self, group: str, side: Side) -> dict[str, Exporter]:
        """Return the exporters of a group, by name."""
        return {name: self.exporter((group, name), name, side) for name in self.names((group,))}

    def exporter(self, route: Route, name: str, side: Side) -> Exporter:
        """Return one exporter: its series, or the reason why it has none."""
        self.keys(route, _EXPORTER, ("title", "source"))
        title, given = self.text((*route, "title")), self.at(route)
        if "nothing" in given:
            if "metrics" in given:
                self.fail((*route, "nothing"), "it has `metrics`, so `nothing` is not so", "key")
            return Exporter(name, title, self.text((*route, "nothing")), {}, {})
        self.keys(route, _EXPORTER, ("labels", "selectors", "metrics"))
        cannot = {
            metric: self.text((*route, "cannot", metric))
            for metric in self.names((*route, "cannot"))
        }
        series: dict[str, Series] = {}
        for metric in self.names((*route, "metrics")):
            series.update(self.metric(route, metric, side))
        return Exporter(name, title, "", cannot, series)

    def metric(self, exporter: Route, name: str, side: Side) -> dict[str, Series]:
        """Return the series of one metric; one for each of its ``quantiles`` where it has them."""
        route = (*exporter, "metrics", name)
        self.keys(route, (*_METRIC, *_OPTIONAL), _METRIC)
        given = self.at(route)
        own = (*route, "selectors") if "selectors" in given else (*exporter, "selectors")
        labels = self.texts((*exporter, "labels"))
        series = Series(
            metric=name,
            side=side,
            names=self.series_names((*route, "series")),
            kind=cast(Kind, self.text((*route, "kind"), get_args(Kind))),
            unit=self.text((*route, "unit"), _UNITS),
            gives=self.text((*route, "gives"), _GIVES),
            labels=labels,
            errors=self.text((*route, "errors")) if "errors" in given else "",
            buckets=self.buckets((*route, "buckets")),
            selectors=self.selectors(own),
            missing=(*self.texts((*exporter, "missing")), *self.texts((*route, "missing"))),
            needs=self.texts((*exporter, "needs")),
            source=self.text((*(route if "source" in given else exporter), "source")),
            query=self.query((*route, "query")),
        )
        self.mentions((*route, "query"), series)
        if "quantiles" not in given:
            return {name: series}
        return self.quantiles((*route, "quantiles"), series)

    def series_names(self, route: Route) -> tuple[str, ...]:
        """Return the Prometheus names at ``route``, at least one."""
        names = self.texts(route)
        if not names:
            self.fail(route, "name at least one series")
        for index, name in enumerate(names):
            if not _SERIES.match(name):
                self.fail((*route, index), f"`{name}` is not a Prometheus name")
        return names

    def buckets(self, route: Route) -> tuple[float, ...]:
        """Return a histogram's bounds, which rise."""
        value = self.at(route)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(type(item) in (int, float) for item in value):
            self.fail(route, "`buckets` must be a list of numbers")
        if sorted(set(value)) != value:
            self.fail(route, "the bounds in `buckets` must rise")
        return tuple(float(item) for item in value)

    def selectors(self, route: Route) -> Mapping[Scope, str]:
        """Return the templates of matchers, by scope; at least one."""
        self.keys(route, get_args(Scope), ())
        found: dict[Scope, str] = {}
        for scope in self.names(route):
            found[cast(Scope, scope)] = self.template((*route, scope), PLACES)
        if not found:
            self.fail(route, f"give a selector for one of {', '.join(get_args(Scope))}")
        return found

    def query(self, route: Route) -> str:
        """Return a PromQL template, on one line."""
        text = self.template(route, _HOLES)
        if "$threshold" in text.replace('le=~"$threshold"', ""):
            self.fail(route, '$threshold is a pattern of a bucket\'s bound: le=~"$threshold"')
        if "backend" not in Template(text).get_identifiers():
            self.fail(route, "the query does not say $backend, so it measures everything at once")
        return text

    def template(self, route: Route, holes: frozenset[str]) -> str:
        """Return the template at ``route``, whose placeholders are all in ``holes``."""
        template = Template(" ".join(self.text(route).split()))
        if not template.is_valid():
            self.fail(route, "a lone `$`; placeholders are written $name or ${name}")
        for name in template.get_identifiers():
            if name not in holes:
                known = ", ".join(sorted(holes))
                self.fail(route, f"there is no placeholder ${name}; there are {known}")
        return template.template

    def mentions(self, route: Route, series: Series) -> None:
        """Check that the query reads the series that the metric names."""
        for name in series.names:
            if not re.search(
                rf"(?<![\w:]){re.escape(name)}(_bucket|_sum|_count)?\{{", series.query
            ):
                self.fail(route, f"the query does not read {name}")

    def quantiles(self, route: Route, series: Series) -> dict[str, Series]:
        """Return a series for each quantile, its number in the query."""
        found: dict[str, Series] = {}
        for metric in self.names(route):
            value = self.at((*route, metric))
            if type(value) is not float or not 0 < value < 1:
                self.fail((*route, metric), "a quantile is a number between 0 and 1")
            holes = {"quantile": f"{value:g}"}
            query = Template(series.query).safe_substitute(holes)
            found[metric] = series._replace(metric=metric, query=query)
        return found
