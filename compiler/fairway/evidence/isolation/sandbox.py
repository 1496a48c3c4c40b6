"""A sandbox: runs one of our modules, and the model's code in it, within limits.

What is in force: address space, processor time, wall time and file sizes; an environment with
nothing inherited; on Linux, where user namespaces are allowed, no network, no view of other
processes and no capabilities. The model's code can still read what its user can read: it has
nowhere to send it, and only its answers come back, as plain numbers.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from fairway.errors import FairwayError

_LOG_BYTES: Final = 64 * 1024
_CANNOT_ISOLATE: Final = 97
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Limits(NamedTuple):
    """What a model may use: bytes of address space, seconds of processor and of wall time."""

    memory: int = 4 << 30
    seconds: int = 300
    file: int = 1 << 30

    @property
    def cpu(self) -> int:
        """Seconds of processor time: those of four busy threads for the whole wall time."""
        return self.seconds * 4


class Ended(NamedTuple):
    """How a run ended; ``code`` is negative for a signal, None when its time was over.

    ``log`` is the end of what it wrote to its streams, ``isolated`` whether it had namespaces of
    its own.
    """

    code: int | None
    log: str
    isolated: bool


class Sandbox:
    """Runs modules in ``folder``, the only place that they are given to write to."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits

    def run(self, module: str, arguments: Sequence[str], *, threads: int | None = 1) -> Ended:
        """Run a module to its end, or until its time is over; all that it started ends with it.

        ``threads`` bounds the numeric libraries; None leaves them to the module.
        """
        ended = self._run(module, arguments, threads, isolate=sys.platform == "linux")
        if ended.code == _CANNOT_ISOLATE:
            ended = self._run(module, arguments, threads, isolate=False)
        return ended

    def _run(
        self, module: str, arguments: Sequence[str], threads: int | None, *, isolate: bool
    ) -> Ended:
        task = self.folder / "launch.json"
        limits = {"memory": self.limits.memory, "cpu": self.limits.cpu, "file": self.limits.file}
        task.write_text(
            json.dumps(
                {"module": module, "arguments": list(arguments), "isolate": isolate,
                 "limits": limits}
            ),
            "utf-8",
        )  # fmt: skip
        command = [sys.executable, "-I", "-B", "-m", "fairway.evidence.isolation.launch", str(task)]
        log = self.folder / "log"
        with log.open("wb") as stream:
            code = self._wait(command, stream.fileno(), threads)
        return Ended(code, _tail(log), isolate)

    def _wait(self, command: list[str], log: int, threads: int | None) -> int | None:
        try:
            process = subprocess.Popen(  # noqa: S603
                command,
                cwd=self.folder,
                env=self._environment(threads),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise FairwayError(f"no process can be started: {error.strerror}") from error
        try:
            return process.wait(self.limits.seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _environment(self, threads: int | None) -> dict[str, str]:
        """Return all that the process is told: nothing of ours, least of all credentials."""
        environment = {
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "PYTHONHASHSEED": "0",
        }
        if threads is not None:
            environment.update(dict.fromkeys(_THREADS, str(threads)))
        return environment


@contextmanager
def sandbox(limits: Limits) -> Iterator[Sandbox]:
    """Give a sandbox in a folder of its own, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairway-test-", ignore_cleanup_errors=True) as folder:
        yield Sandbox(Path(folder).resolve(), limits)


def _tail(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _LOG_BYTES))
        return stream.read(_LOG_BYTES).decode("utf-8", "replace")


def how_it_ended(ended: Ended, limits: Limits) -> str:
    """Say in words why a run gave no result."""
    if ended.code is None:
        return f"was still at work after {limits.seconds} s"
    if ended.code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"was killed; it may use {limits.memory >> 20} MiB and {limits.cpu} s of processor"
    if ended.code < 0:
        return f"was ended by signal {-ended.code}"
    if "MemoryError" in ended.log or "bad_alloc" in ended.log:
        return f"needs more than the {limits.memory >> 20} MiB that it may use"
    return f"ended its process with status {ended.code}"
