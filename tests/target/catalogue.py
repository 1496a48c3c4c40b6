"""The built-in catalogues of metrics, one to try, and names to fill queries with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from target.subject import write_target

from fairway.packs import pack_folder
from fairway.target.load import Target, load_target, load_targets
from fairway.target.series import Exporter, Scope, Series, expression, load_series, selector

VALUES = {"name": "fraud", "version": "3.2.0", "namespace": "ml", "service": "fraud-3-2-0",
          "services": "fraud-3-1-0|fraud-3-2-0", "workload": "fraud-3-2-0", "port": "80",
          "route": "fraud", "rule": "0", "rules": "0|1", "position": "0"}  # fmt: skip


def built_in(*names: str) -> list[Target]:
    targets = load_targets((pack_folder("targets"),))
    return [targets[name] for name in names or ("kubernetes", "gateway-api", "docker")]


def exporters() -> Iterator[Exporter]:
    for target in built_in("kubernetes", "gateway-api", "envoy"):
        catalogue = load_series(*target.series)
        yield from catalogue.runtimes.values()
        yield from catalogue.implementations.values()


def every_series() -> Iterator[tuple[str, Series]]:
    for exporter in exporters():
        for metric, series in exporter.series.items():
            yield f"{exporter.name}-{metric}", series


def written(series: Series, scope: str = "deployment") -> str:
    """A query as an artifact would have it; of the other scope where this one cannot be."""
    chosen = scope if scope in series.selectors else next(iter(series.selectors))
    backend = selector(series, cast(Scope, chosen), VALUES)
    bound = f"{series.buckets[3]:g}" if series.buckets else "0.25"
    return expression(series, backend, "5m", bound)


TARGET = """\
target: notes
title: Notes
role: addon
series: series.yaml
"""
SOUND = """\
runtimes:
  triton:
    title: Triton
    source: metrics.md
    labels: [model]
    selectors: {version: 'model="$name"'}
    metrics:
      own-rate:
        series: [nv_own_total]
        kind: counter
        unit: "1"
        gives: 1/s
        query: sum(rate(nv_own_total{$backend}[$window]))
"""


def notes(folder: Path, text: str, target: str = TARGET) -> Target:
    return load_target(str(write_target(folder, "notes", target, series_yaml=text)))
