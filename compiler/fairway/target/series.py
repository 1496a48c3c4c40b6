"""Series: what each metric that a spec may name is computed from, by runtime and gateway.

A target's catalogue (``series.yaml``) is read when somebody asks, and once for its bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from fairway import kept
from fairway.packs import PACKAGE

if TYPE_CHECKING:
    from fairway.target.load import Target

Side: TypeAlias = Literal["router", "runtime"]
Scope: TypeAlias = Literal["version", "deployment"]
Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

SLO_METRICS: Mapping[str, str] = {"availability": "error-ratio", "latency": "slow-ratio"}
"""The metric that measures what an SLO of a name promises: its error budget is that ratio."""

PLACES = frozenset(
    ("name", "namespace", "version", "workload", "service", "services", "port", "route", "rule",
     "rules", "position")
)  # fmt: skip
"""What a selector may leave open; ``services`` joins the services of all versions that answer with
``|``, ``rules`` the numbers of the route's rules; ``position`` counts a rule's backends from 0."""

_VALUE = re.compile(r"[A-Za-z0-9._|-]+\Z")
_WINDOW = re.compile(r"[1-9][0-9]*(ms|[smhdwy])\Z")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?\Z")


class Series(NamedTuple):
    """One metric's way to be measured.

    ``names`` are Prometheus names, a histogram's without ``_bucket``; ``unit`` is that of their
    values (``s``, ``ms``, ``us``, ``bytes``, ``ratio`` or ``1``), ``gives`` that of the query's
    result (``ratio``, ``s``, ``1/s`` or ``1``). ``errors`` is the matcher, or the series, that
    means an error. ``buckets`` are a histogram's bounds in ``unit``, empty when they are not
    known. ``selectors`` has a template of matchers for each scope that the labels can tell
    apart: without ``version``, nothing can be said of one version alone. ``missing`` says what
    is not counted and when there is no series, ``needs`` what must be set up for it.

    ``query`` is a PromQL template: ``$backend`` stands for matchers, ``$window`` for a duration,
    ``$threshold`` for a bucket's bound. Without traffic its result is NaN or empty, never 0, but
    for rates and counts.
    """

    metric: str
    side: Side
    names: tuple[str, ...]
    kind: Kind
    unit: str
    gives: str
    labels: tuple[str, ...]
    errors: str
    buckets: tuple[float, ...]
    selectors: Mapping[Scope, str]
    missing: tuple[str, ...]
    needs: tuple[str, ...]
    source: str
    query: str


class Exporter(NamedTuple):
    """What one runtime or gateway implementation exports: ``series`` by metric.

    ``nothing`` says why it exports none at all, ``cannot`` why it cannot measure a metric.
    """

    name: str
    title: str
    nothing: str
    cannot: Mapping[str, str]
    series: Mapping[str, Series]


class Catalogue(NamedTuple):
    """What one ``series.yaml`` says."""

    path: str
    runtimes: Mapping[str, Exporter]
    implementations: Mapping[str, Exporter]


def exported(
    targets: Iterable[Target], runtime: str, implementation: str | None
) -> Mapping[str, Series]:
    """Return the series of every metric that can be measured, by the metric's name.

    ``targets`` are an environment's, ``runtime`` is the spec's ``serving.runtime`` and
    ``implementation`` that of the gateway, None for a deployment that no gateway leads to. A
    later target's series replace an earlier one's. Raises ``UsageError`` with file, line and
    column for a catalogue that is not well formed.
    """
    return _exported(_paths(targets), runtime, implementation)


def why_not(
    targets: Iterable[Target], runtime: str, implementation: str | None, metric: str
) -> str:
    """Return one sentence that says why ``metric`` cannot be measured; empty when it can."""
    paths = _paths(targets)
    known = _exported(paths, runtime, implementation)
    if metric in known:
        return ""
    exporters = list(_exporters(paths, runtime, implementation))
    for exporter in exporters:
        if metric in exporter.cannot:
            return f"{exporter.title} cannot measure it: {exporter.cannot[metric]}"
    reasons = [f"{each.title}: {each.nothing}" for each in exporters if each.nothing]
    if implementation is None:
        reasons.append("no gateway leads to it, and only gateways count what its clients see")
    if reasons:
        return "; ".join(reasons)
    return "no catalogue of the environment's targets has it"


def selector(series: Series, scope: Scope, values: Mapping[str, str]) -> str:
    """Return the matchers that single out ``scope``, such as ``model="a",version="1"``.

    ``values`` are what ``PLACES`` names. Raises ``KeyError`` when the labels cannot tell the
    scope apart or a value is missing, ``ValueError`` for one that no Kubernetes name may be.
    """
    for name, value in values.items():
        if not _VALUE.match(value):
            raise ValueError(f"{name} cannot be {value!r} in a selector")
    return Template(series.selectors[scope]).substitute(values)


def expression(series: Series, backend: str, window: str, threshold: str = "") -> str:
    """Return the PromQL that measures ``series`` over ``window``.

    ``backend`` is what ``selector`` returns, ``window`` a Prometheus duration such as ``5m``,
    ``threshold`` one of ``series.buckets`` as Prometheus writes it (``0.25``, ``250``). Raises
    ``ValueError`` for others.
    """
    if not _WINDOW.match(window):
        raise ValueError(f"{window!r} is not a Prometheus duration")
    if "$threshold" in series.query:
        if not _NUMBER.match(threshold):
            raise ValueError(f"{threshold!r} is not a bucket's bound")
        if series.buckets and float(threshold) not in series.buckets:
            raise ValueError(f"{threshold} {series.unit} is not one of {series.buckets}")
    values = {"backend": backend, "window": window, "threshold": _bound(threshold)}
    return Template(series.query).substitute(values)


def _bound(threshold: str) -> str:
    """Return a pattern of a bucket's ``le``, which Prometheus 3 writes anew: 250 as ``250.0``.

    Source: its migration guide, "le and quantile label values"; large ones are ``1.8e+06``.
    """
    if not threshold:
        return ""
    forms = (threshold, f"{threshold}.0", f"{float(threshold):g}")
    distinct = dict.fromkeys(forms if "." not in threshold else (threshold,))
    return "|".join(each.replace(".", "[.]").replace("+", "[+]") for each in distinct)


def _paths(targets: Iterable[Target]) -> tuple[str, ...]:
    return tuple(path for target in targets for path in target.series)


@lru_cache(maxsize=64)
def load_series(path: str) -> Catalogue:
    """Read one ``series.yaml``. Raises ``UsageError`` with file, line and column.

    What was read is kept between runs: a file is parsed and checked once for its bytes.
    """
    try:
        with open(path, "rb") as stream:
            digest = sha256(stream.read()).hexdigest()
    except OSError:
        digest = ""  # reading it says what is wrong
    code = kept.sources(*(os.path.join(PACKAGE, room) for room in ("source", "target")))
    name = f"series-{os.path.basename(os.path.dirname(path))}"
    place = kept.path(name, path, digest, *code)
    found = kept.load(place) if digest else None
    if found is not None:
        runtimes, implementations = (
            {name: _revived(*exporter) for name, exporter in group.items()} for group in found
        )
        return Catalogue(path, runtimes, implementations)
    # Nobody who does not ask for series pays for what reads them.
    from fairway.target.series_file import read_series

    made = read_series(path)
    groups = (made.runtimes, made.implementations)
    kept.store(place, [{name: _plain(each) for name, each in group.items()} for group in groups])
    return made


def _plain(exporter: Exporter) -> tuple[object, ...]:
    """Return an exporter as ``marshal`` can hold it."""
    series = {metric: tuple(each) for metric, each in exporter.series.items()}
    return (*exporter[:-1], series)


def _revived(
    name: str, title: str, nothing: str, cannot: Mapping[str, str], series: Mapping[str, Any]
) -> Exporter:
    made = {metric: Series(*each) for metric, each in series.items()}
    return Exporter(name, title, nothing, cannot, made)


def _exporters(
    paths: tuple[str, ...], runtime: str, implementation: str | None
) -> Iterator[Exporter]:
    """Yield what is exported, by whom, in the catalogues' order.

    What a catalogue says to export nothing has nothing in those before it either.
    """
    found: list[tuple[str, Exporter]] = []
    for path in paths:
        catalogue = load_series(path)
        for name, side, exporters in (
            (runtime, "runtime", catalogue.runtimes),
            (implementation, "router", catalogue.implementations),
        ):
            exporter = exporters.get(cast(str, name))
            if exporter is None:
                continue
            if exporter.nothing:
                found = [each for each in found if each[0] != side]
            found.append((side, exporter))
    yield from (exporter for _, exporter in found)


@lru_cache(maxsize=256)
def _exported(
    paths: tuple[str, ...], runtime: str, implementation: str | None
) -> Mapping[str, Series]:
    found: dict[str, Series] = {}
    for exporter in _exporters(paths, runtime, implementation):
        found.update(exporter.series)
    return MappingProxyType(found)
