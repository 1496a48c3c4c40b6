"""A child process with a process group of its own, whose streams go to a log file."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from fairway.errors import FairwayError

GRACE: Final = 10.0
"""How long, in seconds, a process may take to end."""

_KILLED: Final = 2.0  # seconds for a kernel to end what was killed
_TICK: Final = 0.02
_TAIL: Final = 8192  # bytes of a log that are looked at for its last line


class Child:
    """A process that was started here, and all that it starts.

    A terminal's Ctrl-C does not reach it: who started it stops it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start ``command``; raises ``FairwayError`` when it cannot be."""
        self.name = name
        self.log = log
        try:
            with log.open("ab") as stream:
                self._process = subprocess.Popen(  # noqa: S603 - programs of this installation
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    env=dict(environment) if environment is not None else None,
                    start_new_session=True,
                )
        except OSError as error:
            raise FairwayError(f"{command[0]}: cannot be started: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """The process' id, which is also its group's."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def how_it_ended(self) -> str:
        """Return how it ended and the last that it said, for a message."""
        code = self._process.poll()
        how = f"exit code {code}" if code is None or code >= 0 else f"signal {-code}"
        last = self.last_line()
        return f"{self.name} ended with {how}" + (f": {last}" if last else "")

    def last_line(self) -> str:
        """Return the last line of its log that is not blank, shortened."""
        with suppress(OSError), self.log.open("rb") as stream:
            stream.seek(max(0, self.log.stat().st_size - _TAIL))
            lines = stream.read().decode("utf-8", "replace").splitlines()
            return next((line.strip()[:400] for line in reversed(lines) if line.strip()), "")
        return ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, if any of it is left."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait until the process has ended; return whether it has."""
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True


class Children:
    """Every process that a run has started and not ended yet, so that none is forgotten."""

    def __init__(self) -> None:
        self._all: tuple[Child, ...] = ()

    @property
    def all(self) -> tuple[Child, ...]:
        """The processes, in the order of their start."""
        return self._all

    def start(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> Child:
        """Start a process; raises ``FairwayError`` when it cannot be."""
        child = Child(name, command, log, environment)
        self._all = (*self._all, child)
        return child

    def ended(self) -> tuple[Child, ...]:
        """Return the processes that have ended by themselves."""
        return tuple(child for child in self._all if not child.alive)

    def end(self, children: Iterable[Child], grace: float = GRACE) -> None:
        """End processes, at once where they let themselves be told, and killed after ``grace``."""
        ending = tuple(children)
        stop(ending, grace)
        self._all = tuple(child for child in self._all if child not in ending)


def stop(children: Iterable[Child], grace: float) -> None:
    """End processes and their groups: all are told to, and after ``grace`` seconds killed."""
    stopping = list(children)
    for child in stopping:
        child.signal(signal.SIGTERM)
    end = monotonic() + grace
    for child in stopping:
        child.wait(end - monotonic())
    for child in stopping:
        # What the process had started may be there without it; a group lives while one of it does.
        child.signal(signal.SIGKILL)
        child.wait(grace)
    end = monotonic() + _KILLED
    while monotonic() < end and any(_has_members(child.pid) for child in stopping):
        sleep(_TICK)


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
