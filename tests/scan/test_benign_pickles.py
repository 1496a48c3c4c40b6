"""What scikit-learn's models really are, in every form that joblib and pickle write, is clean."""

from __future__ import annotations

import datetime
import pickle
from collections import OrderedDict
from pathlib import Path

import joblib
import numpy as np
import pytest
import scipy.sparse
from scan.estimators import NAMES, estimator
from scan.scanning import messages, scan

COMPRESSIONS = ["zlib", "gzip", "bz2", "xz", "lzma"]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", NAMES)
def test_pickle(name: str, protocol: int, tmp_path: Path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(estimator(name), protocol))
    report = scan(path)
    assert messages(report) == ""
    assert report.format == "pickle"
    assert any(each.startswith("sklearn.") for each in report.types)


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("name", NAMES)
def test_joblib(name: str, protocol: int, tmp_path: Path):
    path = tmp_path / "model.joblib"
    joblib.dump(estimator(name), path, protocol=protocol)
    report = scan(path)
    assert messages(report) == ""
    assert report.format == "joblib"
    if "joblib.numpy_pickle.NumpyArrayWrapper" in report.types:
        path.rename(tmp_path / "model.pkl")
        assert scan(tmp_path / "model.pkl").format == "joblib"


@pytest.mark.parametrize("method", COMPRESSIONS)
@pytest.mark.parametrize("name", NAMES)
def test_compressed_joblib(name: str, method: str, tmp_path: Path):
    path = tmp_path / "model.joblib"
    joblib.dump(estimator(name), path, compress=(method, 3))
    report = scan(path)
    assert messages(report) == ""
    assert report.format == "joblib"


@pytest.mark.parametrize(
    "value",
    [
        None, 1, -(2**80), 1.5, "text", "x" * 100_000, b"bytes" * 1000, bytearray(b"x" * 99), True,
        [1, [2, [3]]], {"a": (1, 2, 3, 4)}, {1, 2}, frozenset({"a"}), slice(1, 2), range(3), 1j,
        OrderedDict(a=1), datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
        datetime.timedelta(1), np.float64(1.5), np.int8(3), np.str_("x"), np.bool_(True),
        np.datetime64("2026-01-01"),
        np.arange(10), np.zeros((0, 3)), np.array(1.0), np.asfortranarray(np.ones((3, 4))),
        np.arange(6, dtype=">i4"), np.array(["a", "bcd"]), np.array([b"a"]),
        np.array([True]), np.array([1 + 2j]), np.array(["2026"], dtype="M8[D]"),
        np.array([{"a": 1}, None, "x", 2.5], dtype=object),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.ma.masked_array([1, 2], [True, False]), scipy.sparse.random(9, 9, 0.3, "csr"),
        scipy.sparse.coo_array(np.eye(3)), np.random.RandomState(3), np.random.default_rng(3),
        np.random.Generator(np.random.Philox(1)), np.dtype("f4"), np.float32,
        np.ones(100_000), [np.ones(3)] * 3, np.log1p, np.mean,
    ],
    ids=lambda value: f"{type(value).__name__} {str(value)[:20]!r}",
)  # fmt: skip
def test_values(value: object, tmp_path: Path):
    """What models are made of, in every form."""
    for protocol in range(2, 6):
        path = tmp_path / "plain.pkl"
        path.write_bytes(pickle.dumps(value, protocol))
        assert messages(scan(path)) == "", f"pickle {protocol}"
        joblib.dump(value, tmp_path / "model.joblib", protocol=protocol)
        assert messages(scan(tmp_path / "model.joblib")) == "", f"joblib {protocol}"


def test_long_lines_of_protocol_0(tmp_path: Path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps([np.ones(200_000), "é" * 200_000, 3**4000, b"x" * 9999], 0))
    assert messages(scan(path)) == ""


def test_pickles_after_each_other(tmp_path: Path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps([1]) + pickle.dumps({"a": 2.0}))
    assert messages(scan(path)) == ""


def test_joblib_of_before_the_alignment(tmp_path: Path):
    """joblib up to 1.1 wrote arrays without padding, and without saying so."""
    import io

    from joblib.numpy_pickle import NumpyArrayWrapper, NumpyPickler

    class Old(NumpyPickler):
        def _create_array_wrapper(self, array: np.ndarray) -> NumpyArrayWrapper:
            wrapper = super()._create_array_wrapper(array)
            del wrapper.numpy_array_alignment_bytes
            return wrapper

    stream = io.BytesIO()
    Old(stream).dump({"a": np.arange(100.0), "b": np.ones((2, 3)), "c": ["x"] * 9})
    path = tmp_path / "model.joblib"
    path.write_bytes(stream.getvalue())
    assert len(joblib.load(path)["a"]) == 100
    assert messages(scan(path)) == ""
