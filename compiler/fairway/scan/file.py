"""Scanning one file, as what its bytes are and what its place in the model makes of it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from fairway.scan.compressed import compression, expanded
from fairway.scan.detect import Kind, is_text, kind_of
from fairway.scan.layout import Role
from fairway.scan.npy import check_npy
from fairway.scan.onnx_file import ExternalData, OnnxScan
from fairway.scan.pickles import PickleWalk, acts_like_pickle
from fairway.scan.report import Allowed, Found, RefusedError
from fairway.scan.safetensors import scan_safetensors
from fairway.scan.savedmodel import SavedModelScan, holds_lambda
from fairway.scan.skops_file import scan_npz, scan_skops
from fairway.scan.stream import Stream

_MODELS: dict[Kind, str] = {
    "skops": "skops file",
    "onnx": "ONNX model",
    "savedmodel": "SavedModel's graph",
    "safetensors": "safetensors file",
    "pickle": "pickle",
    "compressed": "compressed pickle",
}
_REMOVE = "remove it from the model's folder"
_RAW: tuple[Kind, ...] = ("unknown", "text", "empty")
# Whoever opens a file by its suffix must find what the suffix says.
_SUFFIXES: dict[str, tuple[Kind, ...]] = {
    ".onnx": ("onnx",),
    ".skops": ("skops",),
    ".safetensors": ("safetensors",),
    ".npy": ("npy",),
    ".npz": ("npz",),
    ".joblib": ("pickle", "compressed"),
    ".pkl": ("pickle", "compressed"),
    ".pickle": ("pickle", "compressed"),
    ".pb": ("savedmodel",),
    **dict.fromkeys(
        (".json", ".yaml", ".yml", ".txt", ".md", ".csv", ".toml", ".cfg"), ("text", "empty")
    ),
}


class ScannedFile(NamedTuple):
    """What a file is, whether joblib put arrays into it, and which other files it reads."""

    kind: Kind
    arrays: bool
    external: frozenset[ExternalData]

    @property
    def is_model(self) -> bool:
        """Whether the file is a model by itself, rather than text or numbers."""
        return self.kind in _MODELS

    @property
    def noun(self) -> str:
        """What people call it."""
        return _MODELS[self.kind]

    def format(self, name: str) -> str:
        """Return the format of a model that is this file.

        A pickle without arrays of joblib's is read alike by joblib and by ``pickle``, so there
        its name decides.
        """
        if self.kind not in ("pickle", "compressed"):
            return self.kind
        plain = self.kind == "pickle" and not self.arrays
        return "pickle" if plain and name.endswith((".pkl", ".pickle")) else "joblib"


class FileScan:
    """One file's scan; what was found stays there when ``run`` raises ``RefusedError``."""

    def __init__(self, path: Path, size: int, allowed: Allowed, *, plain: bool) -> None:
        self.found = Found()
        self.kind: Kind = "unknown"
        self.arrays = False
        self.external: set[ExternalData] = set()
        self._path = path
        self._size = size
        self._allowed = allowed
        self._plain = plain

    def run(self, role: Role) -> None:
        """Read the file as ``role``; ``plain`` reads pickles as ``pickle.load``, without joblib."""
        if self._path.is_symlink() or not self._path.is_file():
            raise RefusedError("it is a link, or no file", "copy the file itself")
        with self._path.open("rb") as file:
            if file.seek(0, 2) != self._size:
                raise RefusedError("its size changed while it was scanned", "scan it again")
            self.kind = kind_of(file, self._size)
            if role == "any":
                self._by_kind(file)
            else:
                self._by_role(file, role)

    def _by_role(self, file: BinaryIO, role: Role) -> None:
        kind = self.kind
        if role == "code":
            fits = kind in ("text", "empty") or (kind == "program" and is_text(file))
        elif role == "metadata":
            fits = kind in (*_RAW, "onnx", "savedmodel")
        else:
            # Numbers may begin like a pickle, and then do not go on as one.
            fits = kind in _RAW or (kind == "pickle" and not self._acts(file))
        if not fits:
            noun = _MODELS.get(kind, kind)
            raise RefusedError(f"it is a {noun}, hidden under another name", _REMOVE)
        if role == "metadata":
            file.seek(0)
            if holds_lambda(iter(lambda: file.read(1 << 16), b"")):
                message = "a Keras Lambda layer holds Python byte code"
                raise RefusedError(message, "export the model again without it")
        self.kind = "text" if role == "code" else "empty"

    def _by_kind(self, file: BinaryIO) -> None:
        size, found = self._size, self.found
        stream = Stream.of_file(file, size)
        match self.kind:
            case "pickle":
                if compression(stream.peek(16)) is not None:
                    raise RefusedError("it is a pickle to one reader, and compressed to another")
                self._pickle(stream)
            case "compressed":
                self._compressed(file)
            case "skops":
                scan_skops(file, size, found, self._allowed.skops_types)
            case "onnx":
                scan = OnnxScan(stream, size, found)
                scan.run()
                self.external = scan.external
            case "savedmodel":
                SavedModelScan(stream, size, found).run()
            case "safetensors":
                scan_safetensors(file, size)
            case "npy":
                check_npy(stream, size)
            case "npz":
                scan_npz(file, size)
            case "archive":
                raise RefusedError("it is an archive of no known format", _REMOVE)
            case "program":
                raise RefusedError("it is a program", _REMOVE)

    def _pickle(self, stream: Stream) -> None:
        walk = PickleWalk(stream, self.found, self._allowed.pickle_globals, joblib=not self._plain)
        try:
            walk.run()
        finally:
            self.arrays = walk.arrays

    def _compressed(self, file: BinaryIO) -> None:
        if self._plain:
            raise RefusedError("it is compressed, and would be read as it is", "log it again")
        file.seek(0)
        name = compression(file.read(16)) or ""
        self._pickle(expanded(file, self._size, name))

    def _acts(self, file: BinaryIO) -> bool:
        return acts_like_pickle(Stream.of_file(file, self._size))


def check_name(name: str, kind: Kind, role: Role) -> None:
    """Raise ``RefusedError`` when a file's name says that it is something else."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    expected = ("text",) if path.name == "MLmodel" else _SUFFIXES.get(suffix)
    if role == "any" and expected is not None and kind not in expected:
        noun = _MODELS.get(kind, "file of another kind" if kind == "unknown" else kind)
        raise RefusedError(f"it is named like another kind of file, and is a {noun}", _REMOVE)
