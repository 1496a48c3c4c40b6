"""Comparing a version with the stable one on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fairway.evidence.measure.intervals import Measured, difference, mean
from fairway.evidence.measure.metrics import Metric
from fairway.evidence.measure.numbers import entry
from fairway.evidence.measure.sample import Sample


def compare(metrics: Sequence[Metric], sample: Sample, stable: Sample, seed: int) -> dict[str, Any]:
    """Return how far two versions answer differently, and how much better each metric is.

    ``disagreement`` is the share of rows with another label, or the mean absolute difference of
    two numbers. A metric is ``worse`` when the whole interval of its difference is on that side.
    """
    compared: dict[str, Any] = {"disagreement": entry(mean(_apart(sample, stable), seed))}
    compared["metrics"] = [_compared(metric, sample, stable, seed) for metric in metrics]
    return compared


def _apart(sample: Sample, stable: Sample) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if sample.task == "regression":
        return np.abs(sample.predicted - stable.predicted).astype(np.float64)
    here = np.array(sample.classes, dtype=object)[sample.predicted.astype(np.intp)]
    there = np.array(stable.classes, dtype=object)[stable.predicted.astype(np.intp)]
    return np.asarray(here != there).astype(np.float64)


def _compared(metric: Metric, sample: Sample, stable: Sample, seed: int) -> dict[str, Any]:
    why = metric.check(sample) or metric.check(stable)
    found = Measured(None, why=why) if why else difference(metric, sample, stable, seed)
    return {
        "name": metric.name,
        "positive": metric.positive,
        **entry(found),
        "verdict": _verdict(metric, found),
    }


def _verdict(metric: Metric, found: Measured) -> str:
    if found.interval is None:
        return "unknown"
    low, high = found.interval.low, found.interval.high
    if low <= 0.0 <= high:
        return "no difference shown"
    return "better" if (low > 0.0) is metric.greater_is_better else "worse"
