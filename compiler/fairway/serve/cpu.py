"""How many threads numeric libraries may start: the CPUs that the container really has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
_VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def available_cpus(quota_file: Path = _QUOTA) -> int:
    """Return the CPUs this process may use, at least 1.

    The smaller of its affinity and, rounded down, its cgroup's quota; a quota is ``max`` or
    microseconds per period (https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu). Libraries
    count the node's CPUs instead, and the threads they start only throttle each other.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpus = affinity or 1
    try:
        quota, period = quota_file.read_text().split()
        if quota != "max":
            cpus = min(cpus, int(quota) // int(period))
    except (OSError, ValueError):
        pass  # no cgroup of version 2: the affinity is all that is known
    return max(1, cpus)


def bound_threads(count: int) -> None:
    """Bound the thread pools of BLAS and OpenMP; only before numpy is imported.

    A variable that is set already wins.
    """
    for variable in _VARIABLES:
        os.environ.setdefault(variable, str(count))
