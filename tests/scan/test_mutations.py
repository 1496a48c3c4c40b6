"""Whatever the bytes are, a scan ends soon and answers with a report."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import time
from functools import cache
from pathlib import Path

import joblib
import onnx
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from scan.estimators import estimator
from scan.saved_models import dense, served
from scan.scanning import NOTHING, USUAL, scan_bytes, write_files
from scan.test_mlflow import mlmodel, pyfunc, sklearn
from scan.test_onnx import converted, local
from scan.test_safetensors import safetensors, tensor

from fairway.lock.digest import digest_files
from fairway.scan import ScanReport, scan_model

SECONDS = 20
KINDS = ["pickle", "pickle 0", "joblib", "gzip", "zlib", "skops", "onnx", "onnx function",
         "savedmodel", "safetensors", "mlmodel"]  # fmt: skip


@cache
def seed_bytes(kind: str) -> bytes:
    model = estimator("polynomials")
    joblib_file = io.BytesIO()
    joblib.dump(model, joblib_file)
    compressed = io.BytesIO()
    joblib.dump(model, compressed, compress=3)
    return {
        "pickle": lambda: pickle.dumps(model),
        "pickle 0": lambda: pickle.dumps(model, 0),
        "joblib": joblib_file.getvalue,
        "gzip": lambda: gzip.compress(joblib_file.getvalue()),
        "zlib": compressed.getvalue,
        "skops": lambda: skops.io.dumps(model),
        "onnx": lambda: converted("ridge"),
        "onnx function": lambda: local().SerializeToString(),
        "savedmodel": lambda: served(dense()),
        "safetensors": lambda: safetensors({"a": tensor(0, 8), "b": tensor(8, 16)}, bytes(16)),
        "mlmodel": lambda: mlmodel({"python_function": pyfunc(), "sklearn": sklearn()}),
    }[kind]()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: bytes flipped, cut out, doubled, swapped, made large, or cut off."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(out) or 1)
        size = chance.choice([1, 1, 2, 4, 8, 64])
        match chance.randrange(6):
            case 0:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del out[at : at + size]
            case 2:
                out[at:at] = out[at : at + size]
            case 3:
                other = chance.randrange(len(out) or 1)
                out[at : at + size] = data[other : other + size]
            case 4:
                out[at : at + size] = b"\xff" * size
            case 5:
                del out[at + len(out) // 2 :]
    return bytes(out)


def report_of(folder: Path, kind: str, data: bytes) -> ScanReport:
    start = time.monotonic()
    if kind == "mlmodel":
        files = {"MLmodel": data, "model.skops": seed_bytes("skops")}
        report = scan_model(folder, digest_files(write_files(folder, files)), USUAL)
    else:
        report = scan_bytes(folder, data, "model", USUAL)
    assert time.monotonic() - start < SECONDS
    assert isinstance(report, ScanReport)
    broken = [fault for fault in report.faults if "could not be scanned" in fault.message]
    assert broken == [], "the scanner failed, and should know why it refuses"
    return report


@pytest.mark.parametrize("kind", KINDS)
def test_mutations_end_in_a_report(kind: str, tmp_path: Path):
    chance = random.Random(kind)  # noqa: S311
    for _ in range(300):
        report_of(tmp_path, kind, mutated(seed_bytes(kind), chance))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_mutations_end_in_a_report(kind: str, tmp_path: Path):
    chance = random.Random(f"{kind}, more")  # noqa: S311
    for _ in range(3000):
        report_of(tmp_path, kind, mutated(seed_bytes(kind), chance))


@pytest.mark.parametrize("kind", KINDS)
def test_every_cut_is_seen(kind: str, tmp_path: Path):
    """Half a file is never accepted as a whole one."""
    data = seed_bytes(kind)
    ends = sorted({0, 1, 2, 7, 8, 9, len(data) - 1, *range(3, len(data), max(len(data) // 60, 1))})
    for end in ends:
        report = report_of(tmp_path, kind, data[:end])
        if kind == "onnx" and not report.faults:
            onnx.load_from_string(data[:end])  # cut between two fields, so that it is a whole one
            continue
        assert report.faults, f"{end} of {len(data)} bytes were accepted as {report.format}"


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    folder = tmp_path_factory.getbasetemp()
    report = scan_bytes(folder, data, "any-bytes", NOTHING)
    assert isinstance(report, ScanReport)
    assert "could not be scanned" not in str(report.faults)


@given(st.lists(st.sampled_from(sorted(b"(.0123FNTUVXbcdeghijlopqrstu]}\x80\x81\x85\x86\x87\x88\x8c"
                                       b"\x8f\x90\x93\x94\x95ab\n'os\x00\x01\x02\x04")),
                max_size=200).map(bytes))  # fmt: skip
@settings(max_examples=500)
def test_any_opcodes(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    """Sequences of opcodes, which reach further than random bytes do."""
    folder = tmp_path_factory.getbasetemp()
    for prefix in (b"\x80\x04", b"\x80\x02"):
        report = scan_bytes(folder, prefix + data, "any-opcodes", NOTHING)
        assert "could not be scanned" not in str(report.faults)
