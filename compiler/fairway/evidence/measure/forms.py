"""Metrics as functions of row counts: many resamples at once, where scikit-learn takes one.

A resample of n rows is the number of times that each row is in it. Most metrics are ratios of sums
over rows, or of areas over rows in the order of their scores, so a matrix of counts gives all
resamples in a few products. scikit-learn stays the authority: a form is used only when it gives
scikit-learn's value for the sample itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from fairway.evidence.measure.metrics import Metric
from fairway.evidence.measure.sample import Floats, Sample

Form = Callable[[Metric, Sample, Floats], Floats]
"""From counts [resamples, rows] to values [resamples]; NaN where the metric is undefined."""


def _confusion(sample: Sample, counts: Floats) -> Floats:
    """Return confusion matrices [resamples, classes of truth, classes predicted]."""
    size = len(sample.classes)
    cells = np.zeros((len(sample), size * size))
    cells[np.arange(len(sample)), sample.truth.astype(np.intp) * size + sample.predicted] = 1.0
    matrices: Floats = np.asarray(counts @ cells).reshape(-1, size, size)
    return matrices


def _accuracy(metric: Metric, sample: Sample, counts: Floats) -> Floats:
    del metric
    return np.asarray(counts @ (sample.truth == sample.predicted) / counts.sum(axis=1))


def _balanced(metric: Metric, sample: Sample, counts: Floats) -> Floats:
    del metric
    matrix = _confusion(sample, counts)
    recall = np.diagonal(matrix, axis1=1, axis2=2) / matrix.sum(axis=2)
    return np.asarray(np.nanmean(recall, axis=1))


def _parts(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """Return true positives, false positives and false negatives, each [resamples, classes]."""
    hits = np.diagonal(matrix, axis1=1, axis2=2)
    return hits, matrix.sum(axis=1) - hits, matrix.sum(axis=2) - hits


def _ratio(kind: str, hits: Floats, wrong: Floats, missed: Floats) -> Floats:
    below = {
        "precision": hits + wrong,
        "recall": hits + missed,
        "f1": hits + (wrong + missed) / 2,
        "jaccard": hits + wrong + missed,
    }[kind]
    return np.asarray(hits / below)


def _binary(kind: str, metric: Metric, sample: Sample, counts: Floats) -> Floats:
    at = metric.column(sample)
    parts = _parts(_confusion(sample, counts))
    return _ratio(kind, *(part[:, at] for part in parts))


def _averaged(kind: str, average: str, metric: Metric, sample: Sample, counts: Floats) -> Floats:
    del metric
    hits, wrong, missed = _parts(_confusion(sample, counts))
    if average == "micro":
        return _ratio(kind, hits.sum(axis=1), wrong.sum(axis=1), missed.sum(axis=1))
    each = np.nan_to_num(_ratio(kind, hits, wrong, missed))
    support = hits + missed
    weights = support if average == "weighted" else (support + wrong > 0).astype(np.float64)
    return np.asarray((each * weights).sum(axis=1) / weights.sum(axis=1))


def _areas(truth: Floats, scores: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return positives and negatives at or above each distinct score, each [resamples, scores]."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    ordered = counts[:, order]
    above, below = ordered * truth[order], ordered * (1 - truth[order])
    return np.cumsum(above, axis=1)[:, last], np.cumsum(below, axis=1)[:, last]


def _auc(truth: Floats, scores: Floats, counts: Floats) -> Floats:
    above, below = _areas(truth, scores, counts)
    zero = np.zeros((len(counts), 1))
    true, false = np.hstack([zero, above]), np.hstack([zero, below])
    area = (np.diff(false, axis=1) * (true[:, 1:] + true[:, :-1]) / 2).sum(axis=1)
    return np.asarray(area / (true[:, -1] * false[:, -1]))


def _roc_auc(metric: Metric, sample: Sample, counts: Floats) -> Floats:
    at = metric.column(sample)
    return _auc((sample.truth == at).astype(np.float64), _scores(sample)[:, at], counts)


def _ovr(weighted: bool, metric: Metric, sample: Sample, counts: Floats) -> Floats:
    del metric
    classes = range(len(sample.classes)) if len(sample.classes) != 2 else range(1, 2)
    truths = [(sample.truth == each).astype(np.float64) for each in classes]
    values = [
        _auc(truth, _scores(sample)[:, each], counts)
        for truth, each in zip(truths, classes, strict=True)
    ]
    if not weighted:
        return np.asarray(np.mean(values, axis=0))
    weights = np.array([counts @ truth for truth in truths])
    return np.asarray((np.array(values) * weights).sum(axis=0) / weights.sum(axis=0))


def _average_precision(metric: Metric, sample: Sample, counts: Floats) -> Floats:
    at = metric.column(sample)
    above, below = _areas((sample.truth == at).astype(np.float64), _scores(sample)[:, at], counts)
    precision = np.nan_to_num(above / (above + below))
    steps = np.diff(above, axis=1, prepend=0.0)
    return np.asarray((steps * precision).sum(axis=1) / above[:, -1])


def _mean(loss: Callable[[Metric, Sample], Floats], metric: Metric, sample: Sample,
          counts: Floats) -> Floats:  # fmt: skip
    return np.asarray(counts @ loss(metric, sample) / counts.sum(axis=1))


def _log_losses(metric: Metric, sample: Sample) -> Floats:
    del metric
    scores = _scores(sample)
    tiny = float(np.finfo(scores.dtype).eps)
    scores = np.clip(scores, tiny, 1 - tiny)
    scores = scores / scores.sum(axis=1, keepdims=True)
    return np.asarray(-np.log(scores[np.arange(len(sample)), sample.truth.astype(np.intp)]))


def _brier_losses(metric: Metric, sample: Sample) -> Floats:
    at = metric.column(sample)
    return np.asarray((_scores(sample)[:, at] - (sample.truth == at)) ** 2)


def _errors(sample: Sample) -> Floats:
    return np.asarray(np.abs(sample.truth - sample.predicted), dtype=np.float64)


def _root(metric: Metric, sample: Sample, counts: Floats) -> Floats:
    return np.asarray(np.sqrt(_mean(lambda _, s: _errors(s) ** 2, metric, sample, counts)))


def _explained(centred: bool, metric: Metric, sample: Sample, counts: Floats) -> Floats:
    del metric
    total = counts.sum(axis=1)
    # Around the mean of all rows: the difference of two large sums would lose digits.
    truth = sample.truth - sample.truth.mean()
    error = sample.truth - sample.predicted
    unexplained = counts @ error**2
    if centred:
        unexplained = unexplained - (counts @ error) ** 2 / total
    spread = counts @ truth**2 - (counts @ truth) ** 2 / total
    return np.asarray(1.0 - unexplained / np.where(spread > 0, spread, np.nan))


def _median(metric: Metric, sample: Sample, counts: Floats) -> Floats:
    del metric
    order = np.argsort(_errors(sample), kind="stable")
    errors = _errors(sample)[order]
    up_to = np.cumsum(counts[:, order], axis=1)
    total = up_to[:, -1:]
    # The two middle positions from 1, equal for an odd number of rows.
    low = (up_to < np.floor((total + 1) / 2)).sum(axis=1)
    high = (up_to < np.floor(total / 2) + 1).sum(axis=1)
    return np.asarray((errors[low] + errors[high]) / 2)


def _largest(metric: Metric, sample: Sample, counts: Floats) -> Floats:
    del metric
    return np.asarray(np.where(counts > 0, _errors(sample), -np.inf).max(axis=1))


def _relative(metric: Metric, sample: Sample) -> Floats:
    del metric
    smallest = float(np.finfo(np.float64).eps)
    return np.asarray(_errors(sample) / np.maximum(np.abs(sample.truth), smallest))


def _scores(sample: Sample) -> Floats:
    assert sample.scores is not None  # noqa: S101 - the metric was checked against the sample
    return sample.scores


FORMS: Mapping[str, Form] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced,
    **{kind: partial(_binary, kind) for kind in ("precision", "recall", "f1", "jaccard")},
    **{
        f"{kind}_{average}": partial(_averaged, kind, average)
        for kind in ("precision", "recall", "f1", "jaccard")
        for average in ("macro", "micro", "weighted")
    },
    "roc_auc": _roc_auc,
    "roc_auc_ovr": partial(_ovr, False),
    "roc_auc_ovr_weighted": partial(_ovr, True),
    "average_precision": _average_precision,
    "log_loss": partial(_mean, _log_losses),
    "brier_score": partial(_mean, _brier_losses),
    "r2": partial(_explained, False),
    "explained_variance": partial(_explained, True),
    "mean_absolute_error": partial(_mean, lambda _, sample: _errors(sample)),
    "mean_squared_error": partial(_mean, lambda _, sample: _errors(sample) ** 2),
    "root_mean_squared_error": _root,
    "median_absolute_error": _median,
    "max_error": _largest,
    "mean_absolute_percentage_error": partial(_mean, _relative),
}
"""The metrics that have a form; others are computed one resample at a time."""
