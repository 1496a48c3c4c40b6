"""What a scan is asked and what it answers."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

MOST_FAULTS = 20
"""How many faults of a file are told; more say nothing new about a file that is refused."""
_MOST_NAMES = 10_000
_WILD = frozenset("*?[")
# A wildcard is written for a library; these are where names become calls, files and processes.
_NEVER_WILD = frozenset(
    """
    __builtin__ __main__ _io _posixsubprocess _pickle _winapi ast asyncio atexit bdb builtins
    cffi cloudpickle code codecs codeop commands concurrent ctypes dill ftplib functools gc glob
    http idlelib imp importlib inspect io itertools joblib linecache logging marshal
    multiprocessing nt operator os pathlib pdb pickle pip pkgutil platform posix posixpath
    profile pty pydoc runpy setuptools shelve shutil signal site smtplib socket socketserver ssl
    subprocess sys tempfile threading timeit torch trace traceback types urllib uuid venv
    webbrowser xmlrpc zipfile zipimport
    """.split()  # noqa: SIM905
)


class Fault(NamedTuple):
    """Why a file is refused: its path inside the model (POSIX), what is wrong, what mends it."""

    path: str
    message: str
    fix: str


class Allowed(NamedTuple):
    """What a project trusts besides the built-in lists, as ``fnmatch`` patterns of full names.

    ``skops_types`` mean what ``--trusted-type`` of the model server means. A wildcard of
    ``pickle_globals`` trusts classes only. Neither kind reaches by a wildcard into modules that
    run code (``os``, ``builtins``, ...).
    """

    skops_types: tuple[str, ...] = ()
    pickle_globals: tuple[str, ...] = ()


class ScanReport(NamedTuple):
    """What is in a model's files; they may be loaded only when ``faults`` is empty.

    ``types`` are the full names that loading would import (skops, joblib, pickle); ``operators``
    those that running would execute (ONNX, SavedModel). Both are sorted, each name once.
    ``inner`` is the format of what a folder of MLflow's holds, which any server may load.
    """

    format: str | None
    flavor: str | None
    types: tuple[str, ...]
    operators: tuple[str, ...]
    faults: tuple[Fault, ...]
    inner: str | None = None


class RefusedError(Exception):
    """A file is not what it may be; the message says why, and ``fix`` what mends it."""

    def __init__(self, message: str, fix: str = "save the model again") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class MalformedError(RefusedError):
    """The bytes break the rules of their format, so no reader would come further either."""


class Found:
    """What is found while a file is read: names, and faults that do not end the reading."""

    def __init__(self) -> None:
        self.types: set[str] = set()
        self.operators: set[str] = set()
        self.faults: dict[tuple[str, str], None] = {}

    def imports(self, name: str) -> str:
        """Keep a name that loading would import; return it fit to be printed."""
        text = shown(name, 200)
        self.types.add(text)
        if len(self.types) > _MOST_NAMES:
            raise RefusedError("the file names more types than there are")
        return text

    def fault(self, message: str, fix: str) -> None:
        """Keep a fault once; after ``MOST_FAULTS`` of them the reading ends."""
        self.faults[message, fix] = None
        if len(self.faults) >= MOST_FAULTS:
            raise RefusedError("there are more faults than are told", fix)


def runs_code(module: str) -> bool:
    """Return whether a module is one where names become calls, files and processes."""
    return module.partition(".")[0] in _NEVER_WILD


def trusted(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a full name matches a project's pattern."""
    risky = runs_code(name)
    return any(
        fnmatchcase(name, pattern)
        for pattern in patterns
        if not (risky and _WILD.intersection(pattern))
    )


def shown(name: str, limit: int = 80) -> str:
    """Return an untrusted text fit to be printed: no control characters, bounded in length."""
    clean = "".join(char if char.isprintable() else "�" for char in name[: limit + 1])
    return clean if len(name) <= limit else f"{clean[:limit]}…"
