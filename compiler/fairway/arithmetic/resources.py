"""What pods take: processor time, memory and GPUs, added up and held against a limit."""

from __future__ import annotations

from typing import NamedTuple

UNLIMITED = -1


class Resources(NamedTuple):
    """Processor time in thousandths of a core, memory in bytes, whole GPUs."""

    cpu: int = 0
    memory: int = 0
    gpu: int = 0

    def times(self, pods: int) -> Resources:
        """Return what ``pods`` such pods take."""
        return Resources(self.cpu * pods, self.memory * pods, self.gpu * pods)

    def plus(self, other: Resources) -> Resources:
        """Return both together."""
        return Resources(self.cpu + other.cpu, self.memory + other.memory, self.gpu + other.gpu)

    def minus(self, other: Resources) -> Resources:
        """Return what is left of these without the others."""
        return Resources(self.cpu - other.cpu, self.memory - other.memory, self.gpu - other.gpu)

    def at_least(self, other: Resources) -> Resources:
        """Return the larger of both, each by itself."""
        return Resources(
            max(self.cpu, other.cpu), max(self.memory, other.memory), max(self.gpu, other.gpu)
        )


class Shortfall(NamedTuple):
    """What is missing: 0 where there is enough, or no limit."""

    short: bool
    cpu: int
    memory: int
    gpu: int


def shortfall(needed: Resources, limit: Resources) -> Shortfall:
    """Return what ``needed`` lacks; a field of ``limit`` may be ``UNLIMITED``."""
    missing = [
        max(0, need - have) if have != UNLIMITED else 0
        for need, have in zip(needed, limit, strict=True)
    ]
    return Shortfall(any(missing), *missing)
