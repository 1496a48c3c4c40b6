"""The names that the scanner knows are those of the installed libraries, and none of a gadget."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scan.known_types import TARGET

from fairway.scan.allow import allowed_global, known_types

GADGETS = [
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"),
    ("builtins", "getattr"), ("builtins", "__import__"), ("builtins", "open"), ("builtins", "map"),
    ("functools", "partial"), ("functools", "reduce"), ("operator", "attrgetter"),
    ("operator", "methodcaller"), ("importlib", "import_module"), ("subprocess", "Popen"),
    ("numpy", "load"), ("numpy", "loads"), ("numpy", "save"), ("numpy", "fromfile"),
    ("numpy", "memmap.tofile"), ("numpy", "frompyfunc"), ("numpy", "apply_along_axis"),
    ("numpy", "vectorize"), ("numpy.f2py", "compile"),
    ("numpy.testing._private.utils", "runstring"), ("sklearn.metrics._scorer", "get_scorer"),
    ("joblib.numpy_pickle", "load"), ("joblib.memory", "Memory"), ("joblib.parallel", "Parallel"),
    ("sklearn.datasets._base", "load_files"), ("sklearn.utils._testing", "TempMemmap"),
    ("sklearn.utils.parallel", "Parallel"), ("sklearn.utils.parallel", "_FuncWrapper"),
    ("sklearn.metrics._dist_metrics", "PyFuncDistance64"),
    ("sklearn.utils.fixes", "os"), ("scipy.io", "loadmat"), ("pickle", "loads"),
    ("_pickle", "loads"), ("cloudpickle.cloudpickle", "_make_function"), ("types", "FunctionType"),
    ("types", "CodeType"), ("codecs", "encode"), ("ctypes", "CDLL"), ("copyreg", "add_extension"),
]  # fmt: skip


def test_the_file_is_what_the_libraries_give():
    """Run ``python tests/scan/known_types.py`` when this fails, and read the difference.

    In a process of its own: some names depend on what was imported before.
    """
    script = Path(__file__).with_name("known_types.py")
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['text'](), end='')"
    done = subprocess.run(
        [sys.executable, "-c", code, script], capture_output=True, text=True, check=True
    )
    assert TARGET.read_text("utf-8") == done.stdout


@pytest.mark.parametrize(("module", "name"), GADGETS)
def test_no_gadget_is_allowed(module: str, name: str):
    assert allowed_global(module, name, ()) is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_classes_are_classes_and_functions_are_not():
    assert known_types()["classes"].keys().isdisjoint({"builtins", "os"})
    for section, wanted in (("classes", True), ("called", True)):
        for module, names in known_types()[section].items():
            for name in names:
                try:
                    found = getattr(importlib.import_module(module), name)
                except (ImportError, AttributeError):
                    assert module.startswith("scipy.sparse."), module  # where SciPy 1.7 had it
                    continue
                assert isinstance(found, type) is wanted, f"{module}.{name}"


def test_no_known_name_reads_files_or_runs_code():
    """By name, as a second look at a list of two thousand."""
    suspicious = re.compile(
        r"(^|_)(load|save|open|read|write|fetch|dump|exec|eval|compile|import|system|popen|spawn"
        r"|call|tofile|fromfile|memmap|vectorize|frompyfunc|apply)", re.IGNORECASE
    )  # fmt: skip
    names = {
        f"{module}.{name}"
        for section in ("classes", "called", "functions")
        for module, group in known_types()[section].items()
        for name in group
    }
    numeric = re.compile(r"scipy\.special\._ufuncs\.(eval|smirnov)_?\w*")  # polynomials
    told = {name for name in names if suspicious.search(name.rpartition(".")[2])}
    assert sorted(name for name in told if not numeric.fullmatch(name)) == []
