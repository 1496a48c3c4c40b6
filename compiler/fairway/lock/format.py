"""What format a model's files are in, decided from their bytes rather than their names."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fairway.lock.digest import FileDigest

_PICKLE = b"\x80"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ONNX_IR_VERSION = b"\x08"


def found_format(folder: Path, files: tuple[FileDigest, ...]) -> str | None:
    """Return the format of a model, or None when its bytes do not tell.

    ``folder`` is the model's folder, or its file when it is a folder of one.
    """
    names = {file.path for file in files}
    if "MLmodel" in names:
        return "mlflow"
    if "saved_model.pb" in names:
        return "savedmodel"
    if len(files) != 1:
        return None
    path = folder if folder.is_file() else folder / files[0].path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "skops" if "schema.json" in archive.namelist() else None
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(_PICKLE) and path.suffix in (".pkl", ".pickle"):
        return "pickle"
    if head.startswith((_PICKLE, *_ZLIB)):
        return "joblib"
    # A protobuf whose first field is ir_version (field 1, varint), as every ONNX model begins.
    if head.startswith(_ONNX_IR_VERSION) and path.suffix == ".onnx":
        return "onnx"
    return None
