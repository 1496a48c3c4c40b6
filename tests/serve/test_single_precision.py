"""Models that compute in single precision refuse what does not fit, and the server says so."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from fairway.serve.contract import Contract
from fairway.serve.errors import Refusal
from fairway.serve.estimator import Estimator

CONTRACT = Contract.model_validate(
    {
        "inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, 2]}],
        "outputs": [{"name": "y", "datatype": "FP64", "shape": [-1]}],
    }
)


def test_a_number_beyond_single_precision_is_the_callers_mistake() -> None:
    model = DecisionTreeRegressor().fit([[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0])
    estimator = Estimator(model, CONTRACT)
    assert estimator.predict({"x": np.array([[1.0, 0.0]])}, CONTRACT.outputs)["y"] == [1.0]
    with pytest.raises(Refusal, match="too large for the model") as refused:
        estimator.predict({"x": np.array([[1e308, 0.0]])}, CONTRACT.outputs)
    assert refused.value.status == 400


def test_other_errors_of_a_model_stay_its_own() -> None:
    class Broken(DecisionTreeRegressor):
        def predict(self, features: object, check_input: bool = True) -> object:
            raise ValueError("not today")

    model = Broken().fit([[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0])
    with pytest.raises(ValueError, match="not today"):
        Estimator(model, CONTRACT).predict({"x": np.array([[1.0, 0.0]])}, CONTRACT.outputs)
