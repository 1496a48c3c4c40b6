"""A skops file's types are those that skops itself would ask about, and what it hides is found."""

from __future__ import annotations

import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import skops.io
from scan.estimators import NAMES, estimator
from scan.scanning import NOTHING, USUAL, messages, scan, scan_bytes
from skops.io import get_untrusted_types

from fairway.scan import Allowed

LINEAR = ["bayes", "isotonic", "linear support vectors", "logistic", "logistic of text", "mixture",
          "polynomials", "ridge", "sgd", "components"]  # fmt: skip


def text_node(value: object) -> dict[str, object]:
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode",
            "content": json.dumps(value), "is_json": True}  # fmt: skip


def node(loader: str, name: str = "builtins.list", **more: object) -> dict[str, object]:
    module, _, cls = name.rpartition(".")
    return {"__class__": cls, "__module__": module, "__loader__": loader, **more}


def listed(*items: object) -> dict[str, object]:
    return node("ListNode", content=list(items))


def archive(schema: object, members: dict[str, bytes] | None = None, **more: object) -> bytes:
    """A skops file; ``schema`` is its root node."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, data in (members or {}).items():
            file.writestr(name, data)
        root = {**schema, "protocol": 2, **more} if isinstance(schema, dict) else schema
        file.writestr("schema.json", root if isinstance(root, bytes) else json.dumps(root))
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


OBJECTS = npy(np.array([pickle.Pickler], dtype=object))
CALL = node("FunctionNode", "os.system")
STATE = {"bit_generator": text_node("seed")}


def hostile_nodes() -> dict[str, object]:
    generator = node("DictNode", "builtins.dict", content=STATE, key_types=listed())
    return {
        "type": node("TypeNode", "os.system"),
        "object": node("ObjectNode", "subprocess.Popen", content=text_node({})),
        "constructor": node("ConstructorFromReduceNode", "os.system", content=listed()),
        "function": CALL,
        "function, protocol 0": node("FunctionNode", "numpy.add", content={
            "module_path": "os", "function": "system"}),
        "function in a list": listed(text_node(1), listed(CALL)),
        "partial": node("PartialNode", "functools.partial", content={
            "func": CALL, "args": listed(), "kwds": listed(), "namespace": text_node(None)}),
        "operator": node("OperatorFuncNode", "operator.methodcaller", attrs=listed()),
        "operator.call": node("OperatorFuncNode", "operator.call", attrs=listed(CALL)),
        "operator of another module": node("OperatorFuncNode", "os.system", attrs=listed()),
        "method": node("MethodNode", "sklearn.pipeline.Pipeline", content={
            "func": "fit", "obj": node("ObjectNode", "sklearn.pipeline.Pipeline")}),
        "method of another object": node("MethodNode", "sklearn.pipeline.Pipeline", content={
            "func": "system", "obj": node("TypeNode", "posix.path")}),
        "reducer's constructor": node("TreeNode", "os.system", content=text_node({}),
                                      __reduce__={"args": listed()}),
        "loss": node("LossNode", "os.system", content=text_node({}),
                     __reduce__={"args": listed()}),
        "key types": node("DictNode", "builtins.dict", content={"id": text_node(1)},
                          key_types=listed(CALL)),
        "default factory": node("DefaultDictNode", "collections.defaultdict", content={
            "main": listed(), "default_factory": CALL}),
        "array of another class": node("NdArrayNode", "os.system", type="json", content=[],
                                       shape=listed()),
        "bit generator": node("RandomGeneratorNode", "numpy.random._generator.Generator", content={
            "bit_generator": generator, "seed_seq": listed()}),
        "no bit generator": node("RandomGeneratorNode", "numpy.random._generator.Generator",
                                 content={"bit_generator": listed(), "seed_seq": listed()}),
        "unknown loader": node("EvalNode", "builtins.int", content="1"),
        "no loader": {"__class__": "int", "__module__": "builtins"},
        "no module": {"__class__": "int", "__module__": None, "__loader__": "TypeNode"},
        "dotted class": node("TypeNode", "sklearn.os.system"),
        "text for a node": listed("os.system"),
        "json that is none": node("JsonNode", "builtins.str", content=CALL),
        "slice of a function": node("SliceNode", "builtins.slice", content={
            "start": CALL, "stop": 1, "step": 1}),
        "same identity as a harmless one": listed(
            {**text_node(1), "__id__": 7}, {**CALL, "__id__": 7}),
        "file that is not there": node("BytesNode", "builtins.bytes", file="gone.bin"),
        "quantile forest": node("QuantileForestNode", "os.system", content=text_node({}),
                                __reduce__={"args": listed()}),
    }  # fmt: skip


def damaged_archives() -> dict[str, bytes]:
    good = archive(text_node(1), {})
    array = node("NdArrayNode", "numpy.ndarray", type="numpy", file="1.npy")
    bytes_node = node("BytesNode", "builtins.bytes", file="1.bin")
    number = npy(np.ones(3))
    sparse = node("SparseMatrixNode", "scipy.sparse._matrix.spmatrix", type="scipy", file="1.npz")
    objects = io.BytesIO()
    np.savez(objects, data=np.array([pickle.Pickler], dtype=object))
    return {
        "array of objects": archive(array, {"1.npy": OBJECTS}),
        "array that is a pickle": archive(array, {"1.npy": pickle.dumps(1)}),
        "array with more bytes": archive(array, {"1.npy": number + pickle.dumps(1)}),
        "array with fewer bytes": archive(array, {"1.npy": number[:-1]}),
        "array's header calls": archive(array, {"1.npy": number.replace(b"(3,)", b"f(3)")}),
        "sparse matrix of objects": archive(sparse, {"1.npz": objects.getvalue()}),
        "sparse matrix that is a pickle": archive(sparse, {"1.npz": pickle.dumps(1)}),
        "one member read in two ways": archive(
            listed(array, {**bytes_node, "file": "1.npy"}), {"1.npy": number}),
        "member that nobody reads": archive(text_node(1), {"model.pkl": pickle.dumps(1)}),
        "traversal": archive(bytes_node | {"file": "../1.bin"}, {"../1.bin": b"x"}),
        "absolute": archive(bytes_node | {"file": "/tmp/x"}, {"/tmp/x": b"x"}),  # noqa: S108
        "windows path": archive(bytes_node | {"file": "C:\\x"}, {"C:\\x": b"x"}),
        "member twice": _twice(),
        "member twice in other letters": archive(
            listed(bytes_node, bytes_node | {"file": "1.BIN"}), {"1.bin": b"x", "1.BIN": b"y"}),
        "link": _with_info(lambda info: setattr(info, "external_attr", 0o120777 << 16)),
        "encrypted": _flagged(0x1),
        "bomb": _bomb(),
        "lies about a size": _lies(),
        "wrong checksum": good.replace(b'"content": "1"', b'"content": "2"', 1),
        "comment behind": good[:-2] + b"\x04\x00evil",
        "bytes before": b"#!/bin/sh\n" + good,
        "bytes behind": good + b"\x00" * 30,
        "pickle before": pickle.dumps([1]) + good,
        "cut": good[:-30],
        "not an archive": b"PK\x03\x04" + bytes(100),
        "empty archive": b"PK\x05\x06" + bytes(18),
        "no schema": archive(b"", {}).replace(b"schema.json", b"schemb.json"),
        "schema is a list": archive(b"[]"),
        "schema is no json": archive(b"{'a': 1}"),
        "schema nested deep": archive(b'{"a":' * 100_000),
        "schema with a key twice": archive(
            json.dumps(text_node(1) | {"protocol": 2}).encode()[:-1] + b', "protocol": 2}'),
        "no protocol": archive(json.dumps(text_node(1)).encode()),
        "later protocol": archive(text_node(1), protocol=3),
        "protocol of true": archive(text_node(1), protocol=True),
        "negative protocol": archive(text_node(1), protocol=-1),
    }  # fmt: skip


def _twice() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for schema in (text_node(1), CALL):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                file.writestr("schema.json", json.dumps({**schema, "protocol": 2}))
    return stream.getvalue()


def _with_info(change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        info = zipfile.ZipInfo("1.bin")
        change(info)
        file.writestr(info, b"/etc/passwd")
        schema = node("BytesNode", "builtins.bytes", file="1.bin") | {"protocol": 2}
        file.writestr("schema.json", json.dumps(schema))
    return stream.getvalue()


def _flagged(flag: int) -> bytes:
    data = bytearray(archive(text_node(1)))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(magic) + at
        data[place : place + 2] = struct.pack("<H", flag)
    return bytes(data)


def _bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("1.bin", bytes(200 << 20))
        schema = node("BytesNode", "builtins.bytes", file="1.bin") | {"protocol": 2}
        file.writestr("schema.json", json.dumps(schema))
    return stream.getvalue()


def _lies() -> bytes:
    """The directory says ten bytes, and the member expands to a hundred megabytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("1.bin", bytes(100 << 20))
        schema = node("BytesNode", "builtins.bytes", file="1.bin") | {"protocol": 2}
        file.writestr("schema.json", json.dumps(schema))
    return stream.getvalue().replace(struct.pack("<L", 100 << 20), struct.pack("<L", 10))


