"""Reading the held-out data: formats, limits, and which column is what."""

from __future__ import annotations

import copy
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence.deployments import CONTRACT, Deployment, holdout, trained

from fairway.evidence.measure import table
from fairway.evidence.measure.holdout import read_holdout
from fairway.evidence.measure.sample import sample_of, task_of
from fairway.evidence.measure.table import DatasetRefusedError, read_table
from fairway.serve.contract import Contract

Make = Callable[..., Deployment]


def contract(**changes: Any) -> Contract:
    return Contract.model_validate({**copy.deepcopy(CONTRACT), **changes})


def save(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz", "rows.parquet"])
def test_every_format_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    frame = holdout(50)
    found = read_holdout(read_table(save(frame, tmp_path / name)), contract())
    assert found.target == "default"
    assert found.rows == 50
    assert np.array_equal(found.inputs["features"], frame[["income", "debt"]].to_numpy())
    assert [int(value) for value in found.truth] == frame["default"].tolist()
    assert found.table.columns["country"].tolist() == frame["country"].tolist()


def test_missing_values_are_null_where_the_column_takes_them(tmp_path: Path) -> None:
    frame = holdout(20)
    frame.loc[3, "debt"] = np.nan
    path = save(frame, tmp_path / "rows.csv")
    with pytest.raises(DatasetRefusedError, match="row 3, column 'debt': null"):
        read_holdout(read_table(path), contract())
    taking = copy.deepcopy(CONTRACT)
    taking["inputs"][0]["columns"][1]["nullable"] = True
    found = read_holdout(read_table(path), Contract.model_validate(taking))
    assert np.isnan(found.inputs["features"][3, 1])


def test_text_whole_numbers_and_unnamed_columns(tmp_path: Path) -> None:
    inputs = [
        {"name": "country", "datatype": "BYTES", "shape": [-1]},
        {"name": "age", "datatype": "INT32", "shape": [-1, 1]},
        {"name": "pixels", "datatype": "FP32", "shape": [-1, 2, 2]},
        {"name": "married", "datatype": "BOOL", "shape": [-1]},
    ]
    frame = pd.DataFrame({"country": ["NA", "DE"], "age": [30, 41], "married": [True, False]})
    for index in range(4):
        frame[f"pixels_{index}"] = [index, index + 0.5]
    frame["default"] = [0, 1]
    found = read_holdout(
        read_table(save(frame, tmp_path / "rows.csv")), contract(inputs=inputs, examples=[])
    )
    # NA is Namibia, and not missing.
    assert found.inputs["country"].tolist() == ["NA", "DE"]
    assert found.inputs["age"].dtype == np.int32
    assert found.inputs["pixels"][1].tolist() == [[0.5, 1.5], [2.5, 3.5]]
    assert found.inputs["married"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="debt"), "no column 'debt'"),
        (lambda f: f.drop(columns="default"), "no column is named like an output"),
        (lambda f: f.assign(probability=1), "columns default and probability are named like"),
        (lambda f: f.assign(income=99), "the contract refuses a row of the data set: .*above"),
        (lambda f: f.assign(income="much"), "row 0, column 'income': 'much' is not a FP64"),
        (lambda f: f.assign(default=None), "row 0 has no default"),
        (lambda f: f.head(0), "has no rows"),
    ],
)
def test_what_does_not_fit_the_contract_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], words: str, tmp_path: Path
) -> None:
    path = save(change(holdout(20)), tmp_path / "rows.csv")
    with pytest.raises(DatasetRefusedError, match=words) as caught:
        read_holdout(read_table(path), contract())
    assert caught.value.fix


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("rows.txt", b"a\n1\n", "of no known format"),
        ("rows.csv", b"a,b\n1,2,3,4\n5,6,7,8\n", "rows are longer than its header"),
        ("rows.csv", b"a,b\n1,2\n1,2,3\n", "is not CSV"),
        ("rows.csv", b"\xff\xfe\x00", "is not CSV"),
        ("rows.csv", b"", "is not CSV"),
        ("rows.csv.gz", b"not packed", "is not CSV"),
        ("rows.csv.gz", gzip.compress(b"a\n1\n", mtime=0)[:-6], "is not CSV"),
        ("rows.parquet", b"PAR1 and nothing else PAR1", "is not Parquet"),
    ],
)
def test_damaged_files_are_refused(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetRefusedError, match=words):
        read_table(tmp_path / name)


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MAX_BYTES", 2 << 20)
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"1\n" * (2 << 20)))
    assert path.stat().st_size < 20_000
    with pytest.raises(DatasetRefusedError, match="holds more than 2 MiB"):
        read_table(path)
    frame = pd.DataFrame({"a": np.zeros(1 << 19)})
    frame.to_parquet(tmp_path / "rows.parquet", compression="zstd", use_dictionary=False)
    with pytest.raises(DatasetRefusedError, match="holds more than 2 MiB"):
        read_table(tmp_path / "rows.parquet")


def test_classes_are_compared_by_what_they_mean(tmp_path: Path) -> None:
    frame = holdout(40)
    frame["default"] = frame["default"].map({0: "0.0", 1: "1.0"})
    found = read_holdout(read_table(save(frame, tmp_path / "rows.csv")), contract())
    assert task_of(["accuracy"], contract(), found.target) == "classification"
    answers = {"default": np.ones(40, dtype=np.int64), "probability": np.full((40, 2), 0.5)}
    sample = sample_of("classification", found, contract(), answers)
    assert sample.classes == ("0", "1")
    assert sample.predicted.tolist() == [1] * 40


@pytest.mark.parametrize(
    ("metric", "rule", "route", "words"),
    [
        ({"name": "roc_acu", "min": 0.9}, "evidence/metric", "evidence.metrics[0].name", "roc_auc"),
        ({"name": "neg_log_loss", "max": 1}, "evidence/metric", "evidence.metrics[0].name",
         "log_loss"),
        ({"name": "accuracy"}, "evidence/metric", "evidence.metrics[0]", "has no bound"),
        ({"name": "accuracy", "min": "5ms"}, "evidence/metric", "evidence.metrics[0].min",
         "a number or a percentage"),
        ({"name": "latency-p95", "max": 50}, "evidence/metric", "evidence.metrics[0].max",
         "a duration such as 50ms"),
        ({"name": "accuracy", "min": 0.5, "positive": 1}, "evidence/metric",
         "evidence.metrics[0].positive", "has no positive class"),
        ({"name": "accuracy", "slice": {"by": "contry", "worst": 0.5}}, "evidence/metric",
         "evidence.metrics[0].slice.by", "no column 'contry'"),
    ],
)  # fmt: skip
def test_metrics_that_bound_nothing_are_found(
    deployment: Make, metric: dict[str, Any], rule: str, route: str, words: str
) -> None:
    made = deployment(metrics=[metric]).joblib(v1_0_0=trained()).lay_out()
    found = made.test().only
    assert (found.rule, found.route) == (rule, route)
    assert words in f"{found.message} {found.fix}"
    assert made.written() == []


def test_a_data_set_outside_the_folder_is_refused(deployment: Make) -> None:
    made = deployment().joblib(v1_0_0=trained()).lay_out()
    data = made.folder / "data" / "holdout.csv"
    data.rename(made.root / "elsewhere.csv")
    data.symlink_to((made.root / "elsewhere.csv").resolve())
    found = made.test().only
    assert (found.rule, found.route) == ("evidence/dataset", "evidence.dataset")
    assert "is a link" in found.message
    data.unlink()
    assert "cannot be read: no such file" in made.test().only.message
