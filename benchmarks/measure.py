"""Measuring processes: wall time, processor time and peak memory of each, as samples.

A child's figures come from ``wait4``, so they are the kernel's and of that child alone. This
process stays small, because a child's peak begins with the memory of the process that forked it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple


class Sample(NamedTuple):
    """One run: wall and processor time (user and system) in seconds, peak memory in bytes."""

    wall: float
    processor: float
    memory: int


class Spread(NamedTuple):
    """The median of some values, with the smallest and the largest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarise values, of which there is at least one."""
        return cls(median(values), min(values), max(values))


@dataclass(slots=True)
class Series:
    """The samples of one command, which handles ``specs`` specs a run."""

    name: str
    specs: int
    samples: list[Sample] = field(default_factory=list)

    @property
    def wall(self) -> Spread:
        """Wall time in seconds."""
        return Spread.of([sample.wall for sample in self.samples])

    @property
    def rate(self) -> Spread:
        """Specs per second of wall time."""
        return Spread.of([self.specs / sample.wall for sample in self.samples])

    @property
    def processor_rate(self) -> Spread:
        """Specs per second of processor time, which other processes disturb less."""
        return Spread.of([self.specs / sample.processor for sample in self.samples])

    @property
    def memory(self) -> Spread:
        """Peak resident memory in MiB."""
        return Spread.of([sample.memory / 2**20 for sample in self.samples])


class CommandFailedError(Exception):
    """A measured command did not exit with 0; the message names it and its exit code."""


def run(command: list[str], folder: str, environment: Mapping[str, str]) -> Sample:
    """Run a command in ``folder`` without output and return what it took.

    Raises ``CommandFailedError`` when it fails: a failure would be measured as a fast success.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nowhere, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
    before = os.getcwd()
    os.chdir(folder)
    try:
        start = time.perf_counter()
        child = os.posix_spawn(command[0], command, environment, file_actions=actions)
        _, status, usage = os.wait4(child, 0)
        wall = time.perf_counter() - start
    finally:
        os.chdir(before)
        os.close(nowhere)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise CommandFailedError(f"exit code {code}: {' '.join(command)}")
    # Linux gives kilobytes, macOS bytes.
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Sample(wall, usage.ru_utime + usage.ru_stime, memory)
