"""What each deployment of the fleet is trained on, and how each of its versions is built.

The data are the real sets that ship with scikit-learn, but for the payments, which are synthetic.
Every draw and split has a fixed seed; hyperparameters were chosen by cross-validation on the
training rows, never on the held-out ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import payments
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_absolute_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, PolynomialFeatures, StandardScaler

Array = NDArray[np.float64]
Outputs = Mapping[str, NDArray[np.generic]]  # by the output names of the contract
Scores = Mapping[str, float]

SEED = 7
MALIGNANT = 0  # scikit-learn's encoding of the tumour set; 1 is benign
PAYMENTS = 6000
FRAUD_SHARE = 0.09  # of the payments in the set; of real ones it is a thousandth

# scikit-learn calls the blood serum columns s1 to s6; these names are from its description.
DIABETES_COLUMNS = {
    "age": "age",
    "sex": "sex",
    "bmi": "bmi",
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
}


@dataclass(frozen=True)
class Table:
    """A data set: `features` of shape (rows, columns) and `target` of shape (rows,)."""

    columns: tuple[str, ...]
    features: Array
    target: Array

    def rows(self, index: NDArray[np.int64]) -> "Table":
        """Take the given rows, in the order of the source, so that a split reads like it."""
        index = np.sort(index)
        return Table(self.columns, self.features[index], self.target[index])


@dataclass(frozen=True)
class Version:
    """One version of a deployment: the format of its file, and the pipeline before it is fitted."""

    format: str  # skops or onnx
    pipeline: Callable[[], Pipeline]


@dataclass(frozen=True)
class Recipe:
    """One deployment: its data, its split, its versions and the metrics that it is judged by."""

    name: str
    target: str  # the target's column in holdout.csv
    load: Callable[[], Table]
    holdout: float  # share of the rows that no version is trained on
    stratify: bool
    versions: Mapping[str, Version]
    score: Callable[[Array, Outputs], Scores]  # of the held-out targets and the answers

    def split(self) -> tuple[Table, Table]:
        """Give the training rows and the held-out rows."""
        table = self.load()
        train, test = train_test_split(
            np.arange(len(table.target)),
            test_size=self.holdout,
            stratify=table.target if self.stratify else None,
            random_state=SEED,
        )
        return table.rows(train), table.rows(test)


def tumours() -> Table:
    """Load Wisconsin diagnostic breast cancer: 569 aspirates, 30 measures of their cell nuclei."""
    data = load_breast_cancer()
    return Table(tuple(map(str, data.feature_names)), data.data, data.target)


def diabetes() -> Table:
    """Load the patients of Efron et al. (2004): 442, with ten variables in their own units."""
    data = load_diabetes(scaled=False)
    columns = tuple(DIABETES_COLUMNS[name] for name in data.feature_names)
    return Table(columns, data.data, data.target)


def digits() -> Table:
    """Load UCI handwritten digits: 1,797 images of 8 x 8 pixels, each 0 to 16 dark cells."""
    data = load_digits()
    columns = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    return Table(columns, data.data, data.target)


def card_payments() -> Table:
    """Draw synthetic card payments: 6,000, nine in a hundred fraudulent."""
    return Table(payments.COLUMNS, *payments.payments(PAYMENTS, FRAUD_SHARE, SEED))


def score_screening(truth: Array, outputs: Outputs) -> Scores:
    """Score with malignant as the positive class: a missed tumour is the costly error."""
    malignant = truth == MALIGNANT
    probability = outputs["probability"][:, MALIGNANT]
    return {
        "roc_auc": roc_auc_score(malignant, probability),
        "recall": recall_score(truth, outputs["label"], pos_label=MALIGNANT),
        "accuracy": accuracy_score(truth, outputs["label"]),
        "log_loss": log_loss(malignant, probability),
    }


def score_progression(truth: Array, outputs: Outputs) -> Scores:
    """Score by errors in the target's own unit, and by the share of variance explained."""
    predicted = outputs["progression"]
    return {
        "mean_absolute_error": mean_absolute_error(truth, predicted),
        "root_mean_squared_error": root_mean_squared_error(truth, predicted),
        "r2": r2_score(truth, predicted),
    }


