"""Scanning a model: what it is, what it would import or run, and why it is refused if it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fairway.lock.digest import FileDigest
from fairway.scan.detect import Kind
from fairway.scan.file import FileScan, ScannedFile, check_name
from fairway.scan.layout import Layout, layout_of
from fairway.scan.mlmodel import LARGEST, NAME, MlflowModel, read_mlmodel
from fairway.scan.onnx_file import ExternalData
from fairway.scan.report import Allowed, Fault, Found, RefusedError, ScanReport

_MOST_FILES = 10_000
_MOST_FAULTS = 200  # then the model is refused as a whole: each bomb costs a second
_REMOVE = "remove it from the model's folder"


def scan_model(
    folder: Path, files: Sequence[FileDigest], allowed: Allowed, *, python: bool = False
) -> ScanReport:
    """Return what is in a model's files; never raises for what is in them.

    ``folder`` is the model's folder, or its only file; ``files`` are all of its files. A file
    that is missing, or that changes or fails while it is read, is a fault as well. With ``python``
    the files are data for code that lies elsewhere and is reviewed: they may be of any kind, but
    what would run code in a reader is refused as ever.
    """
    try:
        return _Model(folder, files, allowed, python=python).scan()
    except RefusedError as error:
        return ScanReport(None, None, (), (), (Fault(folder.name, error.message, error.fix),))
    except Exception as error:  # noqa: BLE001  # a scanner that fails has not looked
        message = f"it could not be scanned ({type(error).__name__}: {error})"[:300]
        fault = Fault(folder.name, message, "save the model again, and report this with the file")
        return ScanReport(None, None, (), (), (fault,))


class _Model:
    """One scan of one model."""

    def __init__(
        self, folder: Path, files: Sequence[FileDigest], allowed: Allowed, *, python: bool
    ) -> None:
        if not files or len(files) > _MOST_FILES:
            message = f"a model has 1 to {_MOST_FILES} files, and this has {len(files)}"
            raise RefusedError(message, "lock the model's own files only")
        single = folder.is_file()
        self._paths = {file.path: folder if single else folder / file.path for file in files}
        self._sizes = {file.path: file.size for file in files}
        self._allowed = allowed
        self._python = python
        self._faults: list[Fault] = []
        self._types: set[str] = set()
        self._operators: set[str] = set()

    def scan(self) -> ScanReport:
        """Look at every file, each as what its place in the model makes of it."""
        layout = layout_of(self._sizes)
        mlflow = self._mlflow(layout)
        scanned: dict[str, ScannedFile] = {}
        for name in sorted(self._sizes):
            scanned[name] = self._file(name, layout, mlflow)
            if len(self._faults) > _MOST_FAULTS:
                raise RefusedError("more of its files are refused than are told", _REMOVE)
        self._external(scanned)
        form = self._format(layout, scanned, mlflow)
        return ScanReport(
            form,
            mlflow.flavor if mlflow is not None else None,
            tuple(sorted(self._types)),
            tuple(sorted(self._operators)),
            tuple(sorted(self._faults)),
            mlflow.inner if mlflow is not None else None,
        )

    def _mlflow(self, layout: Layout) -> MlflowModel | None:
        if layout.kind != "mlflow":
            return None
        found = Found()
        try:
            if self._sizes[NAME] > LARGEST:
                raise RefusedError("the MLmodel is larger than 1 MiB")
            data = self._paths[NAME].read_bytes()
            return read_mlmodel(data, self._sizes.keys(), self._allowed.skops_types, found)
        except (RefusedError, OSError) as error:
            fix = error.fix if isinstance(error, RefusedError) else _REMOVE
            found.faults[str(error), fix] = None
            return None
        finally:
            self._keep(NAME, found)

    def _file(self, name: str, layout: Layout, mlflow: MlflowModel | None) -> ScannedFile:
        """Scan one file; whatever goes wrong is a fault of that file."""
        role = layout.role(name)
        pickles = mlflow is not None and mlflow.serialization in ("pickle", "cloudpickle")
        scan = FileScan(self._paths[name], self._sizes[name], self._allowed, plain=pickles)
        try:
            if role == "code" and layout.kind != "python":
                raise RefusedError("it is Python code, which loading might import", _REMOVE)
            scan.run(role)
            check_name(name, scan.kind, role)
        except RefusedError as error:
            scan.found.faults[error.message, error.fix] = None
        except Exception as error:  # noqa: BLE001  # a scanner that fails has not looked
            message = f"it could not be scanned ({type(error).__name__}: {error})"[:300]
            scan.found.faults[message, "save the model again, and report this with the file"] = None
        self._keep(name, scan.found)
        return ScannedFile(scan.kind, scan.arrays, frozenset(scan.external))

    def _keep(self, name: str, found: Found) -> None:
        self._types |= found.types
        self._operators |= found.operators
        self._faults += [Fault(name, message, fix) for message, fix in found.faults]

    def _fault(self, name: str, message: str, fix: str) -> None:
        self._faults.append(Fault(name, message, fix))

    def _external(self, scanned: dict[str, ScannedFile]) -> None:
        """Every tensor outside of an ONNX file lies in a file of the model; others have no use."""
        raw: set[str] = set()
        for name, file in scanned.items():
            for place in sorted(file.external, key=str):
                path = str(PurePosixPath(name).parent / place.location)
                raw.add(path)
                if not self._holds(path, place):
                    message = f"a tensor is read from {place.location}, which does not hold it"
                    self._fault(name, message, "add the file that was exported with the model")
        for name, file in scanned.items():
            if file.kind == "unknown" and name not in raw and not self._python:
                message = "it is of no kind that can be looked into"
                self._fault(name, message, _REMOVE)

    def _holds(self, path: str, place: ExternalData) -> bool:
        size = self._sizes.get(path)
        return size is not None and place.offset + (place.length or 0) <= size

    def _format(
        self, layout: Layout, scanned: dict[str, ScannedFile], mlflow: MlflowModel | None
    ) -> str | None:
        models = {name: file for name, file in scanned.items() if file.is_model}
        if layout.kind == "python" or (self._python and layout.kind is None):
            return "python"
        if layout.kind is not None:
            expected = mlflow.paths if mlflow is not None else (layout.graph,)
            for name, file in models.items():
                if not any(name == path or name.startswith(f"{path}/") for path in expected):
                    message = f"a {file.noun} hides in a folder of the format {layout.kind}"
                    self._fault(name, message, _REMOVE)
            if mlflow is not None:
                self._mlflow_files(mlflow, scanned)
            return layout.kind
        if len(models) == 1:
            ((name, file),) = models.items()
            return file.format(name)
        what = "several models" if models else "no model"
        at = min(models or scanned)
        self._fault(at, f"the files hold {what} of a known format", "lock one model at a time")
        return None

    def _mlflow_files(self, mlflow: MlflowModel, scanned: dict[str, ScannedFile]) -> None:
        """Hold what MLflow loads to what the MLmodel says it is."""
        wanted: dict[str, tuple[Kind, ...]] = {"onnx": ("onnx",), "tensorflow": ()}
        kinds = wanted.get(mlflow.flavor, ("skops",))
        if mlflow.serialization in ("pickle", "cloudpickle"):
            kinds = ("pickle",)
        for path in mlflow.paths:
            if mlflow.flavor == "tensorflow":
                graph = scanned.get(f"{path}/saved_model.pb")
                fits = graph is not None and graph.kind == "savedmodel"
            else:
                fits = path in scanned and scanned[path].kind in kinds
            if not fits:
                said = mlflow.serialization or mlflow.flavor
                message = f"MLflow would read it as {said}, which it is not"
                self._fault(path, message, "log the model again")
