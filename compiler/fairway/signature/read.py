"""Which of a model's files says what it takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairway.lock.digest import FileDigest
from fairway.signature.mlflow import FILE, mlflow_signature
from fairway.signature.onnx import onnx_signature
from fairway.signature.own import OwnSignature

_ONNX = ".onnx"


def own_signature(model: Path, files: Sequence[FileDigest]) -> OwnSignature | None:
    """Return a model's own signature, or None when its format has none (skops, joblib).

    ``model`` is the model's folder, or its file when it is a folder of one. The graph of the one
    ONNX file at the root comes first, since that is what the model server feeds; ``MLmodel``
    speaks where there is none. Raises ``OwnSignatureError`` for a file that is malformed, and
    ``OSError`` for one that cannot be read.
    """
    if model.is_file():
        return onnx_signature(model) if model.suffix == _ONNX else None
    graphs = [file.path for file in files if file.path.endswith(_ONNX) and "/" not in file.path]
    if len(graphs) == 1:
        return onnx_signature(model / graphs[0])
    return mlflow_signature(model) if any(file.path == FILE for file in files) else None
