"""Which names a pickle may import, and what it may do with each.

The built-in list is exact: a module and a name, never a prefix. It holds what fitted models of
scikit-learn really pickle (``known_types.json``, written from the installed libraries) and the
few functions of NumPy, SciPy, joblib and Python below, each with a policy for its arguments.
Left out on purpose are all that call what they are given (``getattr``, ``operator``,
``functools.partial``, ``joblib.memory``, ``PyFuncDistance``), that read files (``numpy.load``,
``sklearn.datasets``), that evaluate text (``numpy.testing``, ``numpy.f2py``), and ``io``.
"""

from __future__ import annotations

import json
import re
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from functools import cache
from pathlib import Path
from typing import Any

from fairway.scan.report import trusted
from fairway.scan.values import Global

_CLASS = re.compile(r"_*[A-Z][A-Za-z0-9_]*\Z")
ANY = "any"
"""The policy of a name that the project trusts: whatever it is called with."""
_NUMPY = ("numpy.core", "numpy._core")
_CALLS: dict[tuple[str, str], str] = {
    ("numpy", "dtype"): "dtype",
    ("numpy.ma.core", "_mareconstruct"): "masked",
    ("numpy.random._pickle", "__bit_generator_ctor"): "bit generator",
    ("numpy.random._pickle", "__generator_ctor"): "generator",
    ("numpy.random._pickle", "__randomstate_ctor"): "generator",
    ("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"): "cython",
    ("_codecs", "encode"): "latin-1",
    ("copyreg", "_reconstructor"): "reconstructor",
    ("builtins", "bytes"): "nothing",
    ("builtins", "bytearray"): "bytes",
    ("builtins", "complex"): "data",
    ("builtins", "frozenset"): "items",
    ("builtins", "range"): "data",
    ("builtins", "set"): "items",
    ("builtins", "slice"): "data",
    ("collections", "OrderedDict"): "table",
    ("collections", "defaultdict"): "defaultdict",
    ("collections", "deque"): "items",
    ("datetime", "date"): "data",
    ("datetime", "datetime"): "data",
    ("datetime", "time"): "data",
    ("datetime", "timedelta"): "data",
    ("datetime", "timezone"): "data",
    ("decimal", "Decimal"): "data",
    ("uuid", "UUID"): "data",
    **{(f"{core}.multiarray", "_reconstruct"): "reconstruct" for core in _NUMPY},
    **{(f"{core}.multiarray", "scalar"): "scalar" for core in _NUMPY},
    **{(f"{core}.numeric", "_frombuffer"): "buffer" for core in _NUMPY},
    **{
        (f"sklearn.{module}", "newObj"): "new"
        for module in (
            "metrics._dist_metrics",
            "neighbors._ball_tree",
            "neighbors._dist_metrics",
            "neighbors._kd_tree",
        )
    },
}
# Mentioned as types: of arrays, of what is rebuilt, of what a vectorizer gives.
_MENTIONED = {
    ("builtins", name)
    for name in ("bool", "dict", "float", "int", "list", "object", "str", "tuple")
} | {
    ("numpy", "matrix"),
    ("numpy", "memmap"),
    ("numpy", "ndarray"),
    ("numpy.ma", "MaskedArray"),
    ("numpy.ma.core", "MaskedArray"),
}
WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
# Their states are tuples that they take apart themselves; for others a pair would set slots.
_TUPLE_STATES = ("numpy.random.", "sklearn.metrics._dist_metrics", "sklearn.neighbors._", "scipy.")


@cache
def known_types() -> dict[str, Any]:
    """Return the names that were written from the installed libraries."""
    text = Path(__file__).with_name("known_types.json").read_text("utf-8")
    value: dict[str, Any] = json.loads(text)
    return value


@cache
def _listed(section: str) -> frozenset[tuple[str, str]]:
    groups = known_types()[section]
    return frozenset((module, name) for module, names in groups.items() for name in names)


def renamed(module: str, name: str) -> tuple[str, str]:
    """Return what a pickle of protocol 0 to 2 imports: Python 3 renames Python 2's modules."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def allowed_global(module: str, name: str, patterns: tuple[str, ...]) -> Global | None:
    """Return what may be done with a name, or None when it may not be imported at all."""
    key = module, name
    if key in _CALLS:
        return Global(module, name, new=_CALLS[key] in ("data", "items", "table"), call=_CALLS[key])
    if key in _MENTIONED or key in _listed("functions"):
        return Global(module, name)
    if key in _listed("called"):
        return Global(module, name, new=True, call="data")
    if key in _listed("classes"):
        return Global(module, name, new=True)
    if _may_be_trusted(module, name, patterns):
        return Global(module, name, new=True, call=ANY)
    return None


def _may_be_trusted(module: str, name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a project's pattern holds for a name.

    A wildcard trusts a library's classes: its functions (``numpy.load``) are named one by one. A
    dot in the name would walk from attribute to attribute, out of what was trusted.
    """
    full = f"{module}.{name}"
    if full in patterns:
        return "." not in name
    plain = all(part.isascii() and part.isidentifier() for part in full.split("."))
    return plain and _CLASS.match(name) is not None and trusted(full, patterns)


def takes_tuple(made: Global) -> bool:
    """Return whether a class takes a tuple as its state, rather than attributes and slots."""
    return made.call == ANY or made.module.startswith(_TUPLE_STATES)