@pytest.mark.parametrize("allowed", [NOTHING, USUAL], ids=["nothing allowed", "sklearn allowed"])
@pytest.mark.parametrize("name", sorted(hostile_nodes()))
def test_hostile_node_is_refused(name: str, allowed: Allowed, tmp_path: Path):
    wild = Allowed((*allowed.skops_types, "o?.*", "*"))
    node_of = hostile_nodes()[name]
    report = scan_bytes(tmp_path, archive(node_of), "model.skops", allowed)
    if not (name == "method" and allowed is USUAL) and name != "dotted class":
        assert report.faults
        assert "could not be scanned" not in messages(report)
    if "os.system" in json.dumps(node_of):
        assert scan_bytes(tmp_path, archive(node_of), "model.skops", wild).faults
    inside = archive(listed(text_node(1), node_of))
    assert bool(scan_bytes(tmp_path, inside, "model.skops", allowed).faults) == bool(report.faults)


@pytest.mark.parametrize("name", sorted(damaged_archives()))
def test_damaged_archive_is_refused(name: str, tmp_path: Path):
    report = scan_bytes(tmp_path, damaged_archives()[name], "model.skops", Allowed(("*",)))
    assert report.faults
    assert "could not be scanned" not in messages(report)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("name", NAMES)
def test_types_are_those_that_skops_asks_about(name: str, compression: int, tmp_path: Path):
    path = tmp_path / "model.skops"
    skops.io.dump(estimator(name), path, compression=compression)
    untrusted = get_untrusted_types(file=path)
    report = scan(path, Allowed(tuple(untrusted)))
    assert messages(report) == ""
    assert report.format == "skops"
    assert set(untrusted) <= set(report.types)
    told = {each.message.split()[4].rstrip(",") for each in scan(path).faults}
    assert told == set(untrusted)


