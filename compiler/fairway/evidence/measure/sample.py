"""A sample: the truth of every row and what a model said of it, in numbers that metrics take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairway.evidence.catalogue import METRICS, Task
from fairway.evidence.measure.holdout import Holdout
from fairway.evidence.measure.table import DatasetRefusedError
from fairway.serve.contract import Contract
from fairway.serve.signature import OutputTensor
from fairway.serve.tensor import Array, kind_of

Floats = NDArray[np.float64]
Rows = NDArray[np.intp] | NDArray[np.bool_]


class AnswerRefusedError(Exception):
    """A model answered with something that cannot be measured."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What metrics are computed from, one entry a row.

    For classification ``truth`` and ``predicted`` are indices into ``classes`` and ``scores`` is
    [rows, classes] or None, then ``no_scores`` says why. For regression they are the values.
    """

    task: Task
    truth: Floats | NDArray[np.intp]
    predicted: Floats | NDArray[np.intp]
    classes: tuple[str, ...] = ()
    scores: Floats | None = None
    no_scores: str = ""

    def take(self, rows: Rows) -> Sample:
        """Return some rows, by index or mask."""
        scores = None if self.scores is None else self.scores[rows]
        return Sample(
            self.task, self.truth[rows], self.predicted[rows], self.classes, scores, self.no_scores
        )

    def __len__(self) -> int:
        return len(self.truth)


def task_of(names: list[str], contract: Contract, target: str) -> Task:
    """Return what the model does: what the metrics are of, or else what its output's type says."""
    tasks = {METRICS[name].task for name in names if name in METRICS}
    if tasks:
        return "classification" if "classification" in tasks else "regression"
    label = label_output(contract, target)
    return "regression" if kind_of(label.datatype) == "FP" else "classification"


def label_output(contract: Contract, target: str) -> OutputTensor:
    """Return the output that predicts the target: of its name, or the first of one value a row."""
    single = [output for output in contract.outputs if math.prod(output.shape[1:]) == 1]
    for output in contract.outputs:
        if output.name == target and output in single:
            return output
    if not single:
        raise DatasetRefusedError(
            "no output of the contract has one value a row, so none predicts the target",
            "name the output that predicts the target in the contract",
        )
    whole = [output for output in single if kind_of(output.datatype) != "FP"]
    return (whole or single)[0]


def score_output(contract: Contract, target: str) -> OutputTensor | None:
    """Return the output that scores the classes: the first other one of floating-point numbers."""
    label = label_output(contract, target)
    for output in contract.outputs:
        if output.name != label.name and kind_of(output.datatype) == "FP" and len(output.shape) < 3:
            return output
    return None


def sample_of(
    task: Task, holdout: Holdout, contract: Contract, answers: Mapping[str, Array]
) -> Sample:
    """Return the sample of a model's answers to all rows. Raises ``DatasetRefusedError``."""
    label = label_output(contract, holdout.target)
    predicted = answers[label.name].reshape(-1)
    if task == "regression":
        return Sample(task, _floats(holdout), _answers(predicted, label.name))
    truth = [_class(value) for value in holdout.truth.tolist()]
    said = [_class(value) for value in predicted.tolist()]
    score = score_output(contract, holdout.target)
    width = math.prod(score.shape[1:]) if score is not None else 0
    classes = _classes({*truth, *said}, width)
    index = {name: position for position, name in enumerate(classes)}
    scores, why = None, "the contract has no output of scores"
    if score is not None:
        scores, why = _scores(answers[score.name], len(classes), score.name)
    return Sample(
        task,
        np.array([index[name] for name in truth], dtype=np.intp),
        np.array([index[name] for name in said], dtype=np.intp),
        classes,
        scores,
        why,
    )


def _class(value: object) -> str:
    """Return a class as it is compared: ``1``, ``1.0`` and True are one class, text is text."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    text = str(value)
    if text in ("true", "false"):
        return "1" if text == "true" else "0"
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if math.isfinite(number) and number == int(number) else text


def class_name(value: str | int) -> str:
    """Return the class that a spec's ``positive`` stands for."""
    return _class(value)


def _classes(seen: set[str], width: int) -> tuple[str, ...]:
    """Return the classes in the order of a model's scores: numbers by value, text by letter.

    Whole numbers from 0 below ``width`` are completed: a held-out set may lack a rare class.
    """
    numeric = all(name.lstrip("-").isdecimal() for name in seen)
    if not numeric:
        return tuple(sorted(seen))
    values = {int(name) for name in seen}
    if width > 1 and values <= set(range(width)):
        values = set(range(width))
    return tuple(str(value) for value in sorted(values))


def _scores(array: Array, classes: int, name: str) -> tuple[Floats | None, str]:
    scores = array.astype(np.float64).reshape(len(array), -1)
    if not np.isfinite(scores).all():
        return None, f"output {name!r} has values that are not finite"
    if scores.shape[1] == 1 and classes == 2:
        low, high = scores.min(initial=0.0), scores.max(initial=0.0)
        first = 1.0 - scores if low >= 0.0 and high <= 1.0 else -scores
        return np.hstack([first, scores]), ""
    if scores.shape[1] != classes:
        why = f"output {name!r} has {scores.shape[1]} columns, and the data have {classes} classes"
        return None, why
    return scores, ""


def _floats(holdout: Holdout) -> Floats:
    try:
        truth = np.array([float(value) for value in holdout.truth], dtype=np.float64)
    except ValueError:
        raise DatasetRefusedError(
            f"the target {holdout.target} is not a number in every row, which its metrics need",
            "correct the values, or use metrics of classification",
        ) from None

    if not np.isfinite(truth).all():
        row = int(np.flatnonzero(~np.isfinite(truth))[0])
        raise DatasetRefusedError(
            f"row {row}: the target {holdout.target} is not a finite number", "correct the row"
        )
    return truth


def _answers(values: Array, name: str) -> Floats:
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise AnswerRefusedError(f"its answer to row {row}, {name}, is not a finite number")
    return numbers
