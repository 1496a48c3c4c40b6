"""``fairway up`` as people run it: a process of its own, its lines, and what it leaves behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PATIENCE = 120.0  # seconds for what takes a few on a machine that does nothing else


class Line(NamedTuple):
    """A line of standard output and when it came, in seconds of ``time.monotonic``."""

    at: float
    text: str


class Up:
    """A run, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str], temporary: Path) -> None:
        self._process = process
        self._temporary = temporary
        self.lines: list[Line] = []
        self.error = ""
        self._readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_error, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self.children: dict[int, str] = {}

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            self.lines.append(Line(time.monotonic(), text.rstrip("\n")))

    def _read_error(self) -> None:
        assert self._process.stderr is not None
        self.error = self._process.stderr.read()

    def until(self, pattern: str, since: int = 0) -> re.Match[str]:
        """Wait for a line in which ``pattern`` is found, from the line ``since`` on."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for line in self.lines[since:]:
                match = re.search(pattern, line.text)
                if match is not None:
                    return match
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"no line with {pattern!r}:\n{self.said}{self.error}")

    def at(self, pattern: str) -> float:
        """Return when the first line with ``pattern`` came."""
        return next(line.at for line in self.lines if re.search(pattern, line.text))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        return "".join(f"{line.text}\n" for line in self.lines)

    def ready(self) -> int:
        """Wait until it is ready; return the proxy's port, and remember its processes."""
        port = int(self.until(r"POST http://127\.0\.0\.1:(\d+)/")[1])
        self.children |= children_of(self._process.pid)
        return port

    def child(self, *words: str) -> int:
        """Return the process whose command has all of these words."""
        self.children |= children_of(self._process.pid)
        alive = children_of(self._process.pid)
        (found,) = [pid for pid, command in alive.items() if all(word in command for word in words)]
        return found

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; nothing that it started may be left."""
        self.children |= children_of(self._process.pid)
        code = self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(5)
        left = [each for pid, each in self.children.items() if each and _command(pid) == each]
        assert left == []
        assert list(self._temporary.glob("fairway-up-*[!s]")) == []
        return code

    def stop(self) -> int:
        """End it as Ctrl-C does."""
        self.signal(signal.SIGINT)
        return self.wait()


@contextmanager
def up(spec: Path, *options: str, variables: Mapping[str, str] | None = None) -> Iterator[Up]:
    """Run ``fairway up`` on any port, without Prometheus unless ``options`` ask for it."""
    root = spec.parents[1]
    temporary = root / "temporary"
    temporary.mkdir(exist_ok=True)
    given = list(options)
    for default in (["--port", "0"], ["--no-prometheus"]):
        if not {default[0], default[0].replace("--no-", "--")} & set(given):
            given += default
    process = subprocess.Popen(
        [sys.executable, "-m", "fairway", "up", str(spec), *given],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1", **(variables or {})},
    )
    made = Up(process, temporary)
    try:
        yield made
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def children_of(parent: int) -> dict[int, str]:
    """Return the processes below ``parent`` with their commands, by id."""
    parents: dict[int, int] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                after_name = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(path.name)] = int(after_name[1])
    found: dict[int, str] = {}
    for pid in parents:
        above = pid
        while above in parents and above != parent:
            above = parents[above]
        if above == parent and pid != parent:
            found[pid] = _command(pid)
    return found


def listening(pids: Iterable[int]) -> set[str]:
    """Return the addresses that processes listen on, as ``/proc/net/tcp`` writes them."""
    inodes: set[str] = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.add(os.readlink(link))
            except OSError:
                continue
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                found.add(fields[1].partition(":")[0])
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
