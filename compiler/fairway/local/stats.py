"""What a proxy has counted of each workload, read from its metrics in Prometheus' text format.

Source of the format: prometheus.io, Exposition formats, version 0.0.4. The series are those of the
envoy target's catalogue (``targets/envoy/series.yaml``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from typing import NamedTuple

_LINE = re.compile(r"(\w+)\{([^}]*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_COMPLETED = "envoy_cluster_upstream_rq_completed"
_ANSWERS = "envoy_cluster_upstream_rq_xx"
_TIMES = "envoy_cluster_upstream_rq_time_bucket"
_HEALTHY = "envoy_cluster_membership_healthy"

FILTER = "cluster.*(upstream_rq_completed|upstream_rq_.xx|upstream_rq_time|membership_healthy)$"
"""What to ask Envoy's administration for: these series and no others."""


class Counters(NamedTuple):
    """What was counted since the proxy started.

    ``errors`` are answers of class 5 among the ``completed``. ``buckets`` are the bounds
    of the times of answers, in milliseconds and rising, with how many took no longer; the last
    bound is infinite. ``healthy`` is how many servers there are that answer when they are asked.
    """

    completed: float = 0.0
    errors: float = 0.0
    buckets: tuple[tuple[float, float], ...] = ()
    healthy: float = 0.0


NOTHING = Counters()


def parse_counters(text: str) -> Mapping[str, Counters]:
    """Return the counters of each workload, by its name; copies of requests are ``<name>/mirror``.

    What is not one of the series is passed over.
    """
    found: dict[str, Counters] = {}
    buckets: dict[str, list[tuple[float, float]]] = {}
    for match in _LINE.finditer(text):
        name, labels, number = match[1], dict(_LABEL.findall(match[2])), float(match[3])
        cluster = labels.get("envoy_cluster_name")
        if cluster is None:
            continue
        known = found.get(cluster, NOTHING)
        if name == _COMPLETED:
            found[cluster] = known._replace(completed=number)
        elif name == _ANSWERS and labels.get("envoy_response_code_class") == "5":
            found[cluster] = known._replace(errors=number)
        elif name == _HEALTHY:
            found[cluster] = known._replace(healthy=number)
        elif name == _TIMES:
            buckets.setdefault(cluster, []).append((float(labels["le"]), number))
    for cluster, pairs in buckets.items():
        known = found.get(cluster, NOTHING)
        found[cluster] = known._replace(buckets=tuple(sorted(pairs)))
    return found


def between(before: Counters, after: Counters) -> Counters:
    """Return what was counted from one reading to a later one.

    A counter that went back began again at 0, as Prometheus has it.
    """
    if after.completed < before.completed:
        before = NOTHING
    earlier = dict(before.buckets)
    return Counters(
        completed=after.completed - before.completed,
        errors=max(0.0, after.errors - before.errors),
        buckets=tuple((le, max(0.0, n - earlier.get(le, 0.0))) for le, n in after.buckets),
        healthy=after.healthy,
    )


def error_ratio(counters: Counters) -> float:
    """Return the share of answers that are errors; NaN without any answer."""
    return counters.errors / counters.completed if counters.completed else float("nan")


def quantile(counters: Counters, share: float) -> float:
    """Return the time in seconds that ``share`` of the answers took at most; NaN without any.

    Within a bucket it is interpolated, and above the last bound it is that bound, as by
    ``histogram_quantile`` (prometheus.io, Query functions).
    """
    if not counters.buckets or not counters.buckets[-1][1]:
        return float("nan")
    rank = share * counters.buckets[-1][1]
    low, below = 0.0, 0.0
    for bound, count in counters.buckets:
        if count >= rank:
            if bound == inf:
                return low / 1000
            inside = (rank - below) / (count - below) if count > below else 0.0
            return (low + (bound - low) * inside) / 1000
        low, below = bound, count
    return low / 1000
