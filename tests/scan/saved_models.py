"""SavedModels written field by field: TensorFlow itself is too large to be a test's dependency.

The messages are those that TensorFlow 2.21 writes (``saved_model.proto``, ``graph.proto``, ...),
with the layout of ``tf.saved_model.save``: a serving signature that calls a function, and two
functions that save and restore the variables at a path that the loader gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def varint(value: int) -> bytes:
    data = b""
    while value > 0x7F:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, *parts: bytes | str) -> bytes:
    data = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return varint(field << 3 | 2) + varint(len(data)) + data


def attribute(key: str, *value: bytes) -> bytes:
    return message(5, message(1, key), message(2, *value))


def calls(function: str) -> bytes:
    return attribute("f", message(10, message(1, function)))


def node(name: str, operator: str, inputs: Sequence[str] = (), *attributes: bytes) -> bytes:
    """The body of a NodeDef."""
    given = b"".join(message(3, each) for each in inputs)
    return message(1, name) + message(2, operator) + given + b"".join(attributes)


def function(name: str, nodes: Iterable[bytes]) -> bytes:
    """The body of a FunctionDef."""
    body = b"".join(message(3, each) for each in nodes)
    return message(1, message(1, name)) + body + message(4, message(1, "out"), message(2, "id:0"))


def signature(key: str, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """An entry of a meta graph's signatures."""
    parts = [message(field, message(1, name), message(2, message(1, name)))
             for field, names in ((1, inputs), (2, outputs)) for name in names]  # fmt: skip
    method = message(3, "tensorflow/serving/predict")
    return message(5, message(1, key), message(2, *parts, method))


def saved_model(
    nodes: Iterable[bytes], functions: Iterable[bytes] = (), signatures: Iterable[bytes] = (),
    *more: bytes,
) -> bytes:  # fmt: skip
    graph = [message(1, each) for each in nodes]
    library = message(2, *(message(1, each) for each in functions))
    info = message(1, message(4, "serve"), message(5, "2.21.0"))
    meta = message(2, info, message(2, *graph, library, message(4, number(1, 2000))),
                   *signatures, *more)  # fmt: skip
    return number(1, 1) + meta


TENSOR = attribute("value", message(8, number(1, 1), message(4, b"\x00" * 64)))
SAVE = function(
    "__inference__traced_save_42",
    [
        node("Const", "Const", (), TENSOR),
        node("Const_1", "Const", (), TENSOR),
        node("Match", "StaticRegexFullMatch", ["file_prefix"]),
        node("Select", "Select", ["Match:output:0", "Const:output:0", "Const_1:output:0"]),
        node("StringJoin", "StringJoin", ["file_prefix", "Select:output:0"]),
        node("num_shards", "Const", (), TENSOR),
        node("shard", "Const", (), TENSOR),
        node("Sharded", "ShardedFilename", ["StringJoin:output:0", "shard:output:0", "num_shards"]),
        node("SaveV2", "SaveV2", ["Sharded:filename:0", "Const:output:0", "weights"]),
        node("Pack", "Pack", ["Sharded:filename:0", "^SaveV2"]),
        node("Merge", "MergeV2Checkpoints", ["Pack:output:0", "file_prefix"]),
        node("id", "Identity", ["file_prefix", "^Merge"]),
    ],
)
RESTORE = function(
    "__inference__traced_restore_57",
    [
        node("names", "Const", (), TENSOR),
        node("RestoreV2", "RestoreV2", ["file_prefix", "names:output:0", "names:output:0"]),
        node("Assign", "AssignVariableOp", ["weights", "RestoreV2:tensors:0"]),
        node("id", "Identity", ["file_prefix", "^Assign"]),
    ],
)
SAVER_NODES = [
    node("saver_filename", "Placeholder"),
    node("weights", "VarHandleOp"),
    node("StatefulPartitionedCall_1", "StatefulPartitionedCall", ["saver_filename", "weights"],
         calls("__inference__traced_save_42")),
    node("StatefulPartitionedCall_2", "StatefulPartitionedCall", ["saver_filename", "weights"],
         calls("__inference__traced_restore_57")),
]  # fmt: skip
SERVING = signature("serving_default", ["serving_x:0"], ["StatefulPartitionedCall:0"])


def served(body: Iterable[bytes], *more: bytes) -> bytes:
    """A model whose serving signature runs the nodes of ``body`` in a function."""
    main = [
        node("serving_x", "Placeholder"),
        node("StatefulPartitionedCall", "StatefulPartitionedCall", ["serving_x", "weights"],
             calls("__inference_wrapper_12")),
        *SAVER_NODES,
    ]  # fmt: skip
    wrapper = function("__inference_wrapper_12", body)
    return saved_model(main, [wrapper, SAVE, RESTORE], [SERVING], *more)


def dense(activation: str = "Relu") -> list[bytes]:
    """A layer: what most models are made of."""
    return [
        node("Read", "ReadVariableOp", ["weights"]),
        node("MatMul", "MatMul", ["x", "Read:value:0"], attribute("T", number(6, 1))),
        node("Add", "BiasAdd", ["MatMul:product:0", "Read:value:0"]),
        node(activation, activation, ["Add:output:0"]),
        node("id", "Identity", [f"{activation}:activations:0"]),
    ]


def files(graph: bytes) -> dict[str, bytes]:
    """The folder that TensorFlow writes around a graph."""
    return {
        "saved_model.pb": graph,
        "fingerprint.pb": number(1, 2**63 + 5) + number(2, 12345),
        "variables/variables.index": b"\x00\x00\x08\x01" + bytes(range(256)) * 2,
        "variables/variables.data-00000-of-00001": b"\x80\x02\x80\x3f\x00\xff" * 500,
        "assets/vocabulary.txt": b"one\ntwo\ndrei\n",
    }
