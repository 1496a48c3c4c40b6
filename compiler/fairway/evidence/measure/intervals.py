"""Bootstrap intervals: how far a metric could be off because the held-out rows are only a sample.

Percentile bootstrap (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, section 13.3):
rows are drawn with replacement, the metric is computed again, and the interval holds the middle
95 % of the values. It is widened to the estimate itself where that lies outside, as the estimate
of a bounded metric can. The draws are seeded by digests, so that equal inputs give equal numbers.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fairway.evidence.measure.forms import FORMS
from fairway.evidence.measure.metrics import Metric, UndefinedMetricError
from fairway.evidence.measure.sample import Floats, Sample

LEVEL: Final = 0.95
RESAMPLES: Final = 1000
_FEWEST: Final = 100
_DRAWS: Final = 50_000_000  # rows drawn in all: a second or so; larger data need fewer resamples
_CELLS: Final = 4_000_000  # counts held at once, 32 MB
_ONE_BY_ONE: Final = 200  # resamples of a metric that has no form


class Interval(NamedTuple):
    """The middle 95 % of ``resamples`` values."""

    low: float
    high: float
    resamples: int


class Measured(NamedTuple):
    """A metric's value with its interval; without a value, ``why`` says why there is none."""

    value: float | None
    interval: Interval | None = None
    why: str = ""


def seed_of(*parts: str) -> int:
    """Return a seed that follows from texts, such as digests, alone."""
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:8], "big")


def measure(metric: Metric, sample: Sample, seed: int) -> Measured:
    """Return a metric's value on a sample with its interval."""
    try:
        value = metric.value(sample)
    except UndefinedMetricError as error:
        return Measured(None, why=str(error))
    return Measured(value, _interval(_resampled(metric, (sample,), seed)[0], value))


def difference(metric: Metric, sample: Sample, other: Sample, seed: int) -> Measured:
    """Return how much more a metric is on ``sample`` than on ``other``, of the same rows.

    Both are resampled together: what makes some rows hard is then no part of the interval.
    """
    try:
        value = metric.value(sample) - metric.value(other)
    except UndefinedMetricError as error:
        return Measured(None, why=str(error))
    here, there = _resampled(metric, (sample, other), seed)
    return Measured(value, _interval(here - there, value))


def _interval(values: Floats, value: float) -> Interval | None:
    defined = values[np.isfinite(values)]
    if len(defined) < len(values) / 2:
        return None
    low, high = np.percentile(defined, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(min(float(low), value), max(float(high), value), len(defined))


def _resampled(metric: Metric, samples: Sequence[Sample], seed: int) -> list[Floats]:
    rows = len(samples[0])
    wanted = max(_FEWEST, min(RESAMPLES, _DRAWS // rows))
    form = FORMS.get(metric.name)
    exact = form is not None and all(_is_exact(metric, sample) for sample in samples)
    if not exact:
        wanted = min(wanted, _ONE_BY_ONE)
    values: list[list[Floats]] = [[] for _ in samples]
    for drawn in _draws(rows, wanted, seed):
        counts = np.stack([np.bincount(each, minlength=rows) for each in drawn]).astype(np.float64)
        for into, sample in zip(values, samples, strict=True):
            if exact and form is not None:
                with np.errstate(all="ignore"):
                    into.append(form(metric, sample, counts))
            else:
                into.append(np.array([_value(metric, sample.take(each)) for each in drawn]))
    return [np.concatenate(each) for each in values]


def _draws(rows: int, wanted: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield row numbers [some resamples, rows]; the order does not depend on the block's size."""
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // rows)
    for start in range(0, wanted, block):
        yield generator.integers(0, rows, size=(min(block, wanted - start), rows))


def _is_exact(metric: Metric, sample: Sample) -> bool:
    """Whether the form gives scikit-learn's value for the sample as it is."""
    with np.errstate(all="ignore"):
        found = float(FORMS[metric.name](metric, sample, np.ones((1, len(sample))))[0])
    return math.isclose(found, _value(metric, sample), rel_tol=1e-9, abs_tol=1e-12)


def _value(metric: Metric, sample: Sample) -> float:
    try:
        return metric.value(sample)
    except UndefinedMetricError:
        return math.nan


def mean(values: Floats, seed: int) -> Measured:
    """Return the mean of one number a row with its interval."""
    rows = len(values)
    wanted = max(_FEWEST, min(RESAMPLES, _DRAWS // rows))
    means = [values[drawn].mean(axis=1) for drawn in _draws(rows, wanted, seed)]
    found = float(values.mean())
    return Measured(found, _interval(np.concatenate(means), found))
