"""The metrics that a spec may name: what each needs, and which direction is better.

The names are scikit-learn's, of its scorers (without ``neg_``: a loss is bounded by ``max``) or,
where there is no scorer, of its functions. Source: scikit-learn 1.9, "The scoring parameter".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Task: TypeAlias = Literal["classification", "regression"]


class MetricKind(NamedTuple):
    """What a metric is of.

    ``scores`` says that it needs probabilities or scores, not only labels; ``binary`` that it has
    one class that counts as positive.
    """

    task: Task
    greater_is_better: bool = True
    scores: bool = False
    binary: bool = False


_LABELS = MetricKind("classification")
_BINARY = MetricKind("classification", binary=True)
_AVERAGED = ("precision", "recall", "f1", "jaccard")
_LOSS = MetricKind("regression", greater_is_better=False)

METRICS: Mapping[str, MetricKind] = {
    "accuracy": _LABELS,
    "balanced_accuracy": _LABELS,
    **dict.fromkeys(_AVERAGED, _BINARY),
    **{f"{name}_{how}": _LABELS for name in _AVERAGED for how in ("macro", "micro", "weighted")},
    "matthews_corrcoef": _LABELS,
    "cohen_kappa": _LABELS,
    "roc_auc": MetricKind("classification", scores=True, binary=True),
    "roc_auc_ovr": MetricKind("classification", scores=True),
    "roc_auc_ovr_weighted": MetricKind("classification", scores=True),
    "average_precision": MetricKind("classification", scores=True, binary=True),
    "log_loss": MetricKind("classification", greater_is_better=False, scores=True),
    "brier_score": MetricKind("classification", greater_is_better=False, scores=True, binary=True),
    "r2": MetricKind("regression"),
    "explained_variance": MetricKind("regression"),
    "mean_absolute_error": _LOSS,
    "mean_squared_error": _LOSS,
    "root_mean_squared_error": _LOSS,
    "median_absolute_error": _LOSS,
    "max_error": _LOSS,
    "mean_absolute_percentage_error": _LOSS,
}
"""Every metric by its name."""

LATENCIES: Mapping[str, str] = {f"latency-{p}": p for p in ("p50", "p95", "p99")}
"""The percentiles of a single row's latency, by the name that a spec gives them."""

USUAL: Mapping[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "balanced_accuracy", "f1_macro", "log_loss"),
    "regression": ("r2", "mean_absolute_error", "root_mean_squared_error", "max_error"),
}
"""What a report shows besides the metrics that the spec bounds."""
