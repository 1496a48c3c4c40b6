"""What a file is depends on its bytes, and its name can only be wrong about it."""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from scan.estimators import estimator
from scan.saved_models import dense, served
from scan.scanning import messages, scan, scan_bytes, write_files
from scan.test_onnx import converted
from scan.test_safetensors import safetensors, tensor

from fairway.lock.digest import FileDigest, digest_files
from fairway.scan import SCANNER, Allowed, detect, scan_model


def npy(value: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(value), allow_pickle=True)
    return stream.getvalue()


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **{key: np.asarray(value) for key, value in arrays.items()})
    return stream.getvalue()


def tar(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    return stream.getvalue()


def kinds() -> dict[str, tuple[bytes, str]]:
    return {
        "skops": (skops.io.dumps(estimator("ridge")), "skops"),
        "onnx": (converted("ridge"), "onnx"),
        "savedmodel": (served(dense()), "savedmodel"),
        "safetensors": (safetensors({"a": tensor(0, 8)}, bytes(8)), "safetensors"),
        "pickle": (pickle.dumps(estimator("ridge")), "pickle"),
        "pickle 0": (pickle.dumps(estimator("ridge"), 0), "pickle"),
        "pickle 1": (pickle.dumps(estimator("ridge"), 1), "pickle"),
        "gzip": (gzip.compress(b"x"), "compressed"),
        "npy": (npy([1, 2]), "npy"),
        "npz": (npz(a=[1], b=[2]), "npz"),
        "tar": (tar("a"), "archive"),
        "elf": (b"\x7fELF\x02\x01\x01" + bytes(50), "program"),
        "windows": (b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0", "program"),
        "script": (b"#!/bin/sh\nid\n", "program"),
        "script behind a mark": (b"\xef\xbb\xbf#!/bin/sh\nid\n", "program"),
        "text": (b"click\njinja2\nRich\n", "text"),
        "text like zlib": (b"x^2 + y^2\n", "text"),
        "text like bz2": (b"BZip is a compressor", "text"),
        "text like a pickle": (b"cats\ndogs\n(birds)\n", "text"),
        "json": (b'{"a": [1]}', "text"),
        "yaml": (b"flavors:\n  a: b\n", "text"),
        "empty": (b"", "empty"),
        "control characters": (b"a\x1b[2Jb", "unknown"),
        "latin-1": ("größe".encode("latin-1"), "unknown"),
        "png": (b"\x89PNG\r\n\x1a\n" + bytes(30), "unknown"),
        "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(30), "unknown"),
    }


@pytest.mark.parametrize("name", sorted(kinds()))
def test_kind(name: str, tmp_path: Path):
    data, kind = kinds()[name]
    for file in ("file", "file.onnx", "file.txt", "MLmodel"):
        (tmp_path / file).write_bytes(data)
        assert detect(tmp_path / file) == kind


@pytest.mark.parametrize(
    ("files", "form"),
    [
        ({"model.skops": "skops"}, "skops"),
        ({"m": "onnx"}, "onnx"),
        ({"m": "safetensors", "README.md": "text"}, "safetensors"),
        ({"m.joblib": "pickle"}, "joblib"),
        ({"m.pkl": "pickle 0", "notes.txt": "text", "table.npy": "npy", "t.npz": "npz"}, "pickle"),
        ({"model.py": "text", "weights.npz": "npz", "m.pkl": "pickle"}, "python"),
        ({"model.py": "script", "inner/__init__.py": "empty"}, "python"),
    ],
)
def test_format(files: dict[str, str], form: str, tmp_path: Path):
    report = scan(write_files(tmp_path, {name: kinds()[kind][0] for name, kind in files.items()}))
    assert messages(report) == ""
    assert report.format == form


@pytest.mark.parametrize(
    "files",
    [
        {"a.skops": "skops", "b.onnx": "onnx"},
        {"a.pkl": "pickle", "b.skops": "skops"},
        {"README.md": "text"},
        {"a.npy": "npy"},
        {"a": "tar"},
        {"model.skops": "onnx"},
        {"model.onnx": "pickle"},
        {"model.joblib": "skops"},
        {"notes.txt": "pickle 0", "model.skops": "skops"},
        {"model.skops": "skops", "lib": "elf"},
        {"model.skops": "skops", "run": "script"},
        {"model.skops": "skops", "image.png": "png"},
        {"model.py": "text", "data.h5": "hdf5"},
        {"model.py": "pickle"},
        {"model.py": "elf"},
        {"model.py": "latin-1"},
        {"a": "empty"},
    ],
)
def test_refused(files: dict[str, str], tmp_path: Path):
    folder = write_files(tmp_path, {name: kinds()[kind][0] for name, kind in files.items()})
    assert scan(folder).faults


@pytest.mark.parametrize(
    "data",
    [
        npy(np.array([pickle.Unpickler], dtype=object)),
        npy([1.0]) + pickle.dumps(1),
        npy([1.0])[:-1],
        b"\x93NUMPY\x01\x00\x10\x00" + b"__import__('os')",
        b"\x93NUMPY\x09\x00\x10\x00" + bytes(16),
        b"\x93NUMPY\x02\x00" + (1 << 30).to_bytes(4, "little"),
        b"\x93NUMPY\x01\x00\x60\x00" + b"(" * 0x60,
        npz(a=np.array([pickle.Unpickler], dtype=object)),
        tar("../../evil"),
        tar("link", tarfile.SYMTYPE),
    ],
)
def test_arrays_and_archives_that_are_no_numbers(data: bytes, tmp_path: Path):
    folder = write_files(tmp_path, {"model.py": b"x = 1\n", "data.bin": data})
    report = scan(folder)
    assert [fault.path for fault in report.faults] == ["data.bin"]
    assert "could not be scanned" not in messages(report)


def test_python_beside_another_format_makes_it_python(tmp_path: Path):
    """The spec then says skops and the bytes say python, which the lock refuses."""
    files = {"model.skops": skops.io.dumps(estimator("ridge")), "extra.py": b"import os\n"}
    assert scan(write_files(tmp_path, files)).format == "python"


def test_links_missing_and_changed_files_are_faults(tmp_path: Path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps([1]))
    files = digest_files(path)
    path.write_bytes(pickle.dumps([1, 2]))
    assert "size changed" in messages(scan_model(path, files, Allowed()))
    (tmp_path / "link.pkl").symlink_to(path)
    linked = [FileDigest("link.pkl", path.stat().st_size, "0" * 64)]
    assert "link" in messages(scan_model(tmp_path, linked, Allowed()))
    gone = [FileDigest("gone.pkl", 1, "0" * 64)]
    assert scan_model(tmp_path, gone, Allowed()).faults
    assert scan_model(tmp_path, [], Allowed()).faults


def test_faults_are_fit_to_be_printed(tmp_path: Path):
    """Names come from the file: they cannot clear a terminal or fill it."""
    name = b"\x1b[2J" + b"x" * 400
    data = b"\x80\x04\x8c\x02os\x8d" + len(name).to_bytes(8, "little") + name + b"\x93."
    report = scan_bytes(tmp_path, data)
    assert report.faults
    assert messages(report).isprintable()
    assert len(messages(report)) < 500


def test_the_same_files_give_the_same_report(tmp_path: Path):
    write_files(tmp_path, {"a": pickle.dumps(pickle.Unpickler), "b": b"\x7fELF", "c": b"#!/x\n"})
    assert scan(tmp_path) == scan(tmp_path)
    assert list(scan(tmp_path).faults) == sorted(scan(tmp_path).faults)


def test_thousands_of_bad_files_end_early(tmp_path: Path):
    write_files(tmp_path, {f"{number}.pkl": b"\x80\x04\xfe" for number in range(1000)})
    assert "than are told" in messages(scan(tmp_path))


def test_scanner_has_a_name():
    assert SCANNER.startswith("fairway ")
