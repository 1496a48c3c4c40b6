"""Child processes end with everything that they started, whatever they think of it."""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from fairway.errors import FairwayError
from fairway.local.child import Child, Children
from fairway.local.ports import HOST, claimed, free_ports
from fairway.local.waiting import StoppedError, Waiter

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
STUBBORN = f"""
{DEAF}
import subprocess, sys
code = "{DEAF}; print('here', flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def started(children: Children, folder: Path, code: str) -> Child:
    return children.start("a child", [sys.executable, "-c", code], folder / "log")


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_group_ends_whole_also_when_it_will_not(tmp_path: Path) -> None:
    children = Children()
    child = started(children, tmp_path, STUBBORN)
    waiter = Waiter(threading.Event())
    waiter.until(lambda: child.last_line().isdigit(), "the child", 60, (child,))
    grandchild = int(child.last_line())
    assert alive(grandchild)
    children.end(children.all, grace=0.2)
    assert not child.alive
    assert not alive(grandchild)
    assert children.all == ()


def test_what_its_parent_left_behind_ends_too(tmp_path: Path) -> None:
    children = Children()
    code = STUBBORN.replace("\ntime.sleep(60)\n", "\n")
    child = started(children, tmp_path, code)
    assert child.wait(60)
    grandchild = int(child.last_line())
    assert alive(grandchild)
    assert children.ended() == (child,)
    children.end(children.ended(), grace=0.2)
    deadline = time.monotonic() + 30
    while alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(grandchild)


def test_how_a_child_ended_is_said(tmp_path: Path) -> None:
    children = Children()
    child = started(children, tmp_path, "print('one'); print('the reason'); raise SystemExit(4)")
    with pytest.raises(FairwayError, match=r"it: a child ended with exit code 4: the reason"):
        Waiter(threading.Event()).until(lambda: False, "it", 60, (child,))
    with pytest.raises(FairwayError, match="cannot be started"):
        children.start("nothing", [str(tmp_path / "nothing")], tmp_path / "log")


def test_waiting_ends_when_it_is_told_to() -> None:
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(StoppedError):
        Waiter(stop).until(lambda: False, "it", 60)
    with pytest.raises(FairwayError, match=r"it: not ready after 0\.05 s"):
        Waiter(threading.Event()).until(lambda: False, "it", 0.05)


def test_a_port_that_is_taken_is_found_before_anything_starts() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(FairwayError, match=f"{HOST}:{port} is in use") as refused:
            claimed(port)
    assert "--port" in refused.value.fix
    assert claimed(port) == port
    found = free_ports(20)
    assert len(set(found)) == 20
    assert claimed(0) > 0
