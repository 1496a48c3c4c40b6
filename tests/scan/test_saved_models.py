"""A SavedModel may compute, and may read its own variables where the loader says; no more."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from scan.saved_models import (
    RESTORE,
    SAVE,
    SAVER_NODES,
    SERVING,
    TENSOR,
    attribute,
    calls,
    dense,
    files,
    function,
    message,
    node,
    number,
    saved_model,
    served,
    signature,
)
from scan.scanning import messages, scan, scan_bytes, write_files

IDENTITY = node("id", "Identity", ["x"])
CONDITION = node("If", "StatelessIf", ["x", "x"], calls("then_1"), calls("else_2"))


def benign() -> dict[str, bytes]:
    then, other = function("then_1", dense("Elu")), function("else_2", dense("Tanh"))
    loop = node("While", "While", ["x"], calls("then_1"), calls("else_2"))
    listed = attribute("branches", message(1, message(9, message(1, "then_1"))))
    main = [node("x", "Placeholder"), *SAVER_NODES]
    return {
        **{name: served(dense(name)) for name in ("Relu", "Sigmoid", "Softmax", "Tanh", "Selu")},
        "convolution": served([node("c", "Conv2D", ["x", "w"]), node("p", "MaxPool", ["c"])]),
        "text": served([node("s", "StringSplitV2", ["x"]), node("h", "StringToHashBucketFast")]),
        "table in the graph": served([node("t", "HashTableV2"), node("i", "LookupTableImportV2")]),
        "condition": saved_model([*main, CONDITION], [then, other, SAVE, RESTORE], [SERVING]),
        "loop": saved_model([*main, loop], [then, other, SAVE, RESTORE], [SERVING]),
        "cases": saved_model(
            [*main, node("c", "Case", ["x"], listed)], [then, SAVE, RESTORE], [SERVING]
        ),
        "frozen": saved_model([node("x", "Placeholder"), node("w", "Const", (), TENSOR)]),
        "first version's saver": saved_model([
            node("save/filename/input", "Const", (), TENSOR),
            node("save/filename", "PlaceholderWithDefault", ["save/filename/input"]),
            node("save/Const", "PlaceholderWithDefault", ["save/filename"]),
            node("save/RestoreV2", "RestoreV2", ["save/Const", "x", "x"]),
            node("save/restore_all", "NoOp", ["^save/RestoreV2"]),
            node("init", "NoOp"), node("x", "Placeholder"),
        ], [], [signature("serving_default", ["x:0"], ["x:0"])],
            message(4, message(1, "saved_model_main_op"),
                    message(2, message(1, message(1, "init"))))),
        "two graphs": served(dense()) + saved_model([node("x", "Placeholder")])[2:],
    }  # fmt: skip


def _saver_under_signature() -> bytes:
    out = signature("serving_default", ["saver_filename:0"], ["StatefulPartitionedCall_1:0"])
    return saved_model(SAVER_NODES, [SAVE, RESTORE], [out])


def _saver_at_start() -> bytes:
    start = message(4, message(1, "legacy_init_op"),
                    message(2, message(1, message(1, "StatefulPartitionedCall_1"))))  # fmt: skip
    return saved_model(SAVER_NODES, [SAVE, RESTORE], [], start)


def hostile() -> dict[str, bytes]:
    constant = node("path", "Const", (), TENSOR)
    own_path = function("__inference__traced_save_42", [
        constant, node("s", "SaveV2", ["path:output:0", "x", "x"]),
    ])  # fmt: skip
    fed = node("StatefulPartitionedCall_1", "StatefulPartitionedCall", ["path", "weights"],
               calls("__inference__traced_save_42"))  # fmt: skip
    deep = node("x", "Placeholder")
    for _ in range(200):
        deep = node("x", "Placeholder", (), attribute("a", message(10, message(1, "f"), deep)))
    return {
        **{
            operator: served([node("n", operator, ["x"]), IDENTITY])
            for operator in (
                "PyFunc", "PyFuncStateless", "EagerPyFunc", "ReadFile", "WriteFile", "PrintV2",
                "WholeFileReaderV2", "ReaderReadV2", "TFRecordReaderV2", "MatchingFiles", "Save",
                "Restore", "RestoreSlice", "SaveSlices", "TextLineDataset", "TFRecordDataset",
                "InitializeTableFromTextFileV2", "CheckpointReader", "DebugIdentityV2", "RpcCall",
                "XlaHostCompute", "TfLiteCustom", "MyCompanyOp", "DynamicLibrary", "ImmutableConst",
                "RemoteCall", "DataServiceDatasetV2", "", "readfile", "ReadFile ",
            )
        },
        "in the main graph": saved_model([node("n", "WriteFile", ["x"])]),
        "as a function": served([node("m", "MapDataset", ["x"], calls("ReadFile"))]),
        "as an argument": served([node("m", "While", ["x"], calls("ReadFile"))]),
        "in an unused function": saved_model([IDENTITY], [function("f", [node("r", "ReadFile")])]),
        "saver as a function": served([node("m", "While", ["x"], calls("SaveV2"))]),
        "saver with its own path": served([constant, node("s", "SaveV2", ["path", "x", "x"])]),
        "traced saver with its own path": saved_model(SAVER_NODES, [own_path, RESTORE]),
        "traced saver that is given a constant": saved_model([constant, fed], [SAVE, RESTORE]),
        "saver called by a function": served([node("c", "PartitionedCall", ["x"],
                                                   calls("__inference__traced_save_42"))]),
        "saver called by its name": served([node("c", "__inference__traced_save_42", ["x"])]),
        "saver under a signature": _saver_under_signature(),
        "saver at start": _saver_at_start(),
        "function with an operator's name": saved_model([node("m", "MatMul")],
                                                        [function("MatMul", dense())]),
        "function twice": saved_model([], [function("f", dense()), function("f", dense())]),
        "node with two operators": saved_model([node("n", "NoOp") + message(2, "ReadFile")]),
        "unknown field": saved_model([node("n", "NoOp") + message(99, "x")]),
        "group": saved_model([node("n", "NoOp") + b"\x3b\x3c"]),
        "no graph": number(1, 1) + message(2, message(1, message(4, "serve"))) + b"\xff",
        "nested without end": saved_model([deep]),
        "length beyond the end": served(dense())[:-10],
        "Lambda layer": served(dense(), message(7, message(1, message(4, message(3, (
            '{"class_name": "Lambda", "config": {"function": ["4wEAAAA"]}}'
        )))))),
        "pickle": pickle.dumps({"a": 1}),
        "empty": b"",
        "text form": b"saved_model_schema_version: 1\n",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(benign()))
def test_benign_is_accepted(name: str, tmp_path: Path):
    report = scan(write_files(tmp_path, files(benign()[name])))
    assert report.faults == ()
    assert report.format == "savedmodel"
    assert report.operators


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_is_refused(name: str, tmp_path: Path):
    report = scan(write_files(tmp_path, files(hostile()[name])))
    assert report.faults, report
    assert "could not be scanned" not in messages(report)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("variables/variables.data-00000-of-00001", pickle.dumps(pickle.Unpickler)),
        ("variables/variables.data-00000-of-00001", b"cposix\nsystem\n(S'id'\ntR."),
        ("variables/variables.index", b"PK\x03\x04" + bytes(40)),
        ("variables/model.pkl", pickle.dumps([1])),
        ("assets/vocabulary.txt", b"cposix\nsystem\n(S'id'\ntR."),
        ("assets/vocabulary.txt", b"#!/bin/sh\nid\n"),
        ("assets/library.txt", b"\x7fELF\x02\x01\x01" + bytes(60)),
        ("assets/plugin.py", b"import os\n"),
        ("assets.extra/data", bytes(range(256))),
        ("keras_metadata.pb", b'\x0a\x40{"class_name": "Lambda", "config": {}}'),
        ("saved_model.pbtxt", b"\x00binary"),
        ("hidden/graph.pb", served(dense())),
        ("model.skops", b"PK\x03\x04" + bytes(40)),
    ],
)
def test_nothing_hides_beside_it(name: str, data: bytes, tmp_path: Path):
    folder = write_files(tmp_path, files(served(dense())) | {name: data})
    report = scan(folder)
    assert [fault.path for fault in report.faults if fault.path.endswith(name)] != []


def test_operators_are_listed(tmp_path: Path):
    report = scan(write_files(tmp_path, files(served(dense()))))
    assert {"MatMul", "SaveV2", "StatefulPartitionedCall"} <= set(report.operators)
    assert "__inference_wrapper_12" not in report.operators


def test_graph_alone_is_recognised(tmp_path: Path):
    assert scan_bytes(tmp_path, served(dense()), "saved_model.pb").format == "savedmodel"


def test_text_form_is_refused(tmp_path: Path):
    """TensorFlow reads saved_model.pbtxt as well, which cannot be looked into here."""
    folder = write_files(tmp_path, {"saved_model.pbtxt": b"saved_model_schema_version: 1\n"})
    assert scan(folder).faults
