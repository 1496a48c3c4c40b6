"""Metrics are scikit-learn's, and their intervals follow from the rows alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from fairway.evidence.catalogue import METRICS
from fairway.evidence.measure.forms import FORMS
from fairway.evidence.measure.intervals import difference, measure
from fairway.evidence.measure.metrics import Metric, UndefinedMetricError
from fairway.evidence.measure.sample import Sample

CLASSIFICATION = [name for name, kind in METRICS.items() if kind.task == "classification"]
REGRESSION = [name for name, kind in METRICS.items() if kind.task == "regression"]


def classified(rows: int = 400, classes: int = 2, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, rows)
    raw = random.random((rows, classes)) + 0.7 * np.eye(classes)[truth]
    # In hundredths, so that some rows have equal scores.
    scores = np.maximum((raw / raw.sum(axis=1, keepdims=True)).round(2), 0.01)
    scores /= scores.sum(axis=1, keepdims=True)
    names = tuple(str(each) for each in range(classes))
    return Sample("classification", truth, scores.argmax(axis=1), names, scores)


def regressed(rows: int = 400, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    truth = random.normal(100, 20, rows)
    return Sample("regression", truth, truth + random.normal(0, 9, rows))


def oracle(name: str, sample: Sample) -> float:
    """scikit-learn, called as its documentation says, by the scorer's or the function's name."""
    truth, said, scores = sample.truth, sample.predicted, sample.scores
    kind, _, average = name.rpartition("_")
    if kind in ("precision", "recall", "f1", "jaccard"):
        return float(getattr(sk, f"{kind}_score")(truth, said, average=average))
    if name == "log_loss":
        return float(sk.log_loss(truth, scores))
    if name.startswith("roc_auc_ovr"):
        how = "weighted" if name.endswith("weighted") else "macro"
        binary = len(sample.classes) == 2
        probabilities = scores[:, 1] if binary else scores
        more = {} if binary else {"multi_class": "ovr", "average": how}
        return float(sk.roc_auc_score(truth, probabilities, **more))
    if name in ("roc_auc", "average_precision"):
        return float(getattr(sk, f"{name}_score")(truth, scores[:, 1]))
    if name == "brier_score":
        return float(sk.brier_score_loss(truth, scores[:, 1]))
    for suffix in ("", "_score"):
        if hasattr(sk, name + suffix):
            return float(getattr(sk, name + suffix)(truth, said))
    raise AssertionError(name)


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_metrics_of_two_classes(name: str) -> None:
    sample = classified()
    assert Metric(name).check(sample) is None
    assert Metric(name).value(sample) == pytest.approx(oracle(name, sample), abs=1e-12)


@pytest.mark.parametrize("name", [each for each in CLASSIFICATION if not METRICS[each].binary])
def test_metrics_of_five_classes(name: str) -> None:
    sample = classified(classes=5)
    assert Metric(name).value(sample) == pytest.approx(oracle(name, sample), abs=1e-12)


@pytest.mark.parametrize("name", REGRESSION)
def test_metrics_of_numbers(name: str) -> None:
    sample = regressed()
    assert Metric(name).value(sample) == pytest.approx(oracle(name, sample), abs=1e-12)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_forms_give_what_scikit_learn_gives_on_each_resample(name: str) -> None:
    if METRICS[name].task == "regression":
        samples = [regressed(60)]
    else:
        samples = [classified(60), *([] if METRICS[name].binary else [classified(60, 4)])]
    for sample in samples:
        metric = Metric(name)
        drawn = np.random.default_rng(1).integers(0, 60, (20, 60))
        counts = np.stack([np.bincount(each, minlength=60) for each in drawn]).astype(float)
        with np.errstate(all="ignore"):
            found = FORMS[name](metric, sample, counts)
        expected = [metric.value(sample.take(each)) for each in drawn]
        assert found.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_positive_class_is_chosen() -> None:
    sample = classified(classes=3)
    one = Metric("recall", 1).value(sample)
    assert one == pytest.approx(sk.recall_score(sample.truth == 1, sample.predicted == 1))
    assert Metric("recall", "1").value(sample) == one
    assert Metric("recall", 7).check(sample) == "7 is not a class of the target: 0, 1, 2"
    assert "name the positive one, or use recall_macro" in str(Metric("recall").check(sample))
    assert "and the other metrics are of classification" in str(Metric("r2").check(sample))


def test_what_is_undefined_says_so() -> None:
    sample = classified(50)
    none = sample.take(sample.truth == 0)
    for name in ("roc_auc", "recall", "average_precision"):
        found = measure(Metric(name), none, 1)
        assert found.value is None
        assert "class" in found.why
    with pytest.raises(UndefinedMetricError, match="same in all rows"):
        Metric("r2").value(Sample("regression", np.ones(4), np.arange(4.0)))


def test_a_metric_without_a_form_has_an_interval_too() -> None:
    found = measure(Metric("matthews_corrcoef"), classified(), 5)
    assert found.value is not None
    assert found.interval is not None
    assert found.interval.resamples == 200
    assert found.interval.low < found.value < found.interval.high


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    # Accuracy of a fair coin that agrees with 80 %: the interval should hold 0.8 in 95 %.
    random = np.random.default_rng(11)
    hits = 0
    for seed in range(200):
        truth = random.integers(0, 2, 150)
        said = np.where(random.random(150) < 0.8, truth, 1 - truth)
        found = measure(Metric("accuracy"), Sample("classification", truth, said, ("0", "1")), seed)
        assert found.interval is not None
        hits += found.interval.low <= 0.8 <= found.interval.high
    assert 0.89 <= hits / 200 <= 0.99


def test_seeds_decide_the_interval_and_pairs_share_their_rows() -> None:
    sample, metric = classified(), Metric("accuracy")
    assert measure(metric, sample, 1) == measure(metric, sample, 1)
    assert measure(metric, sample, 1) != measure(metric, sample, 2)
    same = difference(metric, sample, sample, 3)
    assert same.value == 0.0
    assert same.interval is not None
    assert (same.interval.low, same.interval.high) == (0.0, 0.0)


finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@settings(max_examples=60)
@given(
    st.integers(2, 40).flatmap(
        lambda rows: st.tuples(
            hnp.arrays(np.float64, rows, elements=finite),
            hnp.arrays(np.float64, rows, elements=finite),
        )
    ),
    st.sampled_from(REGRESSION),
    st.integers(0, 2**32),
)
def test_an_interval_of_numbers_holds_its_estimate(
    pair: tuple[np.ndarray, np.ndarray], name: str, seed: int
) -> None:
    found = measure(Metric(name), Sample("regression", *pair), seed)
    if found.interval is not None and found.value is not None:
        assert found.interval.low <= found.value <= found.interval.high
        assert math.isfinite(found.interval.low)
        assert math.isfinite(found.interval.high)


@settings(max_examples=60)
@given(
    st.integers(2, 40).flatmap(
        lambda rows: st.tuples(
            hnp.arrays(np.intp, rows, elements=st.integers(0, 2)),
            hnp.arrays(np.intp, rows, elements=st.integers(0, 2)),
        )
    ),
    st.sampled_from([each for each in CLASSIFICATION if not METRICS[each].scores]),
    st.integers(0, 2**32),
)
def test_an_interval_of_classes_holds_its_estimate(
    pair: tuple[np.ndarray, np.ndarray], name: str, seed: int
) -> None:
    metric = Metric(name, 1 if METRICS[name].binary else None)
    found = measure(metric, Sample("classification", *pair, ("0", "1", "2")), seed)
    if found.interval is not None and found.value is not None:
        assert found.interval.low <= found.value <= found.interval.high
