"""Metrics of a sample, by scikit-learn; the names are those of the catalogue."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn import metrics as sk  # type: ignore[import-untyped,import-not-found,unused-ignore]

from fairway.evidence.catalogue import METRICS
from fairway.evidence.measure.sample import Sample, class_name


class UndefinedMetricError(Exception):
    """A metric has no value on these rows; the message says why."""


class Metric(NamedTuple):
    """A metric as a spec names it: ``positive`` is its positive class, where it has one."""

    name: str
    positive: str | int | None = None

    @property
    def greater_is_better(self) -> bool:
        """Whether more is better."""
        return METRICS[self.name].greater_is_better

    def check(self, sample: Sample) -> str | None:
        """Say why the metric cannot be of such data at all, None when it can."""
        kind = METRICS[self.name]
        if kind.task != sample.task:
            return f"{self.name} is of {kind.task}, and the other metrics are of {sample.task}"
        if self.positive is not None and class_name(self.positive) not in sample.classes:
            return f"{self.positive} is not a class of the target: {', '.join(sample.classes[:12])}"
        if kind.binary and self.positive is None and len(sample.classes) != 2:
            return (
                f"{self.name} is of two classes, and the target has {len(sample.classes)}: name"
                f" the positive one, or use {_several(self.name)}"
            )
        if kind.scores and sample.scores is None:
            return f"{self.name} needs scores: {sample.no_scores}"
        return None

    def column(self, sample: Sample) -> int:
        """Return the index of the positive class: the last of two unless one is named."""
        if self.positive is None:
            return len(sample.classes) - 1
        return sample.classes.index(class_name(self.positive))

    def value(self, sample: Sample) -> float:
        """Return scikit-learn's value. Raises ``UndefinedMetricError`` where there is none."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                value = float(_FUNCTIONS[self.name](self, sample))
            except ValueError as error:
                raise UndefinedMetricError(str(error).partition("\n")[0][:200]) from error
        if not math.isfinite(value):
            raise UndefinedMetricError(_UNDEFINED.get(self.name, "it has no value on these rows"))
        return value


def _several(name: str) -> str:
    """Return the form of a metric for more than two classes."""
    several = {"roc_auc": "roc_auc_ovr", "average_precision": "f1_macro", "brier_score": "log_loss"}
    return several.get(name, f"{name}_macro")


_UNDEFINED: Mapping[str, str] = {
    "roc_auc": "all rows are of one class",
    "average_precision": "no row is of the positive class",
    "recall": "no row is of the positive class",
    "precision": "no row is predicted to be of the positive class",
    "f1": "no row is, or is predicted to be, of the positive class",
    "r2": "the target is the same in all rows",
    "explained_variance": "the target is the same in all rows",
}

_Function = Callable[[Metric, Sample], Any]


def _labels(function: Callable[..., Any], metric: Metric, sample: Sample) -> Any:
    del metric
    return function(sample.truth, sample.predicted)


def _binary(function: Callable[..., Any], metric: Metric, sample: Sample) -> Any:
    positive = metric.column(sample)
    # NaN where there is nothing to divide by, instead of 0 and a warning.
    return function(sample.truth == positive, sample.predicted == positive, zero_division=np.nan)


def _averaged(function: Callable[..., Any], average: str, metric: Metric, sample: Sample) -> Any:
    del metric
    return function(sample.truth, sample.predicted, average=average, zero_division=0.0)


def _explained(function: Callable[..., Any], metric: Metric, sample: Sample) -> Any:
    del metric
    # Of a target that is the same in all rows nothing is explained: not 0, and not 1.
    return function(sample.truth, sample.predicted, force_finite=False)


def _jaccard(metric: Metric, sample: Sample) -> Any:
    positive = metric.column(sample)
    truth, said = sample.truth == positive, sample.predicted == positive
    return sk.jaccard_score(truth, said) if (truth | said).any() else math.nan


def _scored(function: Callable[..., Any], metric: Metric, sample: Sample) -> Any:
    positive = metric.column(sample)
    truth = sample.truth == positive
    if not truth.any():
        return math.nan
    return function(truth, _scores(sample)[:, positive])


def _roc_auc(metric: Metric, sample: Sample) -> Any:
    positive = sample.truth == metric.column(sample)
    return math.nan if positive.all() else _scored(sk.roc_auc_score, metric, sample)


def _ovr(average: str, metric: Metric, sample: Sample) -> Any:
    del metric
    classes = np.arange(len(sample.classes))
    scores = _scores(sample)
    if len(classes) == 2:
        return sk.roc_auc_score(sample.truth, scores[:, 1])
    # One against the rest, class by class: scikit-learn's own form wants rows that sum to one.
    values = [sk.roc_auc_score(sample.truth == each, scores[:, each]) for each in classes]
    weights = [float((sample.truth == each).mean()) for each in classes]
    return np.average(values, weights=weights if average == "weighted" else None)


def _log_loss(metric: Metric, sample: Sample) -> Any:
    del metric
    return sk.log_loss(sample.truth, _scores(sample), labels=np.arange(len(sample.classes)))


def _brier(metric: Metric, sample: Sample) -> Any:
    positive = metric.column(sample)
    probabilities = _scores(sample)[:, positive]
    if probabilities.min() < 0.0 or probabilities.max() > 1.0:
        raise ValueError("the scores are not probabilities from 0 to 1")
    return np.mean((probabilities - (sample.truth == positive)) ** 2)


def _scores(sample: Sample) -> Any:
    if sample.scores is None:
        raise ValueError(sample.no_scores)
    return sample.scores


_FUNCTIONS: Mapping[str, _Function] = {
    "accuracy": partial(_labels, sk.accuracy_score),
    "balanced_accuracy": partial(_labels, sk.balanced_accuracy_score),
    "precision": partial(_binary, sk.precision_score),
    "recall": partial(_binary, sk.recall_score),
    "f1": partial(_binary, sk.f1_score),
    "jaccard": _jaccard,
    **{
        f"{name}_{average}": partial(_averaged, function, average)
        for name, function in (
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
            ("f1", sk.f1_score),
            ("jaccard", sk.jaccard_score),
        )
        for average in ("macro", "micro", "weighted")
    },
    "matthews_corrcoef": partial(_labels, sk.matthews_corrcoef),
    "cohen_kappa": partial(_labels, sk.cohen_kappa_score),
    "roc_auc": _roc_auc,
    "roc_auc_ovr": partial(_ovr, "macro"),
    "roc_auc_ovr_weighted": partial(_ovr, "weighted"),
    "average_precision": partial(_scored, sk.average_precision_score),
    "log_loss": _log_loss,
    "brier_score": _brier,
    "r2": partial(_explained, sk.r2_score),
    "explained_variance": partial(_explained, sk.explained_variance_score),
    "mean_absolute_error": partial(_labels, sk.mean_absolute_error),
    "mean_squared_error": partial(_labels, sk.mean_squared_error),
    "root_mean_squared_error": partial(_labels, sk.root_mean_squared_error),
    "median_absolute_error": partial(_labels, sk.median_absolute_error),
    "max_error": partial(_labels, sk.max_error),
    "mean_absolute_percentage_error": partial(_labels, sk.mean_absolute_percentage_error),
}
"""Every metric of the catalogue."""
