"""Writes ``compiler/fairway/scan/known_types.json``: what real models of scikit-learn hold.

The product imports no model library, so the names are data. They come from the installed
scikit-learn, NumPy, SciPy and skops; run this again when those move:

    python tests/scan/known_types.py

``classes`` may be built empty and given a state, ``called`` may be called with data, ``functions``
may only be mentioned. ``skops`` is what skops itself trusts, by the kind of node.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

TARGET = Path(__file__).parents[2] / "compiler" / "fairway" / "scan" / "known_types.json"
# Tests, downloads, plots and what only developers of scikit-learn import.
_SKIPPED = (
    ".tests", ".externals", "_testing", "conftest", "_build_utils", ".datasets", ".experimental",
    "_test_common", "_mocking", ".inspection", ".callback", "estimator_checks", "_plot",
)  # fmt: skip
# Classes that are no estimators, and that fitted estimators hold.
_PARTS = (
    "sklearn._loss.link", "sklearn._loss.loss", "sklearn.calibration", "sklearn.cluster._birch",
    "sklearn.cluster._bisect_k_means", "sklearn.compose._column_transformer",
    "sklearn.ensemble._hist_gradient_boosting.predictor", "sklearn.gaussian_process.kernels",
    "sklearn.impute._iterative", "sklearn.metrics._dist_metrics", "sklearn.metrics._scorer",
    "sklearn.model_selection._search", "sklearn.model_selection._split",
    "sklearn.neighbors._ball_tree", "sklearn.neighbors._kd_tree",
    "sklearn.neural_network._stochastic_optimizers", "sklearn.utils._bunch",
    "sklearn.utils._metadata_requests",
)  # fmt: skip
_CALLED = ("sklearn._loss._loss", "sklearn.linear_model._sgd_fast", "sklearn.tree._tree")
# It calls a function that the file names, for every pair of rows.
_REFUSED = ("PyFuncDistance", "PyFuncDistance32", "PyFuncDistance64")
_NUMPY_FUNCTIONS = (  # noqa: SIM905
    "abs absolute all amax amin any argmax argmin argsort around asarray atleast_1d atleast_2d"
    " average clip column_stack concatenate count_nonzero cumprod cumsum diff dot hstack identity"
    " isclose max mean median min nan_to_num nanmax nanmean nanmedian nanmin nanstd nansum nanvar"
    " percentile prod ptp quantile ravel reshape round sort squeeze std sum transpose unique var"
    " vstack where zeros_like ones_like"
).split()
_MEASURES = ("_kernel", "_distances", "_similarity")
_SCIPY_CLASSES = {
    "scipy.interpolate._bsplines": ["BSpline"],
    "scipy.spatial._ckdtree": ["cKDTree"],
    "scipy.spatial._kdtree": ["KDTree"],
}


def known() -> dict[str, object]:
    """Everything the file holds; the same for the same installed versions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "classes": _grouped([*_sklearn_classes(), *_sparse(), *_scipy(), *_numpy_classes()]),
            "called": _grouped(_called()),
            "functions": _grouped(_functions()),
            "skops": _skops(),
        }


def _modules() -> Iterator[ModuleType]:
    import sklearn

    for info in pkgutil.walk_packages(sklearn.__path__, "sklearn."):
        if not any(part in info.name for part in _SKIPPED):
            yield importlib.import_module(info.name)


def _classes_of(module: ModuleType) -> Iterator[type]:
    for name, value in vars(module).items():
        if not isinstance(value, type) or value.__module__ != module.__name__:
            continue
        if value.__name__ == name and name not in _REFUSED:
            yield value


def _sklearn_classes() -> Iterator[tuple[str, str]]:
    from sklearn.base import BaseEstimator

    for module in _modules():
        for value in _classes_of(module):
            if issubclass(value, BaseEstimator) or module.__name__ in _PARTS:
                yield module.__name__, value.__name__


def _called() -> Iterator[tuple[str, str]]:
    for name in _CALLED:
        for value in _classes_of(importlib.import_module(name)):
            if value.__name__ == "Tree" or not name.endswith("_tree"):
                yield name, value.__name__


def _sparse() -> Iterator[tuple[str, str]]:
    for form in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil"):
        for kind in ("matrix", "array"):
            yield f"scipy.sparse._{form}", f"{form}_{kind}"
            if kind == "matrix":
                yield f"scipy.sparse.{form}", f"{form}_{kind}"


