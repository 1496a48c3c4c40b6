"""Pickles that would run code, allocate without bound or hide something are refused unread."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scan.hostile_pickles import LIVE, array_that_is_code, hostile_pickles, system
from scan.scanning import NOTHING, USUAL, messages, scan, scan_bytes

from fairway.scan import Allowed

# A wildcard trusts the classes of a library, and never its functions.
BROAD = Allowed(("*",), ("numpy.*", "sklearn.*", "pandas.*", "joblib.*", "*.models.*", "?s.*"))
NAMES = sorted(hostile_pickles(Path("marker")))


@pytest.fixture(scope="module")
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marker") / "it-ran"


@pytest.fixture(scope="module")
def corpus(marker: Path) -> dict[str, bytes]:
    return hostile_pickles(marker)


@pytest.mark.parametrize("name", NAMES)
def test_is_refused(name: str, corpus: dict[str, bytes], marker: Path, tmp_path: Path):
    start = time.monotonic()
    for suffix, allowed in ((".joblib", NOTHING), (".pkl", USUAL), (".bin", BROAD)):
        report = scan_bytes(tmp_path, corpus[name], f"model{suffix}", allowed)
        assert report.faults, f"accepted as {report.format} with {report.types}"
        assert all(fault.message and fault.fix for fault in report.faults)
    assert "could not be scanned" not in messages(report)
    assert not marker.exists()
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("name", sorted(name for name, loader in LIVE.items() if loader))
def test_would_have_run(name: str, tmp_path: Path):
    """The payloads are real: loaded in a process of its own, each leaves its marker."""
    marker, path = tmp_path / "it-ran", tmp_path / "model.pkl"
    path.write_bytes(hostile_pickles(marker)[name])
    load = {
        "pickle": "import pickle; pickle.load(open(sys.argv[1], 'rb'))",
        "joblib": "import joblib; joblib.load(sys.argv[1])",
    }[LIVE[name]]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {load}", path], capture_output=True, timeout=60
    )
    for _ in range(50):
        if marker.exists():
            break
        time.sleep(0.1)
    assert marker.exists(), done.stderr.decode()
    assert scan(path).faults


def test_names_are_told_even_when_refused(tmp_path: Path):
    report = scan_bytes(tmp_path, system(tmp_path / "x"))
    assert report.types == ("posix.system",)
    assert "posix.system" in messages(report)


def test_cut_anywhere_is_refused(corpus: dict[str, bytes], marker: Path, tmp_path: Path):
    """A pickle runs as it is read: half of one has run half of its calls."""
    data = corpus["joblib, behind an array"]
    for end in range(1, len(data), 7):
        assert scan_bytes(tmp_path, data[:end], "model.joblib").faults, end
    assert not marker.exists()


@pytest.mark.parametrize(
    "name",
    ["model.onnx", "model.skops", "model.safetensors", "MLmodel.yaml", "MLmodel", "README.md",
     "saved_model.pb", "weights.npy", "weights.npz", "requirements.txt", "model", "model.py"],
)  # fmt: skip
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_another_name_hides_nothing(name: str, protocol: int, tmp_path: Path):
    report = scan_bytes(tmp_path, system(tmp_path / "it-ran", protocol), name, USUAL)
    assert report.faults
    assert not (tmp_path / "it-ran").exists()


def test_wildcards_do_not_reach_what_runs_code(tmp_path: Path):
    data = system(tmp_path / "it-ran")
    assert scan_bytes(tmp_path, data, allowed=Allowed((), ("*", "posix.*", "p?six.system"))).faults


def test_array_of_opcodes_is_numbers_to_joblib_only(tmp_path: Path):
    """MLflow reads pickles without joblib, where an array's bytes would be opcodes."""
    data = array_that_is_code(tmp_path / "it-ran")
    assert scan_bytes(tmp_path, data, "model.joblib").format == "joblib"
    flavor = "{pickled_model: model.pkl, serialization_format: pickle}"
    folder = tmp_path / "mlflow"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(data)
    (folder / "MLmodel").write_text(f"flavors: {{sklearn: {flavor}}}\n")
    report = scan(folder)
    assert report.faults
    assert "NumpyArrayWrapper" in messages(report)
    assert not (tmp_path / "it-ran").exists()


def test_time_and_memory_are_bounded(tmp_path: Path):
    """A hundred megabytes of opcodes are given up on, with what is kept of them bounded."""
    path = tmp_path / "model.pkl"
    step = b"\x8c\xc8" + b"x" * 200 + b"\x94"  # a text that is kept in the memo
    path.write_bytes(b"\x80\x04" + step * (100_000_000 // len(step)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    assert scan(path).faults
    assert time.monotonic() - start < 60
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 700 * 1024, f"{grown // 1024} MiB"
