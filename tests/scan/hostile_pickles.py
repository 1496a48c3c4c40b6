"""Pickles that would leave a marker behind, or do other harm, if anybody loaded them.

Each is written opcode by opcode or by Python's own picklers; none is ever loaded in this process.
``LIVE`` names those that a real unpickler runs to the end, which a test proves in a process of
its own: the corpus is what it says it is.
"""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import operator
import os
import pickle
import runpy
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
from joblib.numpy_pickle import NumpyPickler
from scan.scanning import command


class Calls:
    """Pickles as a call of ``function`` with ``arguments``."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def system(marker: Path, protocol: int = 4) -> bytes:
    return pickle.dumps(Calls(os.system, command(marker)), protocol=protocol)


def call(module: str, name: str, *arguments: str) -> bytes:
    """A call of texts, by STACK_GLOBAL and REDUCE."""
    values = b"".join(text(argument) for argument in arguments)
    return b"\x80\x04" + text(module) + text(name) + b"\x93(" + values + b"tR."


def joblib_bytes(value: object, compress: int | tuple[str, int] = 0) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream, compress=compress)
    return stream.getvalue()


def evil_array(marker: Path) -> np.ndarray:
    array = np.empty(2, dtype=object)
    array[:] = [1.0, Calls(os.system, command(marker))]
    return array


def renamed_string(marker: Path) -> bytes:
    """The memo's place 0 is a harmless name when it is written, and another when it is read."""
    return b"".join(
        (b"\x80\x04", text("sklearn"), b"q\x00", b"0", text("posix"), b"q\x00", b"0h\x00"[1:],
         text("system"), b"\x93", text(command(marker)), b"\x85R.")
    )  # fmt: skip


def swapped_strings(marker: Path) -> bytes:
    """Module and name come out of the memo the other way round than they went in."""
    return b"".join(
        (b"\x80\x04", text("system"), b"q\x000", text("posix"), b"q\x010", b"h\x01h\x00\x93",
         text(command(marker)), b"\x85R.")
    )  # fmt: skip


def set_attribute(marker: Path) -> bytes:
    """BUILD with slots sets an attribute of a class, here to a function that runs commands."""
    return b"".join(
        (b"\x80\x04", text("sklearn.model_selection._split"), text("KFold"), b"\x93",
         b"N}", text("__setstate__"), text("posix"), text("system"), b"\x93s\x86b",
         b")\x81", text(command(marker)), b"b.")
    )  # fmt: skip


def array_in_a_frame(marker: Path) -> bytes:
    """joblib reads an array's bytes behind the frame, and goes on inside of it."""
    stream = io.BytesIO()
    pickler = NumpyPickler(stream, protocol=4)
    pickler.dump(np.zeros(4))
    data = stream.getvalue()
    start = data.index(b"\x95")
    length = struct.unpack("<Q", data[start + 1 : start + 9])[0]
    inside = data[start + 9 : start + 9 + length] + b"0" + system(marker, 2)[2:]
    rest = data[start + 9 + length :]
    return data[: start + 1] + struct.pack("<Q", len(inside)) + inside + rest


def array_that_is_code(marker: Path) -> bytes:
    """Numbers to joblib and a pickle to ``pickle.load``: the array's bytes are opcodes."""
    payload = b"0" + system(marker)[2:]
    payload += b"." * (-len(payload) % 8)
    return joblib_bytes(np.frombuffer(payload, dtype="V8").copy())


def lying_dtype(marker: Path) -> bytes:
    """A dtype of numbers that claims to hold objects, so that joblib reads a pickle."""
    data = joblib_bytes(np.zeros(3))
    flags = b"\xff\xff\xff\xffK\x00t"
    assert data.count(flags) == 1
    description = data.replace(flags, flags.replace(b"K\x00", b"K\x3f"))[: -len(bytes(24) + b".")]
    return description.rstrip(b"\xff")[:-1] + system(marker) + b"."


def behind_an_array(marker: Path) -> bytes:
    return joblib_bytes({"weights": np.ones(5), "then": Calls(os.system, command(marker))})


def short_list() -> bytes:
    """NumPy takes as many objects from the list as the array has, past the list's end."""
    data = pickle.dumps(np.array([None] * 3, dtype=object), 4)
    assert data.count(b"K\x03\x85") == 1
    return data.replace(b"K\x03\x85", b"K\xc8\x85")


@functools.cache
def zlib_bomb() -> bytes:
    """Six hundred megabytes of zeros."""
    size = 600 << 20
    parts = (b"\x80\x04\x8e", struct.pack("<Q", size), *[bytes(1 << 20)] * (size >> 20), b".")
    compressor = zlib.compressobj(1)
    return b"".join(map(compressor.compress, parts)) + compressor.flush()


