"""What the plots of a report show: curves and bins, from a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from sklearn.metrics import roc_curve  # type: ignore[import-untyped,import-not-found,unused-ignore]

from fairway.evidence.measure.sample import Floats, Sample

_POINTS: Final = 200
_BINS: Final = 10
_BARS: Final = 30

Point = tuple[float, float]


class Curves(NamedTuple):
    """Points for plots; what a task does not have is empty.

    ``roc`` are false and true positive rates by class; ``calibration`` predicted and observed
    shares with the number of rows; ``confusion`` counts [truth][predicted]; ``residuals`` the
    prediction and the truth; ``errors`` and ``latency`` histograms of (from, to, count).
    """

    roc: tuple[tuple[str, tuple[Point, ...]], ...] = ()
    calibration: tuple[tuple[float, float, int], ...] = ()
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    residuals: tuple[Point, ...] = ()
    errors: tuple[tuple[float, float, int], ...] = ()


def curves_of(sample: Sample, positive: int | None) -> Curves:
    """Return the plots of a sample; ``positive`` is the class of interest among two."""
    if sample.task == "regression":
        error = sample.predicted - sample.truth
        shown = np.unique(np.linspace(0, len(sample) - 1, 1000).astype(int))
        points = zip(sample.predicted[shown].tolist(), sample.truth[shown].tolist(), strict=True)
        return Curves(residuals=tuple(points), errors=histogram(error.astype(np.float64)))
    size = len(sample.classes)
    confusion = np.zeros((size, size), dtype=int)
    np.add.at(confusion, (sample.truth.astype(np.intp), sample.predicted.astype(np.intp)), 1)
    return Curves(
        roc=_roc(sample, positive),
        calibration=_calibration(sample, positive),
        classes=sample.classes,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )


def histogram(values: Floats, most: int = _BARS) -> tuple[tuple[float, float, int], ...]:
    """Return counts in bars of equal width; the tails, 0.5 %, are in the outer ones."""
    low, high = np.percentile(values, [0.5, 99.5])
    if low == high:
        high = low + 1.0
    counts, edges = np.histogram(np.clip(values, low, high), bins=most, range=(low, high))
    return tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True))


def _roc(sample: Sample, positive: int | None) -> tuple[tuple[str, tuple[Point, ...]], ...]:
    if sample.scores is None:
        return ()
    shown: Sequence[int] = range(len(sample.classes))
    if len(sample.classes) == 2:
        shown = (1 if positive is None else positive,)
    curves = []
    for each in shown:
        truth = sample.truth == each
        if truth.all() or not truth.any():
            continue
        false, true, _ = roc_curve(truth, sample.scores[:, each])
        kept = np.unique(np.linspace(0, len(false) - 1, _POINTS).astype(int))
        points = zip(false[kept].tolist(), true[kept].tolist(), strict=True)
        curves.append((sample.classes[each], tuple(points)))
    return tuple(curves)


def _calibration(sample: Sample, positive: int | None) -> tuple[tuple[float, float, int], ...]:
    """Return, in ten bins of equal width, the mean probability and how often it came true.

    With more than two classes the probability is that of the predicted class.
    """
    scores = sample.scores
    if scores is None or scores.min() < 0.0 or scores.max() > 1.0:
        return ()
    if len(sample.classes) == 2:
        at = 1 if positive is None else positive
        said, came = scores[:, at], sample.truth == at
    else:
        chosen = scores.argmax(axis=1)
        said, came = scores.max(axis=1), sample.truth == chosen
    bins = np.minimum((said * _BINS).astype(int), _BINS - 1)
    return tuple(
        (float(said[here].mean()), float(came[here].mean()), int(here.sum()))
        for here in (bins == each for each in range(_BINS))
        if here.any()
    )
