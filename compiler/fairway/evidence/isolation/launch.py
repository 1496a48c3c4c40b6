"""``python -m fairway.evidence.isolation.launch``: drop what a model must not have, then run it.

The first thing that runs in the process that will load a model. It needs the standard library
only, since namespaces can be left only before there are threads. Sources: unshare(2),
user_namespaces(7), netdevice(7), capset(2), prctl(2) of the Linux man pages 6.9.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import runpy
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Final

CANNOT_ISOLATE: Final = 97
"""The exit status that asks to be started again without ``isolate``."""

_NEW_USER, _NEW_PID, _NEW_NET = 0x10000000, 0x20000000, 0x40000000
_SET_FLAGS, _UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP
_NO_NEW_PRIVILEGES, _PARENT_DEATH = 38, 1  # PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG
_CAPABILITIES_3 = 0x20080522
_SIGNALLED = 128  # plus the signal, as shells have it


def main() -> None:
    """Read the limits and the module from a JSON file, apply the ones and run the other.

    The file holds ``module``, ``arguments``, ``isolate`` and ``limits``: ``memory`` and ``file``
    in bytes, ``cpu`` in seconds.
    """
    task = json.loads(Path(sys.argv[1]).read_bytes())
    if task["isolate"]:
        _isolate()
    _limit(task["limits"])
    sys.argv = [task["module"], *task["arguments"]]
    runpy.run_module(task["module"], run_name="__main__", alter_sys=True)


def _limit(limits: dict[str, int]) -> None:
    cpu = limits["cpu"]
    for kind, soft, hard in (
        (resource.RLIMIT_AS, limits["memory"], limits["memory"]),
        # The soft limit is a signal that can be ignored; the hard one cannot.
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, limits["file"], limits["file"]),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 1024, 1024),
    ):
        _, most = resource.getrlimit(kind)
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))


def _isolate() -> None:
    """Enter namespaces of its own: no network but an own loopback, no processes but its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_USER | _NEW_NET | _NEW_PID):
        sys.exit(CANNOT_ISOLATE)
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        # The model server is asked over the loopback, which starts out down.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            request = struct.pack("16sH14s", b"lo", _UP, b"")
            _ioctl(libc, control.fileno(), request)
    except OSError:
        sys.exit(CANNOT_ISOLATE)
    first = os.fork()
    if first:
        _end_as(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]))
    # The first process of a namespace takes all others with it when it ends; and it ends when
    # the one that waits for it is killed.
    libc.prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITIES_3, 0)
    libc.capset(header, bytes(24))
    # Signals mean less to the first process, so the module runs in the second.
    second = os.fork()
    if second:
        _reap_until(second)


def _ioctl(libc: ctypes.CDLL, descriptor: int, request: bytes) -> None:
    if libc.ioctl(descriptor, _SET_FLAGS, request):
        raise OSError(ctypes.get_errno(), "the loopback cannot be brought up")


def _reap_until(wanted: int) -> None:
    """Wait for orphans as the first process must, and end when the wanted process has."""
    while True:
        ended, status = os.wait()
        if ended == wanted:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else _SIGNALLED - code)


def _end_as(code: int) -> None:
    """End as the process in the namespace did: with its status, or by its signal."""
    if 0 <= code <= _SIGNALLED:
        os._exit(code)
    number = -code if code < 0 else code - _SIGNALLED
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)
    os._exit(code)


if __name__ == "__main__":
    main()