def _scipy() -> Iterator[tuple[str, str]]:
    for module, names in _SCIPY_CLASSES.items():
        yield from ((module, name) for name in names)


def _numpy_classes() -> Iterator[tuple[str, str]]:
    import numpy as np

    for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        yield getattr(np.random, name).__module__, name
    yield "numpy.random.bit_generator", "SeedSequence"


def _functions() -> Iterator[tuple[str, str]]:
    import numpy as np
    import sklearn.cluster._kmeans as kmeans
    import sklearn.feature_selection as selection
    import sklearn.metrics as metrics
    import sklearn.metrics.pairwise as pairwise
    from scipy import special

    yield from _plain(metrics, sorted({*metrics.__all__} - {"get_scorer", "make_scorer"}))
    yield from _plain(pairwise, [name for name in dir(pairwise) if name.endswith(_MEASURES)])
    yield from _plain(selection, selection.__all__)
    yield from _plain(kmeans, [name for name in dir(kmeans) if name.startswith("_kmeans_single_")])
    scalars = {value.__name__ for value in np.sctypeDict.values()}
    ufuncs = [name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)]
    for name in sorted({*ufuncs, *_NUMPY_FUNCTIONS, *(scalars - {"object_", "void"})}):
        yield "numpy", name
    for name in ufuncs:
        yield "numpy.core._multiarray_umath", name
        yield "numpy._core._multiarray_umath", name
    for name in dir(special):
        if isinstance(getattr(special, name), np.ufunc):
            yield "scipy.special._ufuncs", name
    yield "scipy._lib.array_api_compat.numpy._aliases", "asarray"


def _plain(package: ModuleType, names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        value = getattr(package, name)
        if isinstance(value, FunctionType) and value.__module__.startswith("sklearn."):
            yield value.__module__, value.__name__


def _skops() -> dict[str, list[str]]:
    import numpy as np
    from scipy.sparse import sparray, spmatrix
    from skops.io import _sklearn as nodes
    from skops.io import _trusted_types as lists
    from skops.io._utils import get_type_name

    kept = {
        "DictNode": ["builtins.dict", "collections.OrderedDict"],
        "DefaultDictNode": ["collections.defaultdict"],
        "ListNode": ["builtins.list"],
        "SetNode": ["builtins.set"],
        "TupleNode": ["builtins.tuple"],
        "BytesNode": ["builtins.bytes"],
        "BytearrayNode": ["builtins.bytearray"],
        "TypeNode": lists.PRIMITIVE_TYPE_NAMES
        + lists.CONTAINER_TYPE_NAMES
        + lists.NUMPY_DTYPE_TYPE_NAMES,
        "FunctionNode": lists.SCIPY_UFUNC_TYPE_NAMES + lists.NUMPY_UFUNC_TYPE_NAMES,
        "ObjectNode": lists.SKLEARN_ESTIMATOR_TYPE_NAMES + lists.SKLEARN_INTERNAL_TYPE_NAMES,
        "NdArrayNode": [get_type_name(np.ndarray), *lists.NUMPY_DTYPE_TYPE_NAMES],
        "MaskedArrayNode": [get_type_name(np.ma.MaskedArray)],
        "RandomStateNode": [get_type_name(np.random.RandomState)],
        "RandomGeneratorNode": [get_type_name(np.random.Generator)],
        "SparseMatrixNode": [get_type_name(spmatrix), get_type_name(sparray)],
        "LossNode": [get_type_name(loss) for loss in nodes.ALLOWED_LOSSES],
        "bit generators": lists.NUMPY_RANDOM_BIT_GENERATOR_TYPE_NAMES,
    }
    return {kind: sorted(set(names)) for kind, names in kept.items()}


def _grouped(names: object) -> dict[str, list[str]]:
    groups: dict[str, set[str]] = {}
    for module, name in names:  # type: ignore[attr-defined]
        groups.setdefault(module, set()).add(name)
    return {module: sorted(groups[module]) for module in sorted(groups)}


def text() -> str:
    """The file: a line for each module, so that a change can be reviewed."""
    parts = []
    for section, groups in known().items():
        assert isinstance(groups, dict)
        lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in groups.items())
        parts.append(f" {json.dumps(section)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
