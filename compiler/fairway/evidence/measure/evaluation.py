"""Evaluating one version: its sample, every metric over all rows and in groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fairway.evidence.catalogue import LATENCIES, METRICS, USUAL
from fairway.evidence.measure.groups import Group, few_values, groups_of
from fairway.evidence.measure.holdout import Holdout, input_columns
from fairway.evidence.measure.intervals import Measured, measure
from fairway.evidence.measure.metrics import Metric
from fairway.evidence.measure.numbers import entry
from fairway.evidence.measure.sample import Sample
from fairway.evidence.thresholds import Threshold
from fairway.serve.contract import Contract

_MOST_COLUMNS = 12


class Evaluation(NamedTuple):
    """The numbers of one version: ``metrics`` over all rows, ``slices`` by column and metric."""

    metrics: list[dict[str, Any]]
    slices: list[dict[str, Any]]


def bounded_metrics(thresholds: Sequence[Threshold]) -> list[Metric]:
    """Return the metrics that a spec bounds, each once, in its order."""
    named = (Metric(each.metric, each.positive) for each in thresholds if not each.measured)
    return list(dict.fromkeys(named))


def all_metrics(thresholds: Sequence[Threshold], sample: Sample) -> list[Metric]:
    """Return the bounded metrics, then the usual ones that the sample can have."""
    bounded = bounded_metrics(thresholds)
    usual = [Metric(name) for name in USUAL[sample.task]]
    usual = [each for each in usual if each not in bounded and each.check(sample) is None]
    return bounded + usual


def evaluate(
    thresholds: Sequence[Threshold],
    holdout: Holdout,
    contract: Contract,
    sample: Sample,
    seed: int,
) -> Evaluation:
    """Return the numbers of a version; equal digests give an equal seed, and equal numbers."""
    metrics = [_entry(metric, sample, seed) for metric in all_metrics(thresholds, sample)]
    wanted = list(_slices(thresholds, holdout, contract))
    groups = {column: groups_of(holdout.table, column) for column, _ in wanted}
    slices = [
        {
            "column": column,
            "metric": metric.name,
            "positive": metric.positive,
            "groups": [_group(metric, group, sample, seed) for group in groups[column]],
        }
        for column, metric in wanted
    ]
    return Evaluation(metrics, slices)


def _entry(metric: Metric, sample: Sample, seed: int) -> dict[str, Any]:
    return {
        "name": metric.name,
        "positive": metric.positive,
        "greaterIsBetter": metric.greater_is_better,
        "rows": len(sample),
        **entry(measure(metric, sample, seed)),
    }


def _group(metric: Metric, group: Group, sample: Sample, seed: int) -> dict[str, Any]:
    part = sample.take(group.rows)
    found = measure(metric, part, seed) if len(part) else Measured(None, why="no rows")
    measured = entry(found)
    why = group.too_small or measured["why"]
    return {"group": group.name, "rows": group.size, **measured, "decides": not why, "why": why}


def _slices(
    thresholds: Sequence[Threshold], holdout: Holdout, contract: Contract
) -> Iterator[tuple[str, Metric]]:
    """Yield the bounded slices, then columns of few values with the first bounded metric."""
    seen: set[tuple[str, Metric]] = set()
    for each in thresholds:
        if each.by is not None:
            seen.add((each.by, Metric(each.metric, each.positive)))
            yield each.by, Metric(each.metric, each.positive)
    bounded = bounded_metrics(thresholds)
    if not bounded:
        return
    columns = {column for column, _ in seen}
    shown = [name for name in _groupable(holdout, contract) if name not in columns]
    for name in shown[:_MOST_COLUMNS]:
        yield name, bounded[0]


def _groupable(holdout: Holdout, contract: Contract) -> Iterator[str]:
    """Yield the contract's columns of categories, and columns that are no input, in file order."""
    inputs = {name for tensor in contract.inputs for name in input_columns(tensor)}
    categorical = {
        column.name
        for tensor in contract.inputs
        for column in tensor.columns or ()
        if column.categories is not None
    }
    for name in holdout.table.columns:
        kept = name in categorical or name not in inputs
        if name != holdout.target and kept and few_values(holdout.table, name):
            yield name


def names_of(thresholds: Sequence[Threshold]) -> list[str]:
    """Return the names of the metrics that are of predictions, not of time."""
    return [each.metric for each in thresholds if each.metric in METRICS
            and each.metric not in LATENCIES]  # fmt: skip