@pytest.mark.parametrize("name", LINEAR)
def test_accepted_without_a_project_that_trusts_more(name: str, tmp_path: Path):
    path = tmp_path / "model.skops"
    skops.io.dump(estimator(name), path)
    if not get_untrusted_types(file=path):
        assert messages(scan(path)) == ""
    assert messages(scan(path, USUAL)) == ""


@pytest.mark.parametrize(
    "value",
    [np.ones(3), np.array(["a"]), scipy.sparse.eye(3, format="csr"), {"a": b"x", "b": (1, 2)},
     np.random.default_rng(1), np.random.RandomState(1), np.array([None, "a"], dtype=object),
     np.ma.masked_array([1, 2], [0, 1]), bytearray(b"x"), slice(1, 2), {1, 2}],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_values(value: object, tmp_path: Path):
    path = tmp_path / "model.skops"
    skops.io.dump(value, path)
    assert messages(scan(path, Allowed(tuple(get_untrusted_types(file=path))))) == ""


@pytest.mark.parametrize("name", sorted(hostile_nodes()))
def test_skops_never_asks_about_more(name: str, tmp_path: Path):
    """For hostile files too, what skops asks about is among what is listed here."""
    path = tmp_path / "model.skops"
    path.write_bytes(archive(hostile_nodes()[name]))
    try:
        untrusted = get_untrusted_types(file=path)
    except Exception:  # noqa: BLE001
        return  # skops refuses the file as a whole
    report = scan(path, NOTHING)
    assert set(untrusted) <= set(report.types) or report.faults
    assert bool(report.faults) >= bool(untrusted)
