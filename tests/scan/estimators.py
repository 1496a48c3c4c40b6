"""Fitted models of scikit-learn, small but of every kind that is served."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import f1_score, make_scorer
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier

x, y = make_classification(80, 5, random_state=0)
positive = np.abs(x) + 0.1
frame = pd.DataFrame(x, columns=list("abcde")).assign(colour=["red", "grün"] * 40)
words = ["one two", "two three", "three four five", "five"] * 20
encoded = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["colour"]), remainder=StandardScaler()
)
both = [("l", LogisticRegression()), ("t", DecisionTreeClassifier(max_depth=2))]
scorer = make_scorer(f1_score, average="macro")
RECIPES: dict[str, Callable[[], object]] = {
    "ridge": lambda: Ridge().fit(x, y),
    "logistic": lambda: LogisticRegression().fit(x, y),
    "logistic of text": lambda: LogisticRegression().fit(x, np.where(y, "yes", "no")),
    "sgd": lambda: SGDClassifier(random_state=0).fit(x, y),
    "tree": lambda: DecisionTreeClassifier().fit(x, y),
    "forest": lambda: RandomForestClassifier(5).fit(x, y),
    "extra trees": lambda: ExtraTreesRegressor(4).fit(x, y),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=4).fit(x, y),
    "histogram boosting": lambda: HistGradientBoostingClassifier(max_iter=4).fit(x, y),
    "isolation": lambda: IsolationForest(n_estimators=4).fit(x),
    "voting": lambda: VotingClassifier(both).fit(x, y),
    "neighbours": lambda: KNeighborsClassifier().fit(x, y),
    "support vectors": lambda: SVC().fit(x, y),
    "linear support vectors": lambda: LinearSVR().fit(x, y),
    "bayes": lambda: GaussianNB().fit(x, y),
    "perceptron": lambda: MLPClassifier((4,), max_iter=5).fit(x, y),
    "gaussian process": lambda: GaussianProcessRegressor(RBF() + WhiteKernel()).fit(x[:20], y[:20]),
    "mixture": lambda: GaussianMixture(2, random_state=np.random.RandomState(1)).fit(x),
    "isotonic": lambda: IsotonicRegression().fit(x[:, 0], y),
    "calibrated": lambda: CalibratedClassifierCV(GaussianNB(), cv=2).fit(x, y),
    "search": lambda: GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2).fit(x, y),
    "search with a scorer": lambda: GridSearchCV(
        LogisticRegression(), {"C": [1.0, 2.0]}, cv=2, scoring=scorer
    ).fit(x, y),
    "target": lambda: TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1).fit(
        x, y + 1
    ),
    "function": lambda: make_pipeline(FunctionTransformer(np.log1p), Ridge()).fit(positive, y),
    "polynomials": lambda: make_pipeline(PolynomialFeatures(), StandardScaler(), Ridge()).fit(x, y),
    "splines": lambda: make_pipeline(SplineTransformer(), Ridge()).fit(x, y),
    "imputed": lambda: make_pipeline(SimpleImputer(), KNNImputer(), Ridge()).fit(x, y),
    "selected": lambda: make_pipeline(
        SelectKBest(k=2), QuantileTransformer(n_quantiles=10), Ridge()
    ).fit(x, y),
    "components": lambda: make_pipeline(PCA(2), Ridge()).fit(x, y),
    "columns": lambda: make_pipeline(encoded, LogisticRegression()).fit(frame, y),
    "ordinals": lambda: make_pipeline(
        ColumnTransformer([("o", OrdinalEncoder(), ["colour"])]), Ridge()
    ).fit(frame, y),
    "words": lambda: make_pipeline(CountVectorizer(), LogisticRegression()).fit(words, y),
    "weighted words": lambda: make_pipeline(TfidfVectorizer(), TruncatedSVD(2), Ridge()).fit(
        words, y
    ),
}
NAMES = sorted(RECIPES)


@cache
def estimator(name: str) -> object:
    """A fitted model; each process fits it once, and only if a test needs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RECIPES[name]()
