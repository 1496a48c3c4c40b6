"""Thresholds: the bounds of a spec's metrics, and judging a report by them.

The same function judges a report when it is made and when it is checked later, so that a bound
which was raised in between is held against the numbers that were measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from fairway.evidence.catalogue import LATENCIES, METRICS
from fairway.evidence.rules import METRIC
from fairway.finding import Finding, Fix
from fairway.source.layers import Merged
from fairway.spec.nearest import nearest
from fairway.spec.units import Duration, Percentage

if TYPE_CHECKING:
    from fairway.spec.model import Evidence, EvidenceMetric

Bound = float | Percentage | Duration


class Threshold(NamedTuple):
    """One bound: ``value`` is in the metric's own unit, milliseconds for latencies.

    ``position`` is the metric's place in ``evidence.metrics``; ``by`` is the column whose worst
    group is bounded, None for all rows together; ``shown`` is the bound as the spec writes it.
    """

    position: int
    metric: str
    positive: str | int | None
    by: str | None
    sign: Literal[">=", "<="]
    value: float
    shown: str

    @property
    def name(self) -> str:
        """The threshold in words that stay the same: ``recall (positive 0) by sex >= 0.7``."""
        positive = "" if self.positive is None else f" (positive {self.positive})"
        group = "" if self.by is None else f" by {self.by}"
        return f"{self.metric}{positive}{group} {self.sign} {self.shown}"

    @property
    def measured(self) -> bool:
        """Whether the value is a time, which differs from run to run."""
        return self.metric in LATENCIES


class Judged(NamedTuple):
    """A threshold and what was found: no ``value`` means that there is nothing to judge by.

    ``group`` is the worst group of a slice; ``why`` says what is missing where there is no value.
    """

    threshold: Threshold
    value: float | None
    low: float | None = None
    high: float | None = None
    group: str | None = None
    why: str = ""

    @property
    def passed(self) -> bool:
        """Whether the value keeps the bound."""
        if self.value is None:
            return False
        at_least = self.threshold.sign == ">="
        bound = self.threshold.value
        return self.value >= bound if at_least else self.value <= bound


def thresholds_of(evidence: Evidence) -> Iterator[Threshold]:
    """Yield every bound of a spec's metrics, in its order; faulty metrics have none."""
    for index, metric in enumerate(evidence.metrics):
        if next(_faults(metric), None) is not None:
            continue
        kind = METRICS.get(metric.name)
        for sign, bound in ((">=", metric.min), ("<=", metric.max)):
            if bound is not None:
                yield _threshold(index, metric, None, sign, bound)
        if metric.slice is not None and kind is not None:
            sign = ">=" if kind.greater_is_better else "<="
            yield _threshold(index, metric, metric.slice.by, sign, metric.slice.worst)


def check_metrics(evidence: Evidence, merged: Merged) -> list[Finding]:
    """Return a finding for every metric that is not known or whose bounds cannot be its own."""
    findings: list[Finding] = []
    for index, metric in enumerate(evidence.metrics):
        for key, message, fix in _faults(metric):
            route = ("evidence", "metrics", index, *((key,) if key else ()))
            findings.append(METRIC(message, merged.locate(route), fix=fix))
    return findings


def judge(threshold: Threshold, report: Mapping[str, Any]) -> Judged:
    """Return what a report says of a threshold.

    Raises ``KeyError`` or ``TypeError`` for a report that is not of version 1.
    """
    if threshold.measured:
        value = report["measured"]["latency"][LATENCIES[threshold.metric]]
        return Judged(threshold, float(value))
    key = (threshold.metric, threshold.positive)
    if threshold.by is None:
        for entry in report["metrics"]:
            if (entry["name"], entry["positive"]) == key:
                return _judged(threshold, entry)
        return Judged(threshold, None, why="the report does not have it")
    for entry in report["slices"]:
        if (entry["metric"], entry["positive"], entry["column"]) == (*key, threshold.by):
            return _worst(threshold, entry["groups"])
    return Judged(threshold, None, why=f"the report has no groups by {threshold.by}")


def said(found: Judged) -> str:
    """Say what a threshold found: the value, its interval and the bound."""
    threshold = found.threshold
    where = f" where {threshold.by} is {found.group}" if found.group is not None else ""
    if found.value is None:
        return f"{threshold.metric}{where} has no value: {found.why}"
    value = f"{shown(found.value)} ms" if threshold.measured else shown(found.value)
    low, high = found.low, found.high
    interval = ""
    if low is not None and high is not None:
        interval = f" (95 % interval {shown(low)} to {shown(high)})"
    at = "at least" if threshold.sign == ">=" else "at most"
    return f"{threshold.metric}{where} is {value}{interval}, and must be {at} {threshold.shown}"


def shown(value: float) -> str:
    """Return a number for people, with four significant digits."""
    return f"{value:.4g}" if abs(value) < 1e6 else f"{value:.3e}"


def _judged(threshold: Threshold, entry: Mapping[str, Any], group: str | None = None) -> Judged:
    if entry["value"] is None:
        return Judged(threshold, None, group=group, why=str(entry["why"]))
    interval = entry["interval"] or {"low": None, "high": None}
    return Judged(threshold, float(entry["value"]), interval["low"], interval["high"], group=group)


def _worst(threshold: Threshold, groups: list[Mapping[str, Any]]) -> Judged:
    deciding = [group for group in groups if group["decides"] and group["value"] is not None]
    if not deciding:
        return Judged(threshold, None, why="no group has enough rows to decide")
    pick = min if threshold.sign == ">=" else max
    worst = pick(deciding, key=lambda group: float(group["value"]))
    return _judged(threshold, worst, str(worst["group"]))


def _threshold(
    index: int, metric: EvidenceMetric, by: str | None, sign: Any, bound: Bound
) -> Threshold:
    if isinstance(bound, Duration):
        value, shown = float(bound.milliseconds), str(bound)
    elif isinstance(bound, Percentage):
        value, shown = bound.ratio, str(bound)
    else:
        value, shown = float(bound), f"{bound:g}"
    return Threshold(index, metric.name, metric.positive, by, sign, value, shown)


def _faults(metric: EvidenceMetric) -> Iterator[tuple[str, str, Fix | None]]:
    """Yield what is wrong with a metric: the key, the message and the fix."""
    kind = METRICS.get(metric.name)
    latency = metric.name in LATENCIES
    if kind is None and not latency:
        close = nearest(metric.name.removeprefix("neg_"), (*METRICS, *LATENCIES))
        known = f"{', '.join(USUAL_NAMES)}, …"
        message = f"there is no metric {metric.name[:80]}; there are {known}"
        yield "name", message, Fix(f"write {close}", close) if close else None
        return
    given = {
        "min": metric.min,
        "max": metric.max,
        "slice": metric.slice.worst if metric.slice is not None else None,
    }
    if all(bound is None for bound in given.values()):
        yield "", f"{metric.name} has no bound", Fix("give min, max or slice")
    for key, bound in given.items():
        if bound is not None and isinstance(bound, Duration) is not latency:
            form = "a duration such as 50ms" if latency else "a number or a percentage"
            yield key, f"the bound of {metric.name} is {form}", None
    if latency and metric.slice is not None:
        yield "slice", "latency is measured on single rows, and has no groups", Fix("remove it")
    if metric.positive is not None and (kind is None or not kind.binary):
        yield "positive", f"{metric.name} has no positive class", Fix("remove it")


USUAL_NAMES = ("accuracy", "roc_auc", "recall", "f1_macro", "log_loss", "r2", "latency-p95")