def score_digits(truth: Array, outputs: Outputs) -> Scores:
    """Score by accuracy, which on ten balanced classes says what it seems to say."""
    return {
        "accuracy": accuracy_score(truth, outputs["label"]),
        "log_loss": log_loss(truth, outputs["probability"]),
    }


def score_fraud(truth: Array, outputs: Outputs) -> Scores:
    """Score by the ranking, by the frauds that are found, and by the alarms that are right."""
    return {
        "roc_auc": roc_auc_score(truth, outputs["probability"][:, 1]),
        "recall": recall_score(truth, outputs["label"]),
        "precision": precision_score(truth, outputs["label"]),
    }


def logistic(strength: float, weight: float = 1.0) -> LogisticRegression:
    """Build a regularised logistic regression that is solved to machine precision.

    A row of class 1 counts `weight` times. Newton's method ends in the one optimum to the last few
    bits; a first-order solver stops somewhere near it, and where depends on the processor.
    """
    classes = None if weight == 1.0 else {0: 1.0, 1: weight}
    return LogisticRegression(
        C=strength, class_weight=classes, solver="newton-cholesky", tol=1e-10, max_iter=200
    )


def only(columns: list[int]) -> ColumnTransformer:
    """Scale some columns and leave out the others."""
    return ColumnTransformer([("scale", StandardScaler(), columns)])


def scorecard() -> ColumnTransformer:
    """Scale the measures of a payment, and give each country and kind of merchant a column."""
    names = [sorted(payments.COUNTRIES), sorted(payments.CATEGORIES)]
    codes = [payments.COLUMNS.index(name) for name in ("country", "merchant_category")]
    measures = [index for index in range(len(payments.COLUMNS)) if index not in codes]
    return ColumnTransformer(
        [
            ("scale", StandardScaler(), measures),
            ("encode", OneHotEncoder(categories=names, sparse_output=False), codes),
        ]
    )


RECIPES = (
    Recipe(
        name="tumour-screening",
        target="label",
        load=tumours,
        holdout=0.3,
        stratify=True,
        versions={
            # The means of the ten measures: what a first look at an aspirate gives.
            "1.0.0": Version("skops", lambda: make_pipeline(only(list(range(10))), logistic(1.0))),
            # All thirty columns; their strong correlation wants the stronger penalty.
            "1.1.0": Version("skops", lambda: make_pipeline(StandardScaler(), logistic(0.1))),
        },
        score=score_screening,
    ),
    Recipe(
        name="diabetes-progression",
        target="progression",
        load=diabetes,
        holdout=0.3,
        stratify=False,
        versions={
            # Body mass index and blood pressure, which need no laboratory.
            "1.0.0": Version("skops", lambda: make_pipeline(only([2, 3]), LinearRegression())),
            # All ten columns, with the penalty that the collinear blood lipids need.
            "1.1.0": Version("skops", lambda: make_pipeline(StandardScaler(), Ridge(alpha=3.0))),
        },
        score=score_progression,
    ),
    Recipe(
        name="digit-reader",
        target="label",
        load=digits,
        holdout=0.25,
        stratify=True,
        versions={
            "1.0.0": Version("onnx", lambda: make_pipeline(MinMaxScaler(), logistic(1.0))),
            # Products of strokes: second-order terms of the 24 strongest components.
            "1.1.0": Version(
                "onnx",
                lambda: make_pipeline(
                    MinMaxScaler(),
                    PCA(n_components=24, svd_solver="full"),
                    PolynomialFeatures(degree=2, include_bias=False),
                    logistic(10.0),
                ),
            ),
        },
        score=score_digits,
    ),
    Recipe(
        name="fraud-detector",
        target="label",
        load=card_payments,
        holdout=0.25,
        stratify=True,
        versions={
            # A scorecard. A missed fraud is to cost as much as five alarms over nothing.
            "3.1.0": Version("skops", lambda: make_pipeline(scorecard(), logistic(1.0, weight=5))),
            # Trees see what a sum cannot: far from home is a journey, unless it is at night online.
            "3.2.0": Version(
                "onnx",
                lambda: make_pipeline(
                    GradientBoostingClassifier(n_estimators=60, max_depth=4, random_state=SEED)
                ),
            ),
        },
        score=score_fraud,
    ),
)