def hostile_pickles(marker: Path) -> dict[str, bytes]:
    """Every pickle by a name that says what it does."""
    run = command(marker)
    plain = system(marker)
    code = f"import os; os.system({run!r})"
    return {
        **{f"os.system, protocol {number}": system(marker, number) for number in range(6)},
        "subprocess": pickle.dumps(Calls(subprocess.call, ["sh", "-c", run])),
        "exec": pickle.dumps(Calls(exec, code)),
        "eval": pickle.dumps(Calls(eval, f"__import__('os').system({run!r})")),
        "compile": pickle.dumps(Calls(compile, code, "x", "exec")),
        "runpy": pickle.dumps(Calls(runpy._run_code, code, {})),
        "importlib": call("importlib", "import_module", "antigravity"),
        "__import__": call("builtins", "__import__", "antigravity"),
        "python 2 names": b"c__builtin__\neval\n(S'1+1'\ntR.",
        "python 2 names of another module": b"ccommands\ngetoutput\n(S'id'\ntR.",
        "getattr chain": b"".join(
            (b"\x80\x04", text("builtins"), text("getattr"), b"\x93(", text("os"),
             text("path"), b"\x93", text("os"), b"tR", b"0N.")
        ),
        "inst": b"(S'" + run.encode() + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'" + run.encode() + b"'\no.",
        "global, protocol 0": b"cos\nsystem\n(S'" + run.encode() + b"'\ntR.",
        "unicode line": b"cos\nsystem\n(V" + run.encode() + b"\ntR.",
        "newobj": b"".join(
            (b"\x80\x04", text("subprocess"), text("Popen"), b"\x93(", text(run), b"t\x81.")
        ),
        "newobj_ex": b"".join(
            (b"\x80\x04", text("subprocess"), text("Popen"), b"\x93", b"(", text(run), b"t}",
             text("shell"), b"\x88s\x92.")
        ),
        "newobj_ex of an allowed class": b"".join(
            (b"\x80\x04", text("sklearn.linear_model._ridge"), text("Ridge"), b"\x93)}\x92.")
        ),
        "functools.partial": pickle.dumps(functools.partial(os.system, run)),
        "functools.reduce": pickle.dumps(Calls(functools.reduce, os.system, [run])),
        "operator.methodcaller": pickle.dumps(operator.methodcaller("system", run)),
        "operator.attrgetter": pickle.dumps(operator.attrgetter("system")),
        "map over system": pickle.dumps(Calls(list, Calls(map, os.system, [run]))),
        "numpy.load": call("numpy", "load", "/etc/passwd"),
        "numpy.fromfile": call("numpy", "fromfile", "/etc/passwd"),
        "numpy.testing.runstring": call("numpy.testing._private.utils", "runstring", code),
        "numpy.f2py": call("numpy.f2py", "compile", code),
        "numpy.ctypeslib": call("numpy.ctypeslib", "load_library", "evil", "/"),
        "numpy.distutils": call("numpy.distutils.exec_command", "exec_command", run),
        "joblib.load": call("joblib.numpy_pickle", "load", "other.pkl"),
        "sklearn reads files": call("sklearn.datasets._base", "load_files", "/etc"),
        "sklearn external": call("sklearn.externals.joblib", "load", "other.pkl"),
        "scipy reads files": call("scipy.io._fortran", "FortranFile", "/etc/passwd"),
        "pandas evaluates": call("pandas.core.computation.eval", "eval", "1+1"),
        "pickle in bytes": pickle.dumps(Calls(pickle.loads, plain)),
        "pickle of unpickler": call("_pickle", "loads", "x"),
        "cloudpickle": call("cloudpickle.cloudpickle", "_make_function", "x"),
        "code object": call("types", "CodeType", "x"),
        "marshal": call("marshal", "loads", "x"),
        "file opened for writing": call("io", "open", str(marker), "w"),
        "webbrowser": call("webbrowser", "open", "http://127.0.0.1/"),
        "dotted name": call("sklearn", "os.system", run),
        "dotted name of an allowed class": call("sklearn.tree._tree", "Tree.__init__.__globals__"),
        "name that looks alike": call("ｏｓ", "system", run),
        "name with a hidden character": call("o\u200bs", "system", run),
        "name with a combined letter": call("sklearn.pipeline", "Pipéline"),
        "module and name divided elsewhere": call("numpy", "core.multiarray._reconstruct"),
        "name that is computed": b"".join(
            (b"\x80\x04", text("os"), b"C\x06system\x93", text(run), b"\x85R.")
        ),
        "name of ten thousand letters": call("os" * 5000, "system", run),
        "memo written twice": renamed_string(marker),
        "memo swapped": swapped_strings(marker),
        "memo out of order": b"\x80\x04" + text("x") + b"r\xff\xff\xff\x7f.",
        "memo never written": b"\x80\x04h\x05.",
        "extension 1": b"\x80\x02\x82\x01.",
        "extension 2": b"\x80\x02\x83\x01\x00.",
        "extension 4": b"\x80\x02\x84\x01\x00\x00\x00.",
        "persistent id": b"\x80\x02" + text("id") + b"Q.",
        "persistent id, protocol 0": b"Pid\n.",
        "buffer from outside": b"\x80\x05\x97.",
        "read-only buffer": b"\x80\x05\x97\x98.",
        "class gets an attribute": set_attribute(marker),
        "special attribute": pickle.dumps(Calls(dict))[:-1] + b"N0" + b"".join(
            (text("sklearn.linear_model._ridge"), text("Ridge"), b"\x93)\x81}",
             text("__class__"), b"Nsb.")
        ),
        "array of a petabyte": b"".join(
            (b"\x80\x04", text("numpy._core.multiarray"), text("_reconstruct"), b"\x93",
             text("numpy"), text("ndarray"), b"\x93", b"\x8a\x07\x00\x00\x00\x00\x00\x00\x04\x85",
             b"C\x01b\x87R.")
        ),
        "bytes of a petabyte": b"\x80\x04" + text("builtins") + text("bytearray")
        + b"\x93\x8a\x07\x00\x00\x00\x00\x00\x00\x04\x85R.",
        "list shorter than its array": short_list(),
        "range counted into a set": b"".join(
            (b"\x80\x04", text("builtins"), text("set"), b"\x93", text("builtins"), text("range"),
             b"\x93\x8a\x06\x00\x00\x00\x00\x00\x10\x85R\x85R.")
        ),
        "two pickles": pickle.dumps({"harmless": 1}) + plain,
        "bytes behind the pickle": pickle.dumps([1, 2]) + b"\x00" * 9,
        "frame in a frame": b"\x80\x04\x95%b\x95%bN." % (struct.pack("<Q", 20), bytes(8)),
        "value across its frame": b"\x80\x04\x95" + struct.pack("<Q", 3) + text("longer") + b".",
        "unknown opcode": b"\x80\x04\xfeN.",
        "no end": b"\x80\x04" + b"(" * 50_000,
        "values left behind": b"\x80\x04NN.",
        "truncated": plain[:-4],
        "joblib, behind an array": behind_an_array(marker),
        "joblib, in an array of objects": joblib_bytes(evil_array(marker)),
        "joblib, in a frame": array_in_a_frame(marker),
        "joblib, a dtype that lies": lying_dtype(marker),
        "joblib, wrapper with a file's name": call("joblib.numpy_pickle_compat", "NDArrayWrapper"),
        "joblib before 0.10": b"ZF0x64" + b" " * 15 + zlib.compress(plain),
        "zlib": zlib.compress(plain),
        "gzip": gzip.compress(plain),
        "bz2": bz2.compress(plain),
        "xz": lzma.compress(plain),
        "lzma": lzma.compress(plain, lzma.FORMAT_ALONE),
        "lz4": b"\x04\x22\x4d\x18" + plain,
        "compressed twice": zlib.compress(gzip.compress(plain)),
        "two compressed streams": zlib.compress(pickle.dumps(1)) + zlib.compress(plain),
        "two bz2 streams": bz2.compress(pickle.dumps(1)) + bz2.compress(plain),
        "zlib bomb": zlib_bomb(),
        "compressed and cut": zlib.compress(behind_an_array(marker))[:-9],
    }  # fmt: skip


LIVE = {
    **{f"os.system, protocol {number}": "pickle" for number in range(6)},
    "subprocess": "pickle",
    "exec": "pickle",
    "eval": "pickle",
    "runpy": "pickle",
    "inst": "pickle",
    "obj": "pickle",
    "global, protocol 0": "pickle",
    "unicode line": "pickle",
    "map over system": "pickle",
    "pickle in bytes": "pickle",
    "memo written twice": "pickle",
    "memo swapped": "pickle",
    "class gets an attribute": "pickle",
    "joblib, behind an array": "joblib",
    "joblib, in an array of objects": "joblib",
    "joblib, in a frame": "joblib",
    "joblib, a dtype that lies": "joblib",
    "zlib": "joblib",
    "gzip": "joblib",
    "bz2": "joblib",
    "xz": "joblib",
    "lzma": "joblib",
}
"""What runs when it is loaded with the library named here."""
